# Sourced by the commands beside this folder: a Python, an environment, plain words.
# Needs ROOT (the checkout) and NAME (the command). POSIX sh.
# shellcheck shell=sh

VENV=$ROOT/.venv

say() { printf '%s\n' "-> $*"; }

fail() {
    printf '%s\n' "script/$NAME: $*" >&2
    exit 1
}

# Run as root: directly, or through sudo when it asks nothing.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# apt_install PACKAGE...: by apt, or one line that says what to type.
apt_install() {
    command -v apt-get >/dev/null 2>&1 ||
        fail "there is no apt here; install by hand what Debian calls: $*"
    may_be_root || fail "root is needed once: sudo apt-get install $*"
    say "Installing with apt: $*"
    _log=$(mktemp)
    if ! { apt_get install "$@" || { apt_get update && apt_get install "$@"; }; } \
        >"$_log" 2>&1 </dev/null; then
        grep '^E:' "$_log" >&2 || tail -n 5 "$_log" >&2
        rm -f "$_log"
        fail "apt could not install $* (no network, or another apt is running)"
    fi
    rm -f "$_log"
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends "$@"
}

# room_for DIRECTORY MEGABYTES: fail when the disk has less.
room_for() {
    _free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
    [ "$_free" -ge "$2" ] ||
        fail "the disk of $1 has $_free MB free, $2 MB are needed"
}

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
        >/dev/null 2>&1
}

has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# Set PYTHON to an interpreter of 3.11 to 3.14 that can make environments.
choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_supported "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 to 3.14"
        has_venv "$PYTHON" || fail "PYTHON=$PYTHON has no venv module"
        return
    fi
    _bare=
    for _python in python3.11 python3.12 python3.13 python3.14 python3; do
        is_supported "$_python" || continue
        if has_venv "$_python"; then
            PYTHON=$_python
            return
        fi
        _bare=${_bare:-$_python}
    done
    if [ -n "$_bare" ]; then
        _version=$("$_bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        apt_install "python$_version-venv"
        has_venv "$_bare" || fail "$_bare has no venv module"
        PYTHON=$_bare
    else
        command -v python3 >/dev/null 2>&1 &&
            fail "Python 3.11 to 3.14 is needed, python3 here is $(python3 -c \
                'import sys; print("%d.%d" % sys.version_info[:2])')"
        apt_install python3 python3-venv
        { is_supported python3 && has_venv python3; } ||
            fail "Python 3.11 to 3.14 is needed, and apt brought another one"
        PYTHON=python3
    fi
}

# What the installation depends on; the same sum means nothing to do.
recipe() {
    {
        printf '%s\n' "$ROOT" "$1"
        cat "$ROOT/setup.cfg" "$ROOT/pyproject.toml" "$ROOT/constraints.txt"
    } | cksum
}

# is_installed EXTRA: .venv holds what it would hold if it were made now.
is_installed() {
    [ -f "$VENV/.installed$1" ] && [ "$(cat "$VENV/.installed$1")" = "$(recipe "$1")" ]
}

# make_environment EXTRA: .venv with the package in it; EXTRA is empty or [test].
make_environment() {
    if is_supported "$VENV/bin/python" && { is_installed "$1" || is_installed '[test]'; }; then
        return
    fi
    room_for "$ROOT" 500
    if ! { is_supported "$VENV/bin/python" &&
        "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }; then
        choose_python
        say "Making .venv with $("$PYTHON" --version)"
        "$PYTHON" -m venv --clear "$VENV" || fail "could not make $VENV"
    fi
    say "Installing the packages of setup.cfg (the first time takes a minute)"
    # --no-input: a private index that wants a password is an error, not a question.
    if ! "$VENV/bin/python" -m pip install --no-input --disable-pip-version-check \
        --constraint "$ROOT/constraints.txt" --editable "$ROOT$1" \
        >"$VENV/install.log" 2>&1 </dev/null; then
        if grep -q 'No space left' "$VENV/install.log"; then
            fail "the disk is full"
        elif grep -Eq 'Retrying|NewConnectionError|name resolution|unreachable' \
            "$VENV/install.log"; then
            fail "the package index does not answer: check the network and run again"
        fi
        grep '^ERROR' "$VENV/install.log" | tail -n 3 >&2
        fail "pip failed; everything it said is in $VENV/install.log"
    fi
    recipe "$1" >"$VENV/.installed$1"
}
