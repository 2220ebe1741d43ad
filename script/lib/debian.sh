# Sourced by the trials beside this folder: an empty Debian in a folder, made by root.
# Needs what environment.sh gives. POSIX sh.
# shellcheck shell=sh

MIRROR=http://deb.debian.org/debian

# needs_root WHAT PROGRAM:PACKAGE...: be root, and have the programs.
needs_root() {
    [ "$(id -u)" = 0 ] || fail "$1 needs root"
    shift
    for _program in "$@"; do
        command -v "${_program%:*}" >/dev/null || apt_install "${_program#*:}"
    done
}

# work_in KIND: a folder WORK that is gone when the script ends.
work_in() {
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/cabinet-$1.XXXXXX")
    trap 'rm -rf --one-file-system "$WORK"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# empty_debian FOLDER LOG FILE[:PLACE]...: Debian 12's base in the folder, and the files
# of this machine that the way to its packages needs. Words for debootstrap in INCLUDED.
empty_debian() {
    _debian=$1
    _log=$2
    shift 2
    say "Making an empty Debian in $_debian"
    debootstrap --variant=minbase ${INCLUDED:+"--include=$INCLUDED"} bookworm \
        "$_debian" "$MIRROR" >"$_log" 2>&1 || fail "debootstrap: $(tail -n 1 "$_log")"
    for _file in "$@"; do
        _place=$_debian/${_file##*:}
        mkdir -p "$(dirname "$_place")"
        cp "${_file%%:*}" "$_place"
    done
}
