#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make install` leaves is enough to build against, shared and static, by
# pkg-config alone: the example program, in C and its header in C++, and a policy.
build=$(dirname "${SPOTSIM:-build/spotsim}")
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-install.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fail() {
    echo "FAIL: $*"
    exit 1
}
if nm "$build/libspotsim.a" 2>/dev/null | grep -qE '__asan|__gcov'; then
    echo "skipped: an instrumented build; the plain one is installed and tried"
    exit 77
fi
# -o all: what is there is installed, whatever flags it was built with
MAKEFLAGS= make -s -o all BUILD="$build" PREFIX="$work/there" install >"$work/log" 2>&1 || fail "make install: $(cat "$work/log")"
prefix=$work/there
for file in bin/spotsim include/spotsim.h include/spotsim/policy.h lib/libspotsim.a lib/libspotsim.so \
    lib/pkgconfig/spotsim.pc; do
    [ -e "$prefix/$file" ] || fail "$file is not installed"
done
[ -e "$prefix/lib/libspotsim_policies.a" ] && fail "an archive with unprefixed symbols is installed"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
version=$(sed -n 's/^#define SPOTSIM_VERSION "\(.*\)"/\1/p' "$prefix/include/spotsim.h")
[ "$(pkg-config --modversion spotsim)" = "$version" ] || fail "pkg-config knows another version than $version"
cc=${CC:-cc}

# the headers stand alone, in strict C and in C++
printf '#include <spotsim.h>\n#include <spotsim/policy.h>\nint main(void) { return spotsim_version_number() == SPOTSIM_VERSION_NUMBER ? 0 : 1; }\n' >"$work/alone.c"
cp "$work/alone.c" "$work/alone.cpp"
# shellcheck disable=SC2046 # words
for std in c99 c11 c17; do
    "$cc" -std=$std -Wall -Wextra -Wpedantic -Werror "$work/alone.c" -o "$work/alone" \
        $(pkg-config --cflags --libs spotsim) -Wl,-rpath,"$prefix/lib" || fail "the headers in $std"
    "$work/alone" || fail "the version of header and library in $std"
done
if command -v c++ >/dev/null; then
    # shellcheck disable=SC2046
    c++ -Wall -Wextra -Werror "$work/alone.cpp" -o "$work/alone" $(pkg-config --cflags --libs spotsim) \
        -Wl,-rpath,"$prefix/lib" && "$work/alone" || fail "the headers in C++"
else
    echo "NOTE: no C++ compiler; the headers were tried in C only"
fi

# The example, against the shared library and against the static one.  Its own
# trace: tests/api/library.out; the trace from files: what the program says.
demo=$work/there/share/spotsim/traces/demo
number() { # line key
    echo "$1" | sed -n "s/.*\"$2\": \([0-9.e+-]*\).*/\1/p" | head -n 1
}
{
    cat tests/api/library.out
    echo "$demo"
    for base in 0 1 2 3 4; do
        json=$("$prefix/bin/spotsim" run --trace "$demo" --target 4 --policy "skyserve(base=$base)+skypilot" \
            --price-on-demand 3.06 --price-spot 0.92 --json 2>/dev/null)
        awk -v base=$base -v full="$(number "$json" full)" -v any="$(number "$json" any)" \
            -v cost="$(number "$json" relative_to_on_demand)" 'BEGIN {
                enough = any >= 0.999 && full >= 0.90
                printf "  base %d: full %6.2f %%, any %6.2f %%, cost %5.1f %% of on-demand%s\n", base, 100 * full,
                    100 * any, 100 * cost, enough ? "  <- enough" : ""
                exit enough }' || break
    done
} >"$work/expected"
program=docs/examples/library.c
# shellcheck disable=SC2046
"$cc" -std=c17 -Wall -Wextra -Wpedantic -Werror $program -o "$work/shared" $(pkg-config --cflags --libs spotsim) \
    -Wl,-rpath,"$prefix/lib" || fail "$program against the shared library"
# shellcheck disable=SC2046
"$cc" -std=c17 -Wall -Wextra -Wpedantic -Werror $program -o "$work/static" $(pkg-config --cflags spotsim) \
    "$prefix/lib/libspotsim.a" $(pkg-config --static --libs spotsim | sed 's/-lspotsim//') ||
    fail "$program against the static library"
ldd "$work/shared" | grep -q "libspotsim.so.${version%.*} => $prefix/lib/" || fail "the shared one is not used: $(ldd "$work/shared")"
ldd "$work/static" | grep -q libspotsim && fail "the static one is not used"
for kind in shared static; do
    "$work/$kind" "$demo" >"$work/$kind.out" 2>"$work/$kind.err" || fail "$kind: $(cat "$work/$kind.err")"
    [ -s "$work/$kind.err" ] && fail "$kind printed on stderr: $(cat "$work/$kind.err")"
    diff "$work/expected" "$work/$kind.out" || fail "$kind: other output"
done
"$work/shared" nowhere >/dev/null 2>"$work/err"
[ $? -eq 2 ] && grep -q '^library: .*nowhere' "$work/err" || fail "an error is not told: $(cat "$work/err")"
while IFS= read -r line; do
    grep -qxF -- "$line" docs/library.md || fail "docs/library.md does not show the program's line: $line"
done <tests/api/library.out

# the pieces of C in the page compile
{
    echo '#include <spotsim.h>'
    echo 'void page(struct spotsim_env *env, struct spotsim_scenario *s, struct spotsim_trace *t, struct spotsim_result *r,'
    echo '          struct spotsim_study *study);'
    echo 'void page(struct spotsim_env *env, struct spotsim_scenario *s, struct spotsim_trace *t, struct spotsim_result *r,'
    echo '          struct spotsim_study *study) { struct spotsim_error e;'
    awk '/^```c$/ { inside = 1; print "{"; next } /^```$/ && inside { inside = 0; print "}" } inside' docs/library.md
    echo '}'
} >"$work/page.c"
[ "$(grep -c '^{$' "$work/page.c")" -ge 4 ] || fail "no pieces of C found in docs/library.md"
# shellcheck disable=SC2046
"$cc" -std=c17 -Wall -Wextra -Werror -fsyntax-only $(pkg-config --cflags spotsim) "$work/page.c" ||
    fail "the pieces of C in docs/library.md do not compile"

MAKEFLAGS= make -s BUILD="$build" PREFIX="$prefix" uninstall || fail "make uninstall"
left=$(find "$prefix" -type f -o -type l)
[ -z "$left" ] || fail "make uninstall leaves $left"
