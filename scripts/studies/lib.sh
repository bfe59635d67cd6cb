# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the studies share.  Sourced; $spotsim is the program.

# Makes the folder of a study's results.  One that is there must be empty or hold
# this very study, whose files are then written anew: nothing is deleted.
claim_folder() { # folder study
    mark=$1/.spotsim-$2
    if [ -e "$1" ] && ! [ -f "$mark" ] && { ! [ -d "$1" ] || [ -n "$(ls -A "$1")" ]; }; then
        echo "$1: it is there and does not hold a study made by scripts/studies/$2; expected a new or empty folder" >&2
        return 2
    fi
    mkdir -p "$1"
    : >"$mark"
}

# A sweep that speaks only when it fails.
run_study() { # options of spotsim sweep
    if ! said=$("$spotsim" sweep "$@" 2>&1 >/dev/null); then
        echo "$said" >&2
        return 1
    fi
}

# The folder of real traces that holds a given file or folder.
real_traces() { # path below it
    for d in "${SPOTSIM_TRACES:-}" ../shared/traces traces/real; do
        if [ -n "$d" ] && [ -e "$d/$1" ]; then
            echo "$d"
            return 0
        fi
    done
    return 1
}

# Named columns of a study's CSV, in the order given.  The quoted column of
# policies, which holds commas, cannot be named.
columns() { # file column...
    file=$1
    shift
    sed 's/"[^"]*"//g' "$file" | awk -F, -v wanted="$*" '
        NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            n = split(wanted, name, " ")
            for (k = 1; k <= n; k++)
                if (!(name[k] in at)) { print "no column " name[k] >"/dev/stderr"; exit 1 }
        }
        {
            line = ""
            for (k = 1; k <= n; k++) line = line (k > 1 ? "," : "") $(at[name[k]])
            print line
        }'
}

# The same, lined up for a reader; COLUMN:100 is shown times 100, with two
# decimals.
table() { # file column[:scale]...
    file=$1
    shift
    scales=
    names=
    for c in "$@"; do
        names="$names ${c%%:*}"
        case $c in *:*) scales="$scales ${c##*:}" ;; *) scales="$scales 1" ;; esac
    done
    # shellcheck disable=SC2086 # column names are words
    columns "$file" $names | awk -F, -v scales="$scales" '
        NR == 1 { split(scales, scale, " ") }
        {
            line = ""
            for (i = 1; i <= NF; i++) {
                x = $i
                if (NR > 1 && scale[i] != 1 && x != "") x = sprintf("%.2f", x * scale[i])
                if (NR == 1 && scale[i] == 100) x = x "_%"
                line = line (i > 1 ? "," : "") x
            }
            print line
        }' | line_up
}

# CSV without quotes, lined up.
line_up() {
    awk -F, '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } n = NF }
        END {
            for (r = 1; r <= NR; r++) {
                line = "  "
                for (i = 1; i <= n; i++)
                    line = line sprintf(cell[r, i] ~ /^[-0-9.]*$/ ? "%" width[i] "s  " : "%-" width[i] "s  ", cell[r, i])
                sub(/ +$/, "", line)
                print line
            }
        }'
}

# A CSV with shares in its last columns, as percentages.
show() { # file
    awk -F, 'BEGIN { OFS = "," } NR > 1 { for (i = 5; i <= NF; i++) if ($i != "") $i = sprintf("%.2f", 100 * $i) } { print }' "$1" |
        line_up
}
