#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library shows spotsim_* and nothing else, ends, prints and changes nothing
# of the program that calls it, and holds no state: by its symbols and sections.
build=$(dirname "${SPOTSIM:-build/spotsim}")
static=$build/libspotsim.a
shared=$(readlink -f "$build/libspotsim.so")
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-symbols.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
bad=0
fail() {
    echo "FAIL: $*"
    bad=1
}
[ -f "$static" ] && [ -f "$shared" ] || { echo "FAIL: no library in $build"; exit 1; }
nm "$static" >"$work/static" && nm -D "$shared" >"$work/shared" || exit 1
if grep -qE '__asan|__ubsan|__gcov' "$work/static"; then
    echo "skipped: an instrumented build; the plain one is checked"
    exit 77
fi

# what is there and no more: the header's names
sed -n 's/^SPOTSIM_API [^(]*[ *]\(spotsim_[a-z_]*\)(.*/\1/p' api/spotsim.h | sort >"$work/declared"
[ "$(grep -c '^SPOTSIM_API' api/spotsim.h)" -eq "$(wc -l <"$work/declared")" ] || fail "a declaration that this test does not read"
for kind in static shared; do
    awk '$2 ~ /^[A-TV-Zi]$/ { print $3 }' "$work/$kind" | sort >"$work/$kind.defined"
    diff "$work/declared" "$work/$kind.defined" >"$work/diff" || fail "$kind: declared (<) and defined (>): $(cat "$work/diff")"
done

# what it must not call
awk '$1 == "U" { print $2 } $2 == "U" { print $3 }' "$work/static" | sed 's/@.*//' | sort -u >"$work/undefined"
[ "$(wc -l <"$work/undefined")" -gt 50 ] || fail "nm shows no undefined symbols: this test sees nothing"
for name in exit _exit _Exit quick_exit abort __assert_fail raise kill \
    printf vprintf __printf_chk puts putchar putc_unlocked perror psignal stdout stderr stdin \
    putenv setenv unsetenv clearenv setlocale signal sigaction sigprocmask pthread_sigmask \
    chdir fchdir umask fork vfork daemon system setrlimit \
    srand rand srandom random drand48 strtok localtime gmtime ctime asctime tmpnam \
    gsl_set_error_handler gsl_set_error_handler_off cJSON_InitHooks cJSON_GetErrorPtr sqlite3_config; do
    grep -qxF "$name" "$work/undefined" && fail "the library calls $name"
done

# what it must not keep: no byte that can be written, once loaded
objdump -h "$static" | awk '$2 ~ /^\./ { print $2, $3 }' >"$work/sections"
grep -q '^\.text' "$work/sections" || fail "objdump shows no sections: this test sees nothing"
while read -r name size; do
    case $name in
    .data.rel.ro*) ;; # constants with addresses in them
    .data* | .bss* | .tdata* | .tbss* | COMMON)
        [ "$(printf '%d' "0x$size")" -eq 0 ] || fail "$name holds $((0x$size)) writable bytes: $(awk '$2 ~ /^[dDbBC]$/ { print $3 }' "$work/static" | head -n 5 | tr '\n' ' ')"
        ;;
    esac
done <"$work/sections"

# what the program gets with it
objdump -p "$shared" | awk '$1 == "SONAME" { print $2 }' >"$work/soname"
version=$(sed -n 's/^#define SPOTSIM_VERSION "\(.*\)"/\1/p' api/spotsim.h)
case $version in
0.*) expected=libspotsim.so.${version%.*} ;;
*) expected=libspotsim.so.${version%%.*} ;;
esac
[ "$(cat "$work/soname")" = "$expected" ] || fail "soname $(cat "$work/soname"), expected $expected"
echo "# count: public functions: $(wc -l <"$work/declared")"
exit $bad
