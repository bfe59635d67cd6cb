#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# seeds-cache.sh DIR: writes one file per seed; the first byte is the kind of test.
put() { # NAME BYTES
    printf '%b' "$2" >"$dir/$1"
}
dir=$1
put untouched '\0001\0000\0000\0005\0000'
put version '\0001\0020\0000\0000\0002'
put order '\0001\0024\0000\0003\0004'
put pools '\0001\0060\0000\0002\0001\0064\0000\0002\0377'
put rows '\0001\0220\0001\0002\0001\0230\0001\0002\0377'
put columns '\0001\0000\0004\0003\0377\0020\0004\0002\0001'
put flip '\0002\0100\0000\0001\0003'
put cut '\0003\0100\0000\0000\0000'
