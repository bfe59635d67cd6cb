#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line and what a study leaves behind.
program=${SPOTSIM:-build/spotsim}
trace=traces/data/demo
work=$(mktemp -d "${TMPDIR:-/tmp}/spotsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
checked=0
die() {
    echo "$*"
    exit 1
}
ok() { checked=$((checked + 1)); }

# Help goes to standard output and is not empty; so does the version.
for command in '' run sweep policies trace replay scenario; do
    # shellcheck disable=SC2086 # no word when empty
    "$program" $command --help >"$work/help" 2>"$work/err" || die "--help of '$command' failed"
    [ "$(wc -l <"$work/help")" -gt 3 ] && [ ! -s "$work/err" ] || die "no help of '$command'"
    ok
done
"$program" --version | grep -q '^spotsim [0-9]' || die "no version"
"$program" policies | grep -q 'skyserve' || die "policies does not list skyserve"
"$program" policies skyserve | grep -q 'overprovision' || die "policies skyserve does not name its parameters"

# A scenario file as argument; an option stands over it.
cat >"$work/s.json" <<JSON
{"name": "two zones", "trace": {"paths": ["$trace"]}, "horizon": "2d", "profile": "ideal",
 "fleet": {"target": 3, "policy": "skyserve(base=1)+cheapest", "pools": ["us-east-1*"]},
 "cloud": {"defaults": {"price_on_demand": 3.06}}}
JSON
"$program" run "$work/s.json" --json >"$work/a" 2>/dev/null || die "run s.json failed"
"$program" run "$work/s.json" --set policy.mix.base=1 --profile ideal --json >"$work/b" 2>/dev/null || die "run failed"
cmp -s "$work/a" "$work/b" || die "the same values from options give another result"
"$program" run "$work/s.json" --profile skypilot --json 2>/dev/null | grep -q '"profile": "skypilot"' ||
    die "an option does not stand over the scenario"
"$program" run "$work/s.json" --set replications=4 --json 2>"$work/err" | cmp -s - "$work/a" &&
    die "run --set replications: no note in the result"
grep -q '^spotsim: note: --set replications is for sweep' "$work/err" || die "no note of a setting for sweep"
grep -q '"scenario": "two zones"' "$work/a" || die "no scenario name in the result"
for key in format scenario policy seed duration_s availability outages cost instances instance_hours by_pool assumptions \
    events fingerprint; do
    grep -q "^  \"$key\": " "$work/a" || die "no $key in the result"
    ok
done

# A base above target + overprovision runs, clamped, with a warning.
"$program" run "$work/s.json" --policy 'skyserve(base=9,overprovision=1)+cheapest' --json >"$work/a" 2>"$work/err" ||
    die "a base that is too high failed"
grep -q '^spotsim: warning: base > target + overprovision' "$work/err" || die "no warning of a clamped base"
grep -q '"base > target + overprovision' "$work/a" || die "no warning of a clamped base in the result"
"$program" sweep "$work/s.json" --policy 'skyserve(overprovision=1)+cheapest' --vary policy.mix.base=1,9 --json \
    >"$work/a" 2>"$work/err" || die "a sweep with a base that is too high failed"
grep -q '^spotsim: warning: base > target + overprovision in 1 of 2' "$work/err" || die "sweep: no warning of a base"
grep -q '"base > target + overprovision in 1 of 2' "$work/a" || die "sweep: no warning of a base in the summary"
"$program" run "$work/s.json" --policy 'skyserve(base=9,overprovision=1)+cheapest' --json >"$work/a" 2>/dev/null
grep -q '"base_clamped": true' "$work/a" || die "a clamped base is not in the result"

# A study: all its files, and the same again from its own manifest.
sweep() { # name options...
    name=$1
    shift
    "$program" sweep "$@" --out "$work/$name" >"$work/out" 2>"$work/err"
}
sweep study "$work/s.json" --vary policy.mix.base=0..2 --vary policy.placer=cheapest,round-robin --replications 3 \
    --window 12h --timeline --question "Which placer?" || die "sweep failed: $(cat "$work/err")"
for file in manifest.json build.json study.db runs.csv summary.csv differences.csv timeline.csv report.html \
    curves/base.dat curves/outages.dat curves/timeline.dat; do
    [ -s "$work/study/$file" ] || die "no $file"
    ok
done
[ "$(wc -l <"$work/study/runs.csv")" -eq 19 ] || die "runs.csv: expected 18 runs and a header"
[ "$(wc -l <"$work/study/summary.csv")" -eq 7 ] || die "summary.csv: expected 6 variants and a header"
grep -q 'policy.mix.base' "$work/out" || die "no table on standard output"
if command -v gnuplot >/dev/null 2>&1; then
    for file in availability cost frontier timeline; do
        [ -s "$work/study/curves/$file.svg" ] && [ -s "$work/study/curves/$file.png" ] || die "no plot $file"
        ok
    done
    grep -q '<svg' "$work/study/report.html" || die "no curve in the report"
fi
sweep again "$work/study/manifest.json" --threads 1 || die "sweep of a manifest failed: $(cat "$work/err")"
rm "$work/study/build.json" "$work/again/build.json"
diff -r "$work/study" "$work/again" || die "a study repeated from its manifest differs"
if command -v sqlite3 >/dev/null 2>&1; then
    [ "$(sqlite3 "$work/study/study.db" 'PRAGMA integrity_check; SELECT count(*) FROM runs')" = "ok
18" ] || die "study.db is not whole"
fi

# One of its runs, by itself.
start=$(sed -n 3p "$work/study/runs.csv" | cut -d, -f5)
fingerprint=$(sed -n 3p "$work/study/runs.csv" | sed 's/.*,//')
"$program" run "$work/s.json" --set policy.mix.base=0 --replication 1 --start "$start" --horizon 12h --json 2>/dev/null |
    grep -q "\"fingerprint\": \"$fingerprint\"" || die "a run of the study cannot be repeated by itself"

# Without gnuplot the data is written and one line says how to get the plots.
mkdir "$work/bin"
PATH=$work/bin "$program" sweep "$work/s.json" --out "$work/plain" >"$work/out" 2>"$work/err" ||
    die "sweep without gnuplot failed"
[ "$(grep -c gnuplot "$work/err")" -eq 1 ] || die "without gnuplot: expected one line about it: $(cat "$work/err")"
[ -s "$work/plain/curves/base.dat" ] && [ ! -e "$work/plain/curves/cost.svg" ] || die "without gnuplot: no data"

# A folder that is not ours is left alone; an older study is replaced.
mkdir "$work/other"
echo precious >"$work/other/file"
sweep other "$work/s.json" && die "a folder of others was taken"
[ "$(cat "$work/other/file")" = precious ] || die "a folder of others was changed"
sweep plain "$work/s.json" --seed 2 || die "an older study was not replaced"
echo precious >"$work/plain/notes.txt"
sweep plain "$work/s.json" --seed 3 && die "a study with a user's file in it was replaced"
grep -q 'notes.txt' "$work/err" || die "the user's file in a study is not named: $(cat "$work/err")"
[ "$(cat "$work/plain/notes.txt")" = precious ] || die "a user's file in a study was changed"
rm "$work/plain/notes.txt"
ln -s plain "$work/link"
sweep link "$work/s.json" --seed 4 || die "a study behind a symbolic link was not replaced: $(cat "$work/err")"
[ -L "$work/link" ] && grep -q '"seed": 4' "$work/plain/manifest.json" || die "the link was replaced, not the study"
"$program" sweep "$work/s.json" --vary seed=1,2 --json >"$work/json" 2>/dev/null || die "sweep --json failed"
grep -q '"variants": \[' "$work/json" || die "sweep --json: no variants"

# Where a study cannot be put is known before it runs.
mkdir "$work/here"
here=$PWD
case $program in /*) absolute=$program ;; *) absolute=$here/$program ;; esac
sed "s|$trace|$here/$trace|" "$work/s.json" >"$work/absolute.json"
(cd "$work/here" && "$absolute" sweep "$work/absolute.json" --out . >/dev/null 2>"$work/err")
[ $? -eq 2 ] && grep -q 'current directory' "$work/err" || die "--out . was not refused: $(cat "$work/err")"

# Interrupted while it runs: nothing is left.
"$program" sweep "$work/s.json" --vary policy.mix.base=0..3 --replications 100000 --out "$work/stopped" \
    >/dev/null 2>&1 &
sweeper=$!
sleep 1
kill -TERM $sweeper # (a shell starts them deaf to INT)
wait $sweeper 2>/dev/null
[ -z "$(find "$work" -name 'stopped*')" ] || die "an interrupted study left a folder"

# The example study of the docs.
sweep example docs/examples/base_size.json --replications 2 || die "the example study failed: $(cat "$work/err")"
grep -q 'should always be on-demand?</h1>' "$work/example/report.html" || die "the report does not ask the question"

# A disk that fills up: exit 1, one error, nothing that looks like a study.
for kib in 4 64 120; do
    (
        trap '' XFSZ
        ulimit -f $((kib * 2))
        # a build that measures coverage writes its counts elsewhere: they would be cut off too
        GCOV_PREFIX="$work/gcov" "$program" sweep "$work/s.json" --vary policy.mix.base=0..3 --replications 8 --out "$work/full" \
            >/dev/null 2>"$work/err"
        echo $? >"$work/status"
    )
    [ "$(cat "$work/status")" -eq 0 ] && continue # it fitted
    [ "$(cat "$work/status")" -eq 1 ] || die "full disk: expected status 1, got $(cat "$work/status")"
    [ "$(grep -v '^libgcov' "$work/err" | grep -vc 'note:')" -eq 1 ] || die "full disk: expected one error: $(cat "$work/err")"
    [ ! -e "$work/full" ] || die "full disk: a study was left"
    [ -z "$(find "$work" -name 'full.partial*')" ] || die "full disk: a part was left"
    ok
done

# A reader that goes away is no crash.
{
    "$program" run "$work/s.json" --explain 2>"$work/err"
    echo $? >"$work/status"
} | head -n 1 >/dev/null
[ "$(cat "$work/status")" -le 1 ] || die "broken pipe: status $(cat "$work/status")"
echo "# count: checks of the command line: $checked"
