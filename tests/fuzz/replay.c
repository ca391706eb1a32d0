/* SPDX-License-Identifier: ISC */
/*
 * replay.c FILE... - hands each file to the fuzzing target it is linked with.
 */
#include "fuzz.h"

static void
replay(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t size;

	if (!f) {
		perror(path);
		exit(1);
	}
	size = fread(data, 1, sizeof(data), f);
	(void)fclose(f); /* the file was only read */
	fprintf(stderr, "%s\n", path);
	copy = copy_of(data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	return argc > 1 ? 0 : 2;
}
