# Sourced by script/test: a private Postgres that lives as long as the command.
# Needs WORK (a folder of this run) and fail, say of environment.sh. POSIX sh.
# shellcheck shell=sh

POSTGRES_DATA=

# Print the folder with initdb of the newest Postgres, or nothing.
postgres_binaries() {
    for _bin in /usr/lib/postgresql/*/bin; do
        [ -x "$_bin/initdb" ] && printf '%s\n' "$_bin"
    done | sort -t/ -k5 -n | tail -n 1
}

# Postgres refuses root: under root it runs as the user of Debian's package.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        # From a folder that the user may stand in.
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Start an empty cluster on a socket and set POSTGRES_URL.
start_postgres() {
    _bin=$(postgres_binaries)
    [ -n "$_bin" ] || fail "no Postgres in /usr/lib/postgresql"
    say "Starting a private Postgres of $_bin"
    _place=$WORK/postgres
    mkdir "$_place"
    [ "$(id -u)" != 0 ] || chown postgres "$_place"
    as_postgres "$_bin/initdb" --no-sync -D "$_place/data" -U cabinet -A trust -E UTF8 \
        --locale=C.UTF-8 >"$WORK/initdb.txt" 2>&1 || {
        tail -n 3 "$WORK/initdb.txt" >&2
        fail "Postgres could not make a cluster in $_place"
    }
    POSTGRES_DATA=$_place/data
    POSTGRES_BIN=$_bin
    # Nothing here outlives the run, so nothing is flushed to the disk.
    as_postgres "$_bin/pg_ctl" -s -w -t 30 -D "$POSTGRES_DATA" -l "$_place/log" \
        -o "-c listen_addresses='' -k $_place -c fsync=off -c synchronous_commit=off" \
        -o "-c full_page_writes=off -c max_connections=200 -c timezone=UTC" \
        -o "-c dynamic_shared_memory_type=mmap" \
        start || fail "Postgres did not start: $(tail -n 1 "$_place/log")"
    # Read by script/test; the tests make databases of their own beside this one.
    # shellcheck disable=SC2034
    POSTGRES_URL="postgresql://cabinet@/postgres?host=$_place"
}

stop_postgres() {
    [ -n "$POSTGRES_DATA" ] || return 0
    as_postgres "$POSTGRES_BIN/pg_ctl" -s -m immediate -D "$POSTGRES_DATA" stop || true
    POSTGRES_DATA=
}
