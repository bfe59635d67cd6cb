#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The bundled traces are what their presets make, to the byte; they are small.
# (`check` runs this with builds at -O0, -O1 and -O2, and scripts/check-same
# compares gcc and clang.)
program=${SPOTSIM:-build/spotsim}
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
make -s -o all BUILD="$(dirname "$program")" TRACES_DATA="$work/data" traces-data || exit 1
diff -r -x README.md "$work/data" traces/data || exit 1
size=$(du -sk traces/data | cut -f1)
[ "$size" -lt 1024 ] || {
    echo "traces/data takes $size KiB; expected less than 1024"
    exit 1
}
echo "# count: bundled traces made again: $(find "$work/data" -name '*.json' | wc -l)"
