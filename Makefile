# SPDX-License-Identifier: Apache-2.0
# make            the programs, in $(BUILD)
# make check      unit, property and golden tests
# make help       everything else
CC ?= gcc
BUILD ?= build
OPT ?= -O2
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
DESTDIR ?=

WARN = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# -ffp-contract=off: the same doubles from every compiler and level.
CFLAGS_ALL = -std=c17 -D_GNU_SOURCE $(OPT) -g $(WARN) -ffp-contract=off -fvisibility=hidden -fPIC -pthread -I. $(EXTRA_CFLAGS)

need = $(if $(shell $(PKG_CONFIG) --exists $(1) && echo y),,$(error missing library: $(1) (Debian: $(2)); ./scripts/setup installs it))

ROOMS = base policies traces fleet cloud sim study
LIB_SRC := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)))
CLI_SRC := $(sort $(wildcard cli/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(BUILD)/obj/%.o)

PKGS = gsl libcjson sqlite3
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -ldl -lm

TEST_SRC := $(sort $(wildcard tests/unit/test_*.c tests/property/test_*.c tests/golden/test_*.c))
TESTS := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
# helpers shared by tests: everything in tests/support/
SUPPORT_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard tests/support/*.c)))

.PHONY: all lib tests check clean
all: $(BUILD)/spotsim
lib: $(BUILD)/libspotsim.a

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/libspotsim.a: $(LIB_OBJ)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/spotsim: $(CLI_OBJ) $(BUILD)/libspotsim.a
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LIBS) $(EXTRA_LDFLAGS)

$(BUILD)/tests/%: tests/%.c $(SUPPORT_OBJ) $(BUILD)/libspotsim.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(PKG_CFLAGS) -MMD -MP -o $@ $< $(SUPPORT_OBJ) $(BUILD)/libspotsim.a -lcmocka $(LIBS) $(EXTRA_LDFLAGS)

tests: $(TESTS)

check: all tests
	@set -e; for t in $(TESTS); do echo "== $$t"; $$t; done

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TESTS:=.d)
