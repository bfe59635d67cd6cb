# SPDX-License-Identifier: Apache-2.0
# `make help` lists what can be made.
CC ?= gcc
ifeq ($(origin CC),default)
CC = gcc
endif
BUILD ?= build
OPT ?= -O2
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
DESTDIR ?=

# `make WERROR=` for compilers newer than ours, with warnings we have not seen.
WERROR = -Werror
# assert() is for the builds that test: `make ASSERT=yes`.  A library must not
# end the program that calls it.
ASSERT ?=
# HOT functions (base/hot.h) are inline and called from elsewhere, too: what
# clang warns of holds for those without a definition to call.
WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-static-in-inline $(WERROR)
# -ffp-contract=off: the same doubles from every compiler and level.
CFLAGS_ALL = -std=c17 -D_GNU_SOURCE $(OPT) -g $(WARN) -ffp-contract=off -fno-math-errno \
	-fvisibility=hidden -fPIC -pthread -I. $(if $(ASSERT),,-DNDEBUG) $(PKG_CFLAGS) $(EXTRA_CFLAGS)

PKGS = gsl libcjson sqlite3
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -ldl -lm

ROOMS = base policies traces fleet cloud sim study api
LIB_SRC := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)))
API_SRC := $(sort $(wildcard api/*.c))
CLI_SRC := $(sort $(wildcard cli/*.c))
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c tests/property/test_*.c tests/golden/test_*.c tests/api/test_*.c))
# what peer tests run beside the real thing
PEER_SRC := $(sort $(wildcard tests/peers/*/*.c))
SUPPORT_SRC := $(sort $(wildcard tests/support/*.c))
BENCH_SRC := $(sort $(wildcard bench/bench_*.c))
BENCH_SUPPORT_SRC := $(sort $(filter-out $(BENCH_SRC),$(wildcard bench/*.c)))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
TEST_SCRIPTS := $(sort $(wildcard tests/golden/*.sh tests/property/*.sh tests/api/*.sh tests/peers/*.sh))

OBJ = $(BUILD)/obj
# What an event passes through is compiled as one, so that its calls are
# inlined, the called before the calling; `make UNITY=` compiles it file by file.
UNITY ?= yes
ENGINE_SRC := $(if $(UNITY),$(addprefix fleet/,ledger.c fleet.c observe.c step.c replace.c) cloud/billing.c cloud/cloud.c \
	$(addprefix sim/,lane.c metrics.c loops.c replica_launch.c replica.c groups.c pools.c run.c results.c sim.c))
# gcc takes whatever might end in an error for seldom and moves it out of the way,
# which in the engine is much of what happens all the time.
ENGINE_CFLAGS ?= $(if $(findstring clang,$(shell $(CC) --version 2>/dev/null)),,-fno-guess-branch-probability)
LIB_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(ENGINE_SRC),$(LIB_SRC))) $(if $(UNITY),$(OBJ)/engine.o)
API_OBJ := $(API_SRC:%.c=$(OBJ)/%.o)
POLICY_OBJ := $(filter $(OBJ)/policies/%,$(LIB_OBJ))
CLI_OBJ := $(CLI_SRC:%.c=$(OBJ)/%.o)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(OBJ)/%.o)
BENCH_SUPPORT_OBJ := $(BENCH_SUPPORT_SRC:%.c=$(OBJ)/%.o)
ALL_OBJ := $(LIB_OBJ) $(CLI_OBJ) $(SUPPORT_OBJ) $(TEST_SRC:%.c=$(OBJ)/%.o) $(PEER_SRC:%.c=$(OBJ)/%.o) $(BENCH_SRC:%.c=$(OBJ)/%.o) $(BENCH_SUPPORT_OBJ) $(OBJ)/bench/guard/guard.o \
	$(FUZZ_SRC:%.c=$(OBJ)/%.o)

TESTS := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
PEERS := $(PEER_SRC:tests/%.c=$(BUILD)/tests/%)
BENCHES := $(BENCH_SRC:bench/%.c=$(BUILD)/bench/%)
FUZZERS := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
# What our own programs and tests link, every function in it; the policies' own
# archive comes first: it is the one that is linked.
ARCHIVES = $(BUILD)/libpolicies.a $(BUILD)/libinternal.a
LINK = $(CC) $(CFLAGS_ALL) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# The shared library's name changes with what it may break: the minor version
# while the major is 0.
VERSION := $(shell sed -n 's/^.define SPOTSIM_VERSION "\(.*\)"/\1/p' api/spotsim.h)
ABI := $(shell echo $(VERSION) | sed 's/^0\.\([0-9]*\).*/0.\1/; s/^\([1-9][0-9]*\)\..*/\1/')
SONAME = libspotsim.so.$(ABI)
OBJCOPY ?= objcopy

.DEFAULT_GOAL := all
.PHONY: all lib tests check check-asan coverage fuzz fuzzers bench install uninstall clean help need-libs need-cmocka FORCE
all: $(BUILD)/spotsim $(BUILD)/libpolicies.a lib
lib: $(BUILD)/libspotsim.a $(BUILD)/$(SONAME)

# One line that names what is missing, before the compiler drowns it.
# $(1): pkg-config name, $(2): Debian package
need = $(PKG_CONFIG) --exists $(1) || { echo "missing library: $(1) (Debian: $(2)); ./scripts/setup installs it" >&2; exit 1; }
need-libs:
	@command -v $(PKG_CONFIG) >/dev/null || { echo "missing program: pkg-config (Debian: pkg-config); ./scripts/setup installs it" >&2; exit 1; }
	@$(call need,gsl,libgsl-dev)
	@$(call need,libcjson,libcjson-dev)
	@$(call need,sqlite3,libsqlite3-dev)
need-cmocka: need-libs
	@$(call need,cmocka,libcmocka-dev)

# Stamps change only when their text does: other flags rebuild everything, a
# removed source file rebuilds the archives.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(CC) $(CFLAGS_ALL) $(ENGINE_CFLAGS)) | cmp -s - $@ || printf '%s\n' $(call quote,$(CC) $(CFLAGS_ALL) $(ENGINE_CFLAGS)) >$@
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo $(LIB_SRC) $(ENGINE_SRC) | cmp -s - $@ || echo $(LIB_SRC) $(ENGINE_SRC) >$@
quote = '$(subst ','\'',$(1))'

$(OBJ)/%.o: %.c $(BUILD)/flags | need-libs
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(OWN_CFLAGS) -MMD -MP -c $< -o $@
$(BUILD)/engine.c: $(BUILD)/sources
	@printf '#include "%s"\n' $(ENGINE_SRC) >$@
$(OBJ)/engine.o: $(BUILD)/engine.c $(BUILD)/flags | need-libs
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(ENGINE_CFLAGS) -MMD -MP -c $< -o $@
$(OBJ)/tests/%.o: | need-cmocka
# Traces kept by a program are read by those with the same reading code only.
READER_SRC := $(sort $(wildcard base/*.[ch] traces/*.[ch]))
$(OBJ)/traces/cache_file.o: private OWN_CFLAGS = -DTRACE_READER='"$(shell cat $(READER_SRC) | cksum | tr ' ' -)"'
$(OBJ)/traces/cache_file.o: $(READER_SRC)

$(BUILD)/libinternal.a: $(LIB_OBJ) $(BUILD)/sources
	rm -f $@
	ar rcs $@ $(filter %.o,$^)
$(BUILD)/libpolicies.a: $(POLICY_OBJ) $(BUILD)/sources
	rm -f $@
	ar rcs $@ $(filter %.o,$^)

# The public library: api/ and what it needs of the rest, as one object in which
# only spotsim_* is visible.
$(OBJ)/libspotsim.o: $(API_OBJ) $(ARCHIVES) api/spotsim.sym
	$(LD) -r -o $@ $(API_OBJ) --start-group $(ARCHIVES) --end-group
	$(OBJCOPY) --wildcard --keep-global-symbols=api/spotsim.sym $@
$(BUILD)/libspotsim.a: $(OBJ)/libspotsim.o
	rm -f $@
	ar rcs $@ $<
# Nothing may stay undefined, but for what a sanitizer brings.
DEFS = $(if $(findstring -fsanitize,$(EXTRA_CFLAGS)),,-Wl,-z,defs)
$(BUILD)/$(SONAME): $(OBJ)/libspotsim.o
	$(CC) $(CFLAGS_ALL) -shared -Wl,-soname,$(SONAME) $(DEFS) -o $@ $< $(LIBS) $(EXTRA_LDFLAGS)
	ln -sf $(SONAME) $(BUILD)/libspotsim.so
$(BUILD)/spotsim: $(CLI_OBJ) $(ARCHIVES)
	$(LINK) $(LIBS) $(EXTRA_LDFLAGS)
# These see the public headers only and link what is installed.
$(BUILD)/tests/api/%: $(OBJ)/tests/api/%.o $(BUILD)/libspotsim.a
	@mkdir -p $(@D)
	$(LINK) $(API_TEST_LDFLAGS) -lcmocka $(LIBS) $(EXTRA_LDFLAGS)
WRAPPED = malloc calloc realloc aligned_alloc strdup strndup asprintf vasprintf free
$(BUILD)/tests/api/test_memory: API_TEST_LDFLAGS = $(WRAPPED:%=-Wl,--wrap=%)
$(BUILD)/tests/%: $(OBJ)/tests/%.o $(SUPPORT_OBJ) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) -lcmocka $(LIBS) $(EXTRA_LDFLAGS)
# what scripts/check-speed counts the instructions of
$(BUILD)/guard: $(OBJ)/bench/guard/guard.o $(BENCH_SUPPORT_OBJ) $(ARCHIVES)
	$(LINK) $(LIBS) $(EXTRA_LDFLAGS)
# the test of a measured peer uses what measures it
$(BUILD)/tests/peers/simpy/churn: $(BENCH_SUPPORT_OBJ)
$(BUILD)/bench/%: $(OBJ)/bench/%.o $(BENCH_SUPPORT_OBJ) $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) $(LIBS) $(EXTRA_LDFLAGS)
$(BUILD)/fuzz/%: $(OBJ)/tests/fuzz/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer $(LIBS) $(EXTRA_LDFLAGS)
.SECONDARY: $(ALL_OBJ)

tests: $(TESTS) $(PEERS) $(BENCHES)

check: all tests
	SPOTSIM=$(BUILD)/spotsim ./scripts/run-tests $(TESTS) $(TEST_SCRIPTS)

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
check-asan:
	$(MAKE) BUILD=$(BUILD)-asan OPT=-O1 ASSERT=yes EXTRA_CFLAGS='$(SANITIZE)' check

coverage:
	$(MAKE) BUILD=$(BUILD)-cov OPT=-O0 ASSERT=yes EXTRA_CFLAGS=--coverage all tests
	find $(BUILD)-cov -name '*.gcda' -delete
	SPOTSIM=$(BUILD)-cov/spotsim ./scripts/run-tests $$($(MAKE) -s BUILD=$(BUILD)-cov list-tests)
	./scripts/coverage-gate $(BUILD)-cov 90
.PHONY: list-tests
list-tests:
	@echo $(TESTS) $(TEST_SCRIPTS)

# libFuzzer needs clang.  FUZZ_SECONDS: for each target.
FUZZ_SECONDS ?= 10
fuzz:
	$(MAKE) BUILD=$(BUILD)-fuzz CC=clang OPT=-O1 ASSERT=yes \
		EXTRA_CFLAGS='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' fuzzers
	./scripts/run-fuzz $(BUILD)-fuzz/fuzz $(FUZZ_SECONDS)
fuzzers: $(FUZZERS)

# The bundled traces again, byte for byte, from their presets; TRACES_DATA: where to.
TRACES_DATA ?= traces/data
.PHONY: traces-data
traces-data: all
	mkdir -p $(TRACES_DATA)
	$(BUILD)/spotsim trace synth nine-zones --seed 2026 --format skypilot -o $(TRACES_DATA)/demo
	$(BUILD)/spotsim trace synth three-zones-wide --seed 2026 --format skypilot -o $(TRACES_DATA)/demo4

# One JSON line for each measurement, also in $(BUILD)/bench.json.
bench: all $(BENCHES)
	@./bench/run $(BUILD)

LIBDIR = $(DESTDIR)$(PREFIX)/lib
SHARE = $(DESTDIR)$(PREFIX)/share/spotsim
DOC = $(DESTDIR)$(PREFIX)/share/doc/spotsim
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include/spotsim $(LIBDIR)/pkgconfig
	install -d $(SHARE)/plot $(SHARE)/presets $(SHARE)/traces $(DOC)
	install -m 755 $(BUILD)/spotsim $(DESTDIR)$(PREFIX)/bin/spotsim
	install -m 644 api/spotsim.h $(DESTDIR)$(PREFIX)/include/spotsim.h
	install -m 644 policies/policy.h $(DESTDIR)$(PREFIX)/include/spotsim/policy.h
	install -m 644 $(BUILD)/libspotsim.a $(LIBDIR)/libspotsim.a
	install -m 755 $(BUILD)/$(SONAME) $(LIBDIR)/$(SONAME)
	ln -sf $(SONAME) $(LIBDIR)/libspotsim.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' api/spotsim.pc.in >$(LIBDIR)/pkgconfig/spotsim.pc
	install -m 644 $(wildcard scripts/plot/*.gp) $(SHARE)/plot/
	cp -R --no-preserve=ownership traces/presets/. $(SHARE)/presets/
	cp -R --no-preserve=ownership traces/data/. $(SHARE)/traces/
	cp -R --no-preserve=ownership docs/. LICENSE $(wildcard README.md) $(DOC)/

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/spotsim $(DESTDIR)$(PREFIX)/include/spotsim.h
	rm -f $(LIBDIR)/libspotsim.a $(LIBDIR)/libspotsim.so $(LIBDIR)/$(SONAME) $(LIBDIR)/pkgconfig/spotsim.pc
	rm -rf $(DESTDIR)$(PREFIX)/include/spotsim $(SHARE) $(DOC)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-cov $(BUILD)-fuzz $(BUILD)-clang

help:
	@echo 'make              the program and the library, in $$(BUILD) (default: build)'
	@echo 'make lib          the library: libspotsim.a, libspotsim.so'
	@echo 'make check        unit, property, golden and peer tests'
	@echo 'make check-asan   the same under AddressSanitizer and UBSan'
	@echo 'make coverage     line coverage of policies, fleet, traces, cloud, sim, api; fails below 90 %'
	@echo 'make fuzz         builds the fuzz targets with clang and runs each for FUZZ_SECONDS'
	@echo "make bench        benchmarks, as JSON lines; BENCH='hold churn' takes only these"
	@echo 'make traces-data  makes the bundled traces again, the same bytes'
	@echo 'make install      into $$(DESTDIR)$$(PREFIX) (default: /usr/local); make uninstall'
	@echo 'make clean        removes what was built'
	@echo 'Variables: CC=clang, OPT=-O0, ASSERT=yes, BUILD=folder, WERROR=, EXTRA_CFLAGS=..., EXTRA_LDFLAGS=...'
	@echo './scripts/check runs all of it; ./scripts/setup installs what is missing.'

-include $(ALL_OBJ:.o=.d)
