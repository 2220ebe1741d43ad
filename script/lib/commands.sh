# Runs inside the container: the two commands as a stranger types them, with the seconds.
# shellcheck shell=sh
set -eu

cd /srv/cabinet
export HOME=/root LANG=C.UTF-8
out=/srv/transcript.md
log=/srv/printed
ends='Ctrl-C stops everything'

cat >"$out" <<TEXT
# The two commands, typed in an empty Debian

Written by \`script/try-commands\` on $(date +%F), $(nproc) cores: Debian 12 made by
debootstrap with nothing but its base, a clone of the repository in it. Before each line
stand the seconds since its command was typed.
TEXT

# Put the seconds before each line as it comes.
timed() {
    _began=$(date +%s)
    while IFS= read -r _line; do
        printf '%4d  %s\n' "$(($(date +%s) - _began))" "$_line"
    done
}

heading() { printf '\n## %s\n\n```text\n' "$1" >>"$out"; }

ended() { printf '```\n' >>"$out"; }

# server HEADING: start it, wait for its last words, look at a page, press Ctrl-C.
server() {
    heading "$1"
    : >"$log"
    mkfifo /srv/pipe
    timed </srv/pipe >"$log" &
    _clock=$!
    env --default-signal=INT setsid script/server >/srv/pipe 2>&1 &
    _server=$!
    _waited=0
    until grep -q "$ends" "$log"; do
        if [ "$_waited" -gt 900 ] || ! kill -0 "$_server" 2>/dev/null; then break; fi
        _waited=$((_waited + 1))
        sleep 1
    done
    _page=
    ! grep -q "$ends" "$log" || _page=$(.venv/bin/python - <<'PYTHON'
import urllib.request
with urllib.request.urlopen("http://127.0.0.1:8000/login") as answer:
    print(answer.status, answer.read().decode().split("<title>")[1].split("</title>")[0])
PYTHON
    ) || true
    kill -INT "-$_server" 2>/dev/null || true
    _code=0
    wait "$_server" || _code=$?
    wait "$_clock"
    rm /srv/pipe
    cat "$log"
    {
        cat "$log"
        printf '(http://127.0.0.1:8000/login said: %s)\n' "$_page"
        printf '(Ctrl-C: it ended with %s)\n' "$_code"
    } >>"$out"
    ended
    [ "$_code" = 0 ] && [ -n "$_page" ] && ! is_anybody_left
}

# Is there a process of the environment still?
is_anybody_left() {
    for _process in /proc/[0-9]*; do
        ! tr '\0' ' ' <"$_process/cmdline" 2>/dev/null | grep -q '^/srv/cabinet/.venv' ||
            return 0
    done
    return 1
}

server "script/server, the first time: nothing is there"
rm -rf .venv var
server "script/server, the first time, when apt has brought Python"
server "script/server, again"
[ -n "$TESTS" ] || exit 0

heading "script/test"
_code=0
{ script/test 2>&1 || echo "script/test ended with $?"; } | timed >"$log"
! grep -q 'script/test ended with' "$log" || _code=1
# What it says as it goes, and the table of its end.
grep -E '^ *[0-9]+  (-> |[0-9]+ (passed|failed)|script/test)' "$log" >>"$out"
sed -n '/^ *[0-9]*  -\{64\}$/,$p' "$log" >>"$out"
tail -n 40 "$log"
ended
exit "$_code"
