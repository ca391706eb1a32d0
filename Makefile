# SPDX-License-Identifier: ISC
#
# GNU make; no configure.  All output goes to $(BUILD).
#
#   make               the libraries and the command
#   make demo          install what is missing, build, run the example
#   make check         the tests (TESTS='example copy*' chooses some)
#   make recheck       the test files that failed last, one at a time
#   make torture       faults, broken transfers, crowds and fuzzing at length
#   make coverage      how much of the sources the tests run
#   make fuzz          libFuzzer, FUZZ_SECONDS for each target
#   make bench         the benchmarks (BENCH=bulk chooses a group)
#   make lint          formatting, static analysis, manual pages, scripts
#   make static        one static binary of the command, with musl;
#                      LIBC=glibc or ARCH=arm64 for another one
#   make install       DESTDIR= PREFIX=; also uninstall
#   make deps          Debian packages to build and to test
#   make dist          the tarballs of the last commit: make source, and make
#                      binary, which is static (ARCH=arm64)
#   make deb           its Debian packages
#   make release-check the slow checks: packages, other machines
#
# TLS= builds without the library for TLS, which is built where OpenSSL is found.
# SAN=1 builds with ASan and UBSan, TSAN=1 with TSan, for tests with several OS
# threads; TINY=1 with internal buffers of a byte; Q= shows the commands.

# The command line sets these.  The environment does not: a CI may have variables
# of the same names.  Those at the end change what shells and perl do.
SAN =
TSAN =
TINY =
VALGRIND =
ARCH =
LIBC =
unexport BASH_ENV CDPATH ENV HARNESS_OPTIONS PERL5OPT POSIXLY_CORRECT

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
FISHDIR = $(DATADIR)/fish/vendor_completions.d
BATSDIR = $(PREFIX)/lib/bats
DOCDIR = $(DATADIR)/doc/tcpu

CFLAGS = -O2 -g
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings \
	-Wundef -Wvla -Wformat=2 -Wno-missing-field-initializers
HARDENING = -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
RELRO = -Wl,-z,relro,-z,now,-z,defs
FEATURES = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
PIC = -fPIC
PIE = -pie
BUILD = build$(if $(SAN),/san)$(if $(TSAN),/tsan)$(if $(TINY),/tiny)
PKG_CONFIG = pkg-config
TLS := $(shell $(PKG_CONFIG) --exists libevent_openssl libssl 2>/dev/null && \
	echo yes)
# Most tests wait most of the time.
JOBS := $(shell echo $$((2 * $$(nproc))))
FUZZ_SECONDS = 60
Q = @
TESTS = $(if $(VALGRIND),$(MEMCHECKED),*)
MEMCHECKED = addresses close conditions connect deadlines mailboxes misuse \
	mutexes read select thread_groups threads write writers lane
# These run once more, with a layer on each connection: TESTS=lane.  A layer that
# gets one byte at a time would take minutes for some, and so would valgrind.
LANE_TESTS = close connect deadlines misuse select \
	$(if $(VALGRIND),,accept calls differential event fairness limits unix \
	wakes write) \
	$(if $(TINY),,read writers) \
	$(if $(TINY)$(VALGRIND),,copy threads)
BENCH =

ifdef SAN
CFLAGS = -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
HARDENING =
RELRO =
endif
ifdef TSAN
CFLAGS = -O1 -g -fsanitize=thread
HARDENING =
RELRO =
endif
FUZZ_CFLAGS = -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -D__SANITIZE_ADDRESS__
ifdef TINY
TINY_CPPFLAGS = -DTCPUNIT_TINY=1
endif

# Debian packages.  After = comes the command or file that shows that the
# package is installed, if it is not a command of the package's name; after the
# comma a package for systems that do not have the first one.  libnss-myhostname
# lets other programs look up localhost if there is no /etc/hosts.
BUILD_DEPS = gcc libc6-dev=/usr/include/stdio.h pkg-config \
	libevent-dev=/usr/include/event2/event.h \
	libssl-dev=/usr/include/openssl/ssl.h
STATIC_DEPS = gcc pkg-config linux-libc-dev=/usr/include/linux/errno.h \
	musl-tools=musl-gcc dpkg-dev=dpkg-source
CHECK_DEPS = libnss-myhostname=/etc/hosts zlib1g-dev=/usr/include/zlib.h g++ \
	git perl=prove bats \
	bats-support=/usr/lib/bats/bats-support/load.bash,npm \
	bats-assert=/usr/lib/bats/bats-assert/load.bash,npm \
	netcat-openbsd=nc.openbsd netcat-traditional=nc.traditional ncat \
	socat busybox ucspi-tcp=tcpserver chicken-bin=csi iproute2=ip \
	netbase=/etc/services python3 nginx=/usr/sbin/nginx \
	libnginx-mod-stream=/usr/lib/nginx/modules/ngx_stream_module.so racket \
	procps=ps patch spin strace expect curl wrk valgrind mandoc zsh fish \
	systemd=systemd-socket-activate haproxy=/usr/sbin/haproxy \
	openssl gnutls-bin=gnutls-cli
BENCH_DEPS = golang-go=go racket libpth-dev=/usr/include/pth.h \
	libst-dev=/usr/include/st.h
DEB_DEPS = build-essential fakeroot debhelper=dh
RELEASE_DEPS = $(DEB_DEPS) lintian npm rpm debootstrap mmdebstrap reuse clang \
	abigail-tools=abidiff qemu-user=qemu-aarch64 musl-tools=musl-gcc \
	gcc-aarch64-linux-gnu gcc-arm-linux-gnueabihf gcc-s390x-linux-gnu \
	gcc-i686-linux-gnu
FUZZ_DEPS = clang libclang-rt-14-dev
LINT_DEPS = clang clang-format clang-tidy cppcheck mandoc shellcheck pmccabe

VERSION = $(shell sed -n 's/^.define TCPUNIT_VERSION "\(.*\)"/\1/p' \
	lib/tcpunit.h)
SO = libtcpunit.so.1
TLS_SO = libtcpunit-tls.so.1
SOURCE = $(BUILD)/tcpunit-$(VERSION).tar.gz

# Prints the calls that a page of section 3 describes; each is a link to the
# page.
CALLS = sed -n 's/^\.Nm \(tcp_[a-z_]*\).*/\1/p'
RECIPES = sed -n '/^```bash$$/,/^```$$/{ /^```/!p; }'

COMPILE = $(CC) -std=c11 $(FEATURES) -Ilib -Ilib/tls -idirafter lib/compat $(TINY_CPPFLAGS) $(CPPFLAGS) \
	$(CFLAGS) $(WARNINGS) $(HARDENING) $(PIC) -fvisibility=hidden -pthread \
	-MMD -MP $(EVENT_CFLAGS)
LINK = $(CC) $(CFLAGS) $(RELRO) -pthread $(LDFLAGS)
EVENT_CFLAGS := $(shell $(PKG_CONFIG) --cflags libevent_core 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --libs libevent_core 2>/dev/null)
TLS_LIBS := $(if $(TLS),$(shell $(PKG_CONFIG) --libs-only-L libevent_openssl) \
	-levent_openssl $(LIBS) $(shell $(PKG_CONFIG) --libs libssl libcrypto))

# libtcpunit-tls uses the libtcpunit of the program that loads it; tcpu has its
# own.
LENT = -Wl,--dynamic-list=lib/tls/lent.list -Wl,-u,tcp_stack_with

# Before glibc 2.34 these were separate libraries.
TEST_LIBS = $(LIBS) -lrt -lutil -ldl

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
LIB_OBJ = $(call objects,lib/*.c)
TLS_OBJ = $(if $(TLS),$(call objects,lib/tls/*.c))
TLS_OUT = $(if $(TLS),$(addprefix $(BUILD)/,libtcpunit-tls.a $(TLS_SO)))
CMD_OBJ = $(call objects,cmd/*.c cmd/*/*.c) $(BUILD)/cmd/manual_text.o
TEST_OBJ = $(filter-out $(if $(TLS),,%/test_tls.o), \
	$(call objects,tests/test_*.c tests/prog_*.c))
BENCH_OBJ = $(filter-out $(if $(TLS),,%/tls.o),$(call objects,tests/bench/*.c))
LANE_OBJ = $(call objects,tests/lane/*.c)
LANE_BIN = $(addprefix $(BUILD)/tests/lane/test_,$(LANE_TESTS))
LANE_WRAP = tcp_connect tcp_accept tcp_ports_from_fd
BENCH_BIN = $(filter-out %/aid,$(BENCH_OBJ:.o=)) \
	$(BUILD)/tests/bench/echo_chicken
FUZZ_MAIN = $(BUILD)/tests/fuzz/replay.o
FUZZ_AID = $(call objects,$(addprefix cmd/,$(addsuffix .c,common_options \
	descriptors ending \
	kernel/netlink kernel/sock_diag kernel/socket_address \
	kernel/socket_table kernel/unix_socket listen/access \
	listen/inherited options \
	outbox outlet proxy/binary proxy/header proxy/line run session/stream \
	target text values)))
FUZZ_BIN = $(patsubst %.c,$(BUILD)/%,$(filter-out %/replay.c, \
	$(wildcard tests/fuzz/*.c)))
SIM_OBJ = $(call objects,tests/sim/*.c tests/sim/programs/*.c)
SIM_AID = $(call objects,$(addprefix cmd/,$(addsuffix .c,common_options ending \
	kernel/netlink kernel/sock_diag kernel/socket_address \
	kernel/socket_table kernel/unix_socket options \
	outbox outlet run session/* text values)))
HELP_OBJ = $(filter-out $(TEST_OBJ) %/test_tls.o,$(call objects,tests/*.c))
SOURCES = $(wildcard lib/compat/*.h lib/compat/sys/*.h lib/*.[ch] lib/tls/*.[ch] cmd/*.[ch] cmd/*/*.[ch] tests/*.[ch] \
	tests/bench/*.[ch] tests/faults/*.c tests/lane/*.c tests/load/*.c tests/fuzz/*.[ch] \
	tests/coverage/*.c tests/sim/*.[ch] tests/sim/programs/*.c)
SCRIPTS = $(filter-out %.tsv,$(wildcard .ci/*)) tests/run tests/suite tests/bench/publish tests/namespaces tests/conformance tests/demo tests/add_ipv6 \
	tests/fuzz/run tests/coverage/run tests/sim/mutants/run tests/sim/search \
	tests/*.bash cmd/bats/*.bash cmd/completion/*.bash
CPPCHECK = cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 \
	-Ilib -Ilib/tls -D_GNU_SOURCE -U__has_include --include=$(QUEUE_H)
# cppcheck assumes that raise(3) does not return.
TASTE = clarifyCalculation unreachableCode unusedStructMember variableScope
QUEUE_H = /usr/include/$(shell gcc -print-multiarch)/sys/queue.h
# Files that test the tree run in one variant only, not in each way to compile
# it.  TINY=1 makes too many calls to let each of them fail, mixes the output of
# two processes, and takes minutes for each megabyte of TLS.
ONCE = $(if $(SAN)$(TINY),bench container deps dist environment figures install layering libevent load readme \
	sim static) \
	$(if $(TINY),faults help man_tcpu tls_peers)
CHOSEN = $(filter-out $(ONCE:%=tests/%.bats),$(wildcard \
	$(foreach t,$(TESTS),tests/$(t).bats tests/test_$(t).c tests/test_$(t).cc))) \
	$(if $(filter lane *,$(TESTS)),$(LANE_BIN))

.PHONY: all tests check recheck torture coverage fuzz fuzzers bench demo deps static lint \
	install install-library install-tls install-command uninstall dist source binary deb \
	release-check clean
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BUILD)/libtcpunit.a $(BUILD)/$(SO) $(TLS_OUT) $(BUILD)/tcpu
tests: all $(TEST_OBJ:.o=) $(BUILD)/tests/test_exceptions $(LANE_BIN) $(BENCH_BIN) $(BUILD)/tests/load/crowd \
	$(BUILD)/tests/faults.so $(BUILD)/tests/sim/sim fuzzers
fuzzers: $(FUZZ_BIN)

# One line that lists everything missing is more useful than a compiler error
# for each file.
$(BUILD)/requirements:
	$(eval LACK := $(shell CC='$(CC)' CPPFLAGS='$(CPPFLAGS)' \
		PKG_CONFIG='$(PKG_CONFIG)' .ci/requirements))
	$(if $(LACK),$(error $(LACK)))
	@$(if $(TLS)$(filter command,$(origin TLS)),,echo \
		'  NOTE  without TLS: $(PKG_CONFIG) finds no OpenSSL (libssl-dev)')
	@mkdir -p $(@D)
	@touch $@

$(BUILD)/%.o: %.c Makefile | $(BUILD)/requirements
	@mkdir -p $(@D)
	@echo '  CC    $@'
	$(Q)$(COMPILE) -c -o $@ $<

$(BUILD)/libtcpunit.a: $(LIB_OBJ)
$(BUILD)/libtcpunit-tls.a: $(TLS_OBJ)
$(BUILD)/tests/libhelp.a: $(HELP_OBJ)
$(BUILD)/tests/fuzz/aid.a: $(FUZZ_AID)
$(BUILD)/tests/sim/aid.a: $(SIM_AID)
%.a:
	@echo '  AR    $@'
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# Handlers for fork(2) and for the end of OS threads cannot be removed, so that
# dlclose(3) must not unload the library.
$(BUILD)/$(SO): $(LIB_OBJ) lib/tcpunit.map
	@echo '  LINK  $@'
	$(Q)$(LINK) -shared -Wl,-soname,$(SO) -Wl,--version-script,lib/tcpunit.map \
		-Wl,-z,nodelete -o $@ $(LIB_OBJ) $(LIBS)

$(BUILD)/cmd/manual_text.c: cmd/manual.awk man/tcpu.1 | $(BUILD)/requirements
	@mkdir -p $(@D)
	@echo '  AWK   $@'
	$(Q)LC_ALL=C awk -f $^ >$@

$(BUILD)/cmd/manual_text.o: $(BUILD)/cmd/manual_text.c
	@echo '  CC    $@'
	$(Q)$(COMPILE) -Icmd -c -o $@ $<

# It leaves the calls of libtcpunit undefined: a program must not get a second
# copy of that library.
$(BUILD)/$(TLS_SO): $(TLS_OBJ) lib/tls/tcpunit-tls.map
	@echo '  LINK  $@'
	$(Q)$(LINK) -shared -Wl,-z,undefs -Wl,-soname,$(TLS_SO) \
		-Wl,--version-script,lib/tls/tcpunit-tls.map -Wl,-z,nodelete \
		-o $@ $(TLS_OBJ) $(TLS_LIBS)

# Before glibc 2.34 dlopen(3) is in a library of its own.
$(BUILD)/tcpu: $(CMD_OBJ) $(BUILD)/libtcpunit.a lib/tls/lent.list
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) $(LENT) -o $@ $(CMD_OBJ) $(BUILD)/libtcpunit.a \
		$(LIBS) -ldl

$(BUILD)/tests/test_exceptions: tests/test_exceptions.cc lib/tcpunit.h \
		$(BUILD)/libtcpunit.a
	@echo '  CXX   $@'
	$(Q)$(CXX) -std=c++17 $(FEATURES) -Ilib $(CPPFLAGS) $(CFLAGS) -Wall \
		-Wextra -pthread $(LDFLAGS) -o $@ $< $(BUILD)/libtcpunit.a \
		$(TEST_LIBS)

$(BUILD)/tests/test_stacking: TEST_LIBS += -lz
$(BUILD)/tests/test_tls $(BUILD)/tests/bench/tls: $(BUILD)/libtcpunit-tls.a
$(BUILD)/tests/test_tls $(BUILD)/tests/bench/tls: \
	TEST_LIBS := $(BUILD)/libtcpunit-tls.a \
	$(BUILD)/libtcpunit.a $(TLS_LIBS) $(TEST_LIBS)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/tests/libhelp.a \
		$(BUILD)/libtcpunit.a
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ $(TEST_LIBS)

# The same tests, with a layer on each connection.
$(BUILD)/tests/lane/%: $(BUILD)/tests/%.o $(BUILD)/tests/lane/identity.o \
		$(BUILD)/tests/libhelp.a $(BUILD)/libtcpunit.a
	@echo '  LINK  $@'
	@mkdir -p $(@D)
	$(Q)$(LINK) $(PIE) $(LANE_WRAP:%=-Wl,--wrap=%) -o $@ $^ $(TEST_LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/tests/bench/aid.o \
		$(BUILD)/libtcpunit.a
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ $(TEST_LIBS)

$(BUILD)/tests/load/%: $(BUILD)/tests/load/%.o $(BUILD)/tests/bench/aid.o
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ $(TEST_LIBS)

$(BUILD)/tests/sim/sim: $(SIM_OBJ) $(BUILD)/tests/sim/aid.a $(BUILD)/libtcpunit.a
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -Wl,--wrap=tcp_thread_start -o $@ $^ $(TEST_LIBS)

$(BUILD)/tests/bench/echo_chicken: tests/bench/echo.scm
	@mkdir -p $(@D)
	@echo '  CSC   $@'
	$(Q)csc -O3 -o $@ $<

# Programs with other libraries, which only the benchmarks need.
$(BUILD)/tests/bench/echo_%: $(BUILD)/tests/bench/peers/echo_%.o \
		$(BUILD)/tests/bench/aid.o
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ -l$*

$(BUILD)/tests/bench/switch_%: $(BUILD)/tests/bench/peers/switch_%.o \
		$(BUILD)/tests/bench/aid.o
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ -l$*

$(BUILD)/tests/bench/%_go: tests/bench/%.go
	@mkdir -p $(@D)
	@echo '  GO    $@'
	$(Q)go build -o $@ $<

$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/tests/fuzz/aid.a $(FUZZ_MAIN) \
		$(BUILD)/libtcpunit.a
	@echo '  LINK  $@'
	$(Q)$(LINK) $(PIE) -o $@ $^ $(TEST_LIBS)

# Built without sanitizers, as it is also preloaded into programs that have
# them.
$(BUILD)/tests/faults.so: tests/faults/interpose.c Makefile
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	$(Q)$(CC) -std=c11 $(FEATURES) -O2 $(WARNINGS) -fPIC -shared -o $@ $< -ldl

torture: deps
	@$(MAKE) --no-print-directory tests
	@BUILD=$(abspath $(BUILD)) tests/faults/run
	@BUILD=$(abspath $(BUILD)) tests/faults/transfers 1000
	$(if $(TLS),@BUILD=$(abspath $(BUILD)) tests/faults/transfers --tls 1000)
	@BUILD=$(abspath $(BUILD)) tests/load/run
	@BUILD=$(abspath $(BUILD)) tests/fuzz/options 600s
	@tests/sim/search 2 2 3 1
	@BUILD=$(abspath $(BUILD)) tests/sim/mutants/run -n 10000 \
		tests/sim/mutants/*.patch
	@$(BUILD)/tests/sim/sim -j $(shell nproc) 1-1000000
	@$(MAKE) --no-print-directory fuzz FUZZ_SECONDS=600

# Recording the lines makes some tests fail: it needs write permission and
# memory.
COVERAGE = --no-print-directory BUILD=$(BUILD)/coverage HARDENING= \
	CFLAGS='-O0 -g --coverage -fprofile-update=atomic'
FLUSH = $(abspath $(BUILD))/coverage/tests/coverage/flush.o

coverage: deps
	@$(RM) -r $(BUILD)/coverage
	@$(MAKE) $(COVERAGE) $(BUILD)/coverage/tests/coverage/flush.o
	-@$(MAKE) $(COVERAGE) LDFLAGS='-Wl,--wrap=raise,--wrap=_exit $(FLUSH)' \
		check
	-@BUILD=$(abspath $(BUILD))/coverage tests/faults/run | tail -n 1
	@tests/coverage/run $(BUILD)/coverage

fuzz:
	@.ci/deps $(BUILD_DEPS) $(FUZZ_DEPS)
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang FUZZ_MAIN= \
		CFLAGS='-O1 -g $(FUZZ_CFLAGS)' LDFLAGS=-fsanitize=fuzzer \
		HARDENING= RELRO= fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS) \
		$(abspath $(FUZZ_BIN:$(BUILD)/%=$(BUILD)/fuzz/%))

deps:
	@.ci/deps $(BUILD_DEPS) $(CHECK_DEPS)
	@.ci/bats $(abspath $(BUILD))/npm

# How much demo and check install, for README.md.
.ci/sizes.tsv: .ci/sizes Makefile
	.ci/sizes demo make $(BUILD_DEPS) -- check $(CHECK_DEPS) >$@

demo:
	@.ci/deps $(BUILD_DEPS)
	@$(MAKE) --no-print-directory all
	@PATH="$(abspath $(BUILD)):$$PATH" tests/demo

STATIC = $(filter glibc,$(LIBC))$(ARCH)

# The linker's warnings are right: glibc loads modules for look-ups at run time.
static:
	@$(if $(word 2,$(CURDIR)),$(error make static needs a path without spaces))
	@$(if $(filter-out musl glibc,$(LIBC)),$(error LIBC is musl or glibc, not $(LIBC)))
	@.ci/deps $(if $(filter glibc,$(STATIC)),$(BUILD_DEPS),$(STATIC_DEPS))
	+@.ci/static $(BUILD)/static$(addprefix -,$(STATIC)) $(STATIC)

check:
	@$(if $(word 2,$(CURDIR)),$(error make check needs a path without spaces))
	@$(if $(CHOSEN),,$(error no test is called $(TESTS)))
	@tests/namespaces
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory tests
	@$(if $(filter tests/static.bats,$(CHOSEN)),$(MAKE) --no-print-directory \
		static LIBC=glibc ARCH=)
	@BUILD=$(abspath $(BUILD)) VALGRIND=$(VALGRIND) tests/suite $(JOBS) \
		$(patsubst tests/%.c,$(BUILD)/tests/%,$(CHOSEN:.cc=.c))

recheck:
	@BUILD=$(abspath $(BUILD)) VALGRIND=$(VALGRIND) tests/suite again

bench:
	@.ci/deps $(BUILD_DEPS) $(CHECK_DEPS) $(BENCH_DEPS)
	@$(MAKE) -s --no-print-directory all $(BENCH_BIN)
	-@$(MAKE) -s --no-print-directory -k $(addprefix $(BUILD)/tests/bench/, \
		echo_go messages_go echo_pth echo_st switch_pth switch_st)
	-@$(MAKE) -s --no-print-directory static && \
		ln -sf ../../static/tcpu $(BUILD)/tests/bench/tcpu-static
	@BUILD=$(abspath $(BUILD)) tests/bench/bench $(BENCH)

lint:
	@.ci/deps $(BUILD_DEPS) $(LINT_DEPS)
	@echo '  LINT  clang-format'
	$(Q)clang-format --dry-run -Werror $(SOURCES)
	@echo '  LINT  clang-tidy' # stderr counts warnings of headers
	$(Q)printf '%s\n' $(filter %.c,$(SOURCES)) | xargs -P2 -I{} \
		clang-tidy --quiet {} -- -std=c11 -D_GNU_SOURCE -Ilib -Ilib/tls \
		2>/dev/null
	@echo '  LINT  cppcheck'
	$(Q)$(CPPCHECK) --enable=warning,performance,portability tests
	$(Q)$(CPPCHECK) --enable=warning,style $(TASTE:%=--suppress=%) lib cmd
	@echo '  LINT  gcc -fanalyzer'
	$(Q)printf '%s\n' lib/*.c lib/tls/*.c cmd/*.c cmd/*/*.c | xargs -P2 -I{} \
		gcc -std=c11 -D_GNU_SOURCE -Ilib -Ilib/tls -O2 -Werror -fanalyzer \
		-S -o /dev/null {}
	@echo '  LINT  sizes of functions' # pmccabe reports tables as functions
	$(Q)pmccabe $(filter-out %/interpose.c,$(filter %.c,$(SOURCES))) | awk '$$2 > 15 || $$5 > 60 \
		{ print "too big:", $$0; big = 1 } END { exit big }'
	@echo '  LINT  licence lines'
	$(Q)! grep -L 'SPDX-License-Identifier: ISC' Makefile $(SOURCES) \
		$(SCRIPTS) man/* .debian/rules lib/tcpunit.map lib/tls/*.map tests/*.bats tests/peers/* | \
		grep .
	@echo '  LINT  man'
	$(Q)mandoc -T lint -W warning man/*
	@echo '  LINT  scripts'
	$(Q)! grep -nE '(^|[^_[:alnum:]])(sleep|skip)( |$$)' tests/*.bats
	$(Q)shellcheck -e SC2016 $(SCRIPTS)
	$(Q)shellcheck -s bats -e SC2016,SC2030,SC2031,SC2154 tests/*.bats
	@$(MAKE) BUILD=$(BUILD)/gcc CC=gcc CFLAGS='-O2 -g -Werror' all tests
	@$(MAKE) BUILD=$(BUILD)/clang CC=clang CFLAGS='-O2 -Werror' all tests

install: all install-library $(if $(TLS),install-tls) install-command
	@test -n "$(DESTDIR)" || ldconfig 2>/dev/null || : # needs root

PAGE = install -D -m 644 $$page \
	$(DESTDIR)$(MANDIR)/man$${page\#\#*.}/$${page\#\#*/} || exit

FILL_IN = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|'

install-library: $(BUILD)/libtcpunit.a $(BUILD)/$(SO)
	install -D -m 644 -t $(DESTDIR)$(INCLUDEDIR) lib/tcpunit.h \
		lib/tcpunit-event.h
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $^
	ln -sf $(SO) $(DESTDIR)$(LIBDIR)/libtcpunit.so
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	$(FILL_IN) lib/tcpunit.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit.pc
	for page in man/*.3 man/tcpunit*.7; do $(PAGE); done
	for page in man/*.3; do for call in $$($(CALLS) $$page); do \
		test man/$$call.3 = $$page || ln -sf $${page##*/} \
			$(DESTDIR)$(MANDIR)/man3/$$call.3 || exit; done; done

install-tls: $(TLS_OUT)
	install -D -m 644 -t $(DESTDIR)$(INCLUDEDIR) lib/tls/tcpunit-tls.h
	install -D -m 644 -t $(DESTDIR)$(LIBDIR) $^
	ln -sf $(TLS_SO) $(DESTDIR)$(LIBDIR)/libtcpunit-tls.so
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig
	$(FILL_IN) lib/tls/tcpunit-tls.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit-tls.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit-tls.pc

install-command: $(BUILD)/tcpu
	install -D -t $(DESTDIR)$(BINDIR) $<
	for page in man/*.1 man/tcpu[.-]*.7; do $(PAGE); done
	install -D -m 644 cmd/completion/tcpu.bash $(DESTDIR)$(BASHDIR)/tcpu
	install -D -m 644 -t $(DESTDIR)$(ZSHDIR) cmd/completion/_tcpu
	install -D -m 644 -t $(DESTDIR)$(FISHDIR) cmd/completion/tcpu.fish
	install -D -m 644 -t $(DESTDIR)$(BATSDIR)/bats-tcpu cmd/bats/*.bash
	install -D -m 644 -t $(DESTDIR)$(DOCDIR) README.md
	$(RECIPES) README.md >$(DESTDIR)$(DOCDIR)/recipes.bash
	chmod 644 $(DESTDIR)$(DOCDIR)/recipes.bash

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/tcpu $(DESTDIR)$(INCLUDEDIR)/tcpunit.h \
		$(DESTDIR)$(INCLUDEDIR)/tcpunit-event.h \
		$(DESTDIR)$(LIBDIR)/libtcpunit.a $(DESTDIR)$(LIBDIR)/$(SO) \
		$(DESTDIR)$(LIBDIR)/libtcpunit.so \
		$(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit.pc \
		$(DESTDIR)$(INCLUDEDIR)/tcpunit-tls.h \
		$(DESTDIR)$(LIBDIR)/libtcpunit-tls.a \
		$(DESTDIR)$(LIBDIR)/$(TLS_SO) \
		$(DESTDIR)$(LIBDIR)/libtcpunit-tls.so \
		$(DESTDIR)$(LIBDIR)/pkgconfig/tcpunit-tls.pc \
		$(DESTDIR)$(BASHDIR)/tcpu $(DESTDIR)$(ZSHDIR)/_tcpu \
		$(DESTDIR)$(FISHDIR)/tcpu.fish
	rm -rf $(DESTDIR)$(BATSDIR)/bats-tcpu $(DESTDIR)$(DOCDIR)
	for page in man/*.[1-9]; do \
		rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; done
	for call in $$($(CALLS) man/*.3); do \
		rm -f $(DESTDIR)$(MANDIR)/man3/$$call.3; done

# The same commit gives the same bytes on every machine and at any time.
dist: source binary

# A tree from a tarball has no commits, and is packed as it is.
ARCHIVE = $(if $(wildcard .git),git archive --prefix=tcpunit-$(VERSION)/ HEAD, \
	tar --exclude=./build --exclude='./$(BUILD:$(CURDIR)/%=%)' --sort=name --owner=0 \
	--group=0 --numeric-owner --mode='u=rwX,go=rX' \
	--mtime=@$$(stat -c %Y Makefile) \
	--transform='s|^\.|tcpunit-$(VERSION)|' -cf - .)

source:
	$(if $(wildcard .git),@.ci/deps git)
	@mkdir -p $(BUILD)
	$(ARCHIVE) >$(SOURCE:.gz=)
	gzip -9nf $(SOURCE:.gz=)

binary: source
	@.ci/deps $(STATIC_DEPS)
	.ci/binary $(SOURCE) $(BUILD) $(ARCH)

deb: source
	@$(if $(word 2,$(CURDIR)),$(error make deb needs a path without spaces))
	@.ci/deps $(BUILD_DEPS) $(DEB_DEPS)
	.ci/deb $(SOURCE) $(BUILD)/deb

release-check: dist deb
	@.ci/deps $(CHECK_DEPS) $(RELEASE_DEPS)
	@BUILD=$(abspath $(BUILD)) .ci/release
	@BUILD=$(abspath $(BUILD)) .ci/machines

clean:
	rm -rf $(BUILD)

# Nothing makes these files but the compiler.  Without this rule make tries all of
# its own for each of them, which takes make 4.4 two seconds.
%.d: ;
-include $(FUZZ_BIN:=.d) $(patsubst %.o,%.d,$(LIB_OBJ) $(TLS_OBJ) $(CMD_OBJ) $(TEST_OBJ) \
	$(BENCH_OBJ) $(LANE_OBJ) $(HELP_OBJ) $(SIM_OBJ))
