"""How much slower a page is than the same SQL and template in a bare Flask view.

`python -m bench.pages`: the home page and a reading, in process and over gunicorn.
"""

from statistics import median

from bench.floor import Noted
from bench.measure import HEADER, Pair, machine, write
from bench.portal import Request, demo, portal, signed_in
from bench.readers import filled_form, give_readers
from bench.stage import Stage, direct, fresh_copy, note_each, served

SPENT = (
    "| what the processor spends | ours, µs | floor, µs | ratio | of the floor's"
    " throughput, goal 65 % |\n|---|---|---|---|---|"
)
ROUNDS = 9
PAGES = 40
READINGS = 6
#: One for each reading: the floor is measured twice a round, and both warm up first.
SENDERS = READINGS * (2 * ROUNDS + 2)


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    with demo() as home:
        app = portal()
        give_readers(home / "cabinet.sqlite3", SENDERS)
        cookie = signed_in(app)
        page = Request("/", cookie=cookie)
        readings = [filled_form(app, number).request() for number in range(SENDERS)]
        stage = Stage(app, fresh_copy(home), rounds=ROUNDS)
        # Every two seconds a process looks whether shops have changed: not the page's.
        noted_page = [
            min(note_each(app, [page] * 3), key=lambda one: len(one.statements))
        ]
        noted_readings = note_each(app, readings)
        pairs = [
            stage.measure("home page, in process", [page], noted_page, PAGES, direct),
            stage.measure(
                "reading sent, in process", readings, noted_readings, READINGS, direct
            ),
            stage.measure("home page, gunicorn", [page], noted_page, PAGES, served),
            stage.measure(
                "reading sent, gunicorn", readings, noted_readings, READINGS, served
            ),
            stage.measure(
                "the same, its floor keeps parts of pages too",
                readings,
                noted_readings,
                READINGS,
                served,
                keeps_parts=True,
            ),
        ]
    write("pages", _section(pairs, noted_page[0], noted_readings[0]))


def _section(pairs: list[Pair], page: Noted, reading: Noted) -> str:
    rows = "\n".join(pair.row() for pair in pairs)
    spent = "\n".join(_spent(pair.processor) for pair in pairs if pair.processor)
    return (
        f"{machine()}\n\n{HEADER}\n{rows}\n\n{SPENT}\n{spent}\n\n"
        f"The home page: {len(page.statements)} statements, {page.length} bytes."
        f" A reading: {len(reading.statements)} statements with a commit that reaches the"
        f" disk, {reading.length} bytes. {ROUNDS} rounds in turns; SQLite, WAL,"
        " `synchronous=FULL`; over gunicorn one worker of threads and a new connection"
        " for each request. The floor: the same statements and values over `sqlite3`, the"
        " same template and context, a bare Flask view. It draws the template whole; the"
        " last line's floor keeps what the portal draws once in a process (the scale of"
        " the usability question). A worker answers as many requests"
        " as its processor has time for: what it spends says how much of the floor's"
        " throughput is reached, also while others work on the machine."
    )


def _spent(pair: Pair) -> str:
    """Return a line of the table of the processor's time."""
    return (
        f"| {pair.name} | {1e6 * median(pair.ours):.0f} | {1e6 * median(pair.floor):.0f}"
        f" | {pair.ratio:.2f} | **{100 / pair.ratio:.0f} %** |"
    )


if __name__ == "__main__":
    main()
