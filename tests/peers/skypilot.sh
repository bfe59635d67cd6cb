#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# SkyPilot's own autoscaler, replica manager and spot placer (the release of
# tests/peers/skypilot/requirements.txt, from PyPI) against our policies,
# decision by decision: in random histories, and in simulated runs whose
# journals are decided once more.  Exit status 77: the release cannot be had here.
#   SPOTSIM=build/spotsim   says which build's driver to use
#   SPOTSIM_FULL=1          100,000 decisions instead of 2,000
cd "$(dirname "$0")/../.." || exit 1
here=tests/peers/skypilot
driver=$(dirname "${SPOTSIM:-build/spotsim}")/tests/peers/common/driver
venv=build/peers/skypilot
decisions=2000
runs=4
if [ "${SPOTSIM_FULL:-0}" = 1 ]; then
    decisions=100000
    runs=100
fi

skip() {
    echo "SKIPPED: $1; tests/golden/test_peer_decisions.c checks what is frozen of it"
    exit 77
}

install_release() {
    wanted=$(cat "$here/requirements.txt" "$here/imports.txt" | cksum)
    [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ] && return 0
    rm -rf "$venv"
    python3 -m venv "$venv" || return 1
    pip="$venv/bin/pip --disable-pip-version-check --quiet install --timeout 20 --retries 1"
    # pip warns that the release's other dependencies are missing: they are
    $pip --no-deps -r "$here/requirements.txt" && $pip -r "$here/imports.txt" || return 1
    echo "$wanted" >"$venv/installed"
}

# Why not: that PyPI cannot be reached is said only where pip ended with that.
skip_install() {
    tail -n 5 "$log" | sed 's/^/pip: /'
    release=$(grep -v '^#' "$here/requirements.txt")
    network='connection|name resolution|network is unreachable|timed out|proxyerror|certificate'
    if { grep -q 'from versions: none' "$log" && grep -qiE "$network" "$log"; } ||
        grep '^ERROR:' "$log" | grep -qiE "$network"; then
        skip "cannot install $release: PyPI cannot be reached"
    fi
    skip "cannot install $release: $(grep . "$log" | tail -n 1)"
}

[ -x "$driver" ] || { echo "no $driver; make tests builds it"; exit 1; }
command -v python3 >/dev/null || skip "no python3"
mkdir -p build/peers
# builds that are tested at the same time share one installation
exec 9>build/peers/skypilot.lock
flock 9
log=build/peers/skypilot-install.log
install_release >"$log" 2>&1 || skip_install
flock -u 9

# SkyPilot keeps files under HOME and would report its use
HOME=$PWD/build/peers/home SKYPILOT_DISABLE_USAGE_COLLECTION=1 PYTHONDONTWRITEBYTECODE=1
export HOME SKYPILOT_DISABLE_USAGE_COLLECTION PYTHONDONTWRITEBYTECODE
mkdir -p "$HOME"
"$venv/bin/python" "$here/history.py" --driver "$driver" --decisions "$decisions" --every-combination || exit 1
for trace in traces/data/demo traces/data/demo4; do
    "$venv/bin/python" "$here/journal.py" --spotsim "${SPOTSIM:-build/spotsim}" --trace "$trace" --runs "$runs" || exit 1
done
