# Sourced inside the containers: blocks of the page in one shell, as a person types them.
# shellcheck shell=bash

export HOME=/root DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
cd /root || exit
out=/srv/try/transcript.md
log=/srv/try/block.log
# shellcheck disable=SC2034 # told by whoever sources this
started=$(date +%s)
PASSWORD='стройный кедр у реки 41'

# Of a long answer the beginning and the end; of apt and git not every line.
shortened() {
    { grep -vE '^(Get|Hit|Ign|Selecting|Preparing|Unpacking|Setting up|Processing|\(Reading)' \
        "$log" || true; } | sed 's/\x1b\[[0-9;]*m//g' | awk '
        { lines[NR] = $0 }
        END {
            for (i = 1; i <= NR; i++) {
                if (NR > 60 && i == 25) print "… (" NR - 58 " lines more)"
                if (NR <= 60 || i < 25 || i > NR - 34) print lines[i]
            }
        }'
}

ended() {
    code=$?
    shortened >>"$out" || true
    [ "$code" = 0 ] || printf 'FAILED with %s\n' "$code" >>"$out"
    printf '```\n' >>"$out"
    exit "$code"
}
trap ended EXIT

block() {
    printf '\n## %s\n\n```text\n' "$1" >>"$out"
    sed 's/^/# /' "$2" >>"$out"
    began=$(date +%s)
    answers=/dev/null
    if grep -q 'staff add' "$2"; then
        printf '%s\n%s\n' "$PASSWORD" "$PASSWORD" >/srv/try/answers
        answers=/srv/try/answers
    fi
    : >"$log"
    # shellcheck source=/dev/null
    . "$2" >"$log" 2>&1 <"$answers"
    shortened >>"$out"
    : >"$log"
    printf '(%s s)\n```\n' "$(($(date +%s) - began))" >>"$out"
}

mend() {
    # What is not the same everywhere: the clone, and the mail server beside it.
    export REPOSITORY=/srv/cabinet.git SMTP=lk.example.ru
}
