// SPDX-License-Identifier: ISC
//
// test_exceptions.cc - C++ exceptions and green threads: each thread has those
// of its own, wherever it waits.
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <tcpunit.h>
#include <unistd.h>

static int count, failures;

static void
ok(bool holds, const char *name)
{
	printf("%sok %d - %s\n", holds ? "" : "not ", ++count, name);
	failures += !holds;
}

// Waits inside a catch block, rethrows there, and returns the name caught then.
static void *
rethrow(void *arg)
{
	const char *name = static_cast<const char *>(arg);

	try {
		try {
			throw std::runtime_error(name);
		} catch (const std::exception &) {
			tcp_thread_sleep(name[0] == 'a' ? 5 : 20);
			throw;
		}
	} catch (const std::exception &e) {
		return strcmp(e.what(), name) == 0 ? arg : nullptr;
	}
}

// Waits while an exception is on its way.
struct Waiter {
	int *seen;
	~Waiter()
	{
		tcp_thread_sleep(10);
		*seen = std::uncaught_exceptions();
	}
};

static void *
unwind(void *arg)
{
	try {
		Waiter w{static_cast<int *>(arg)};
		throw 1;
	} catch (int) {
	}
	return arg;
}

static void *
look(void *arg)
{
	*static_cast<int *>(arg) =
	    std::uncaught_exceptions() + (std::current_exception() != nullptr);
	return arg;
}

static bool
join(tcp_thread t)
{
	void *result = nullptr;

	return tcp_thread_join(t, &result, 5000) == 0 && result != nullptr;
}

int
main()
{
	char a[] = "a", b[] = "b";
	int seen = 0, elsewhere = -1;
	tcp_thread t, u;

	alarm(60);
	t = tcp_thread_start(rethrow, a);
	u = tcp_thread_start(rethrow, b);
	ok(join(t) & join(u), "two threads wait in catch blocks and rethrow");
	t = tcp_thread_start(unwind, &seen);
	tcp_thread_yield();
	u = tcp_thread_start(look, &elsewhere);
	ok(join(u) && elsewhere == 0,
	    "an exception on its way is its thread's alone");
	ok(join(t) && seen == 1, "it goes on after a wait in a destructor");
	try {
		throw 1;
	} catch (int) {
		u = tcp_thread_start(look, &elsewhere);
		ok(join(u) && elsewhere == 0,
		    "a thread that is started in a catch block has none");
	}
	printf("1..%d\n", count);
	return failures != 0;
}
