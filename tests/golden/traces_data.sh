#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bundled traces are what their generator makes, to the byte, whatever the
# compiler and its optimisation; they are small.
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
tried=0
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for level in -O0 -O2; do
        # shellcheck disable=SC2046
        $compiler -std=c17 -D_GNU_SOURCE $level -ffp-contract=off -I. $(pkg-config --cflags gsl libcjson) \
            traces/synth/generate.c base/*.c -o "$work/generate" $(pkg-config --libs gsl libcjson) -lm || exit 1
        rm -rf "$work/data"
        mkdir -p "$work/data/demo" "$work/data/demo4"
        "$work/generate" "$work/data" || exit 1
        diff -r -x README.md "$work/data" traces/data || exit 1
        tried=$((tried + 1))
    done
done
"$work/generate" 2>/dev/null && exit 1
"$work/generate" "$work/missing" 2>"$work/err" && exit 1
grep -q 'missing/demo' "$work/err" || exit 1
size=$(du -sk traces/data | cut -f1)
[ "$size" -lt 2048 ] || {
    echo "traces/data takes $size KiB; expected less than 2048"
    exit 1
}
echo "# count: bundled traces made again: $((tried * $(find traces/data -name '*.json' | wc -l)))"
[ $tried -gt 0 ]
