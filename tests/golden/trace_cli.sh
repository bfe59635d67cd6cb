#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# spotsim trace on the bundled traces: actions, help, errors, files left behind.
program=${SPOTSIM:-build/spotsim}
case $program in /*) ;; *) program=$PWD/$program ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
data=$PWD/traces/data
bad=0 tried=0

# run STATUS COMMAND...: the exit status; output in $work/out and $work/err
run() {
    status=$1
    shift
    tried=$((tried + 1))
    "$program" trace "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$status" ] && ! grep -q 'Sanitizer\|runtime error' "$work/err" && return
    echo "expected status $status, got $got: trace $*"
    sed 's/^/    /' "$work/err"
    bad=$((bad + 1))
}
says() { # FILE PIECE
    grep -qF -- "$2" "$work/$1" && return
    echo "expected '$2' in $1:"
    sed 's/^/    /' "$work/$1"
    bad=$((bad + 1))
}
yes() { # WHAT COMMAND...
    what=$1
    shift
    "$@" && return
    echo "$what"
    bad=$((bad + 1))
}

run 0 stat "$data/demo"
says out us-east-1a_v100_1
says out 'at least one up'
says err 'cloud aws inferred'
run 0 stat --json "$data/demo"
says out '"pools": ['
cp "$work/out" "$work/demo.json"
run 0 stat --json "$data"/demo/us-west* "$data"/demo/us-east-2* "$data/demo/us-east-1*_v100_1.json" --cloud aws
cp "$work/out" "$work/other.json"
run 0 stat --json "$data/demo" --cloud aws
yes 'the order of files changes the result' cmp "$work/out" "$work/other.json"

run 0 convert "$data/demo" -o "$work/demo.csv"
yes 'convert prints on stdout' [ ! -s "$work/out" ]
run 0 stat --json "$work/demo.csv"
sed 's/"notes".*//' "$work/demo.json" >"$work/a"
sed 's/"notes".*//' "$work/out" >"$work/b"
yes 'the converted trace differs' cmp "$work/a" "$work/b"
run 0 convert "$work/demo.csv" -o -
yes '-o - is not standard output' cmp "$work/demo.csv" "$work/out"
run 0 convert --help
says out 'required; - is standard output'
run 0 convert "$work/demo.csv" -o "$work/again.csv"
yes 'converting twice differs' cmp "$work/demo.csv" "$work/again.csv"

run 0 plot --ascii --width 60 "$data/demo4"
says out 'us-east-1f_v100_1 |'
run 0 plot "$data/demo4" -o "$work/picture.svg"
yes 'the plot has no data' [ -s "$work/picture.dat" ]
if command -v gnuplot >/dev/null; then
    yes 'the plot is no SVG' grep -q '</svg>' "$work/picture.svg"
    run 0 plot "$data/demo4" -o "$work/picture.png"
    yes 'the plot is no PNG' [ -s "$work/picture.png" ]
fi
run 0 plot "$data/demo4" --prices -o "$work/prices.svg"
yes 'the plot of prices has no prices' grep -q price_usd_per_h "$work/prices.dat"
mkdir "$work/empty"
tried=$((tried + 1))
PATH=$work/empty "$program" trace plot "$data/demo4" -o "$work/none.svg" 2>"$work/err" || bad=$((bad + 1))
says err 'gnuplot is not installed'
yes 'without gnuplot there is no data' [ -s "$work/none.dat" ]
yes 'without gnuplot there is a picture' [ ! -e "$work/none.svg" ]
SPOTSIM_PLOT_DIR=$work/empty "$program" trace plot "$data/demo4" -o "$work/none.svg" 2>"$work/err" || bad=$((bad + 1))
says err 'SPOTSIM_PLOT_DIR'
mkdir "$work/broken"
echo 'exit status 3' >"$work/broken/trace.gp"
if command -v gnuplot >/dev/null; then
    tried=$((tried + 1))
    SPOTSIM_PLOT_DIR=$work/broken "$program" trace plot "$data/demo4" -o "$work/none.svg" 2>"$work/err"
    yes 'a failing gnuplot is not seen' [ $? -eq 1 ]
    says err 'gnuplot could not draw'
fi

for help in '--help' 'stat --help' 'convert -h' 'plot --help'; do
    # shellcheck disable=SC2086
    run 0 $help
    says out usage
done
run 2
run 2 stat
says err 'at least one path'
run 2 stats "$data/demo"
says err "did you mean 'stat'"
run 2 convert "$data/demo"
says err '-o FILE.csv'
run 2 plot "$data/demo"
says err '--ascii'
run 2 plot "$data/demo" -o "$work/x.jpg"
says err '.svg or .png'
run 2 plot "$data/demo" --ascii --width 5
says err '--width'
run 2 stat "$data/demo" --polarty up
says err '--polarity'
run 2 stat "$data/demo" --polarity down
says err "'down'"
run 2 stat "$data/demo4" --polarity preempted
says err 'us-east-1f_v100_1.json'
run 2 stat "$work/missing"
says err 'No such file'
run 2 convert "$data/demo" -o "$work/no/such/folder.csv"
says err 'folder.csv'
if [ -w /dev/full ]; then
    run 1 convert "$data/demo" -o /dev/full
    says err 'No space left'
    tried=$((tried + 1))
    "$program" trace stat "$data/demo" >/dev/full 2>"$work/err"
    yes 'a full standard output is not an error' [ $? -eq 1 ]
fi
echo "# count: spotsim trace commands: $tried"
[ $bad -eq 0 ]
