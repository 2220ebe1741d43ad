"""A process that brings a file in until it is killed, and the files it brings.

Kept apart from the test: the process imports this file and nothing of pytest.
"""

import hashlib
import io
import json
import re
import time
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import wait

from cabinet.domain.loads import LoadState
from cabinet.models import (
    Account,
    Bill,
    ImportBatch,
    ImportClaim,
    ImportRow,
    LedgerEntry,
    Meter,
    Reading,
)
from cabinet.models.base import writing
from cabinet.models.connection import open_database
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file, running, undoing
from tests.bringing import NOW

PART = 7
KINDS = ("accounts", "meters", "readings", "charges", "payments")


def loader(url, name, data, pipe):
    """Bring the file in by small parts and tell each: the body of what is killed."""
    running.ROWS_AT_ONCE = PART
    open_database(url)
    with suppress(BrokenPipeError):
        pipe.send(0)
        import_file(name, io.BytesIO(data), now=NOW, report=pipe.send)
        pipe.send(-1)


LATER = NOW + timedelta(hours=1)
WHY = "не тот файл"


def undoer(url, name, pipe):
    """Take the file back by small parts and tell each: the body of what is killed."""
    undoing.AT_ONCE = PART
    open_database(url)
    with suppress(BrokenPipeError):
        pipe.send(0)
        take_back(name, pipe.send)
        pipe.send(-1)


def take_back(name, report=lambda _done: None):
    """Take the file of a name back, or go on with it."""
    batch = ImportBatch.get(ImportBatch.file_name == name)
    if batch.state is LoadState.COMMITTED:
        with writing():
            undoing.begin_undo(batch.id, WHY, actor=SYSTEM, now=LATER)
    undoing.undo(batch.id, now=LATER, report=report)


def hear(process, pipe, chance, *, is_soon=False):
    """Listen to a process, and kill it at some moment if there is a chance.

    Soon is as soon as its first part is done. Tells whether it died of that.
    """
    left = None if chance is None else chance.randint(1, 4)
    if left is not None and is_soon:
        left = 2
    try:
        while wait([pipe], timeout=60):
            said = pipe.recv()
            if said == -1:
                return 0
            if left is not None:
                left -= 1
            if left == 0:
                time.sleep(0 if is_soon else chance.random() / 20)
                was_alive = process.is_alive()
                process.kill()
                return int(was_alive)
        raise AssertionError("no answer for a minute")
    except EOFError:
        raise AssertionError("it ended by itself") from None
    finally:
        process.join(60)
        pipe.close()


def files_of(prefix, accounts=60):
    """Return a registry of each kind, with rows that do not pass, as bytes by kind.

    Every number and code in them begins with the four digits of the prefix.
    """
    numbers = [f"{prefix}{number:08}" for number in range(accounts)]
    rows = {kind: [] for kind in KINDS}
    for at, number in enumerate(numbers):
        rows["accounts"].append(f"{number};Курск;Орлова {at};ул. Мира, {at};село;2")
        rows["meters"].append(f"{number};{at};1;5;1;;31.12.2025;100;;")
        for day in (20, 24):
            shown = 100 + 10 * at + day
            rows["readings"].append(f"{number};{at};{day}.01.2026;{shown};;ЛК")
        rows["charges"].append(f"{number};01.2026;{at}4;показания;{at}7,10;1,00;-2,00")
        rows["payments"].append(
            f"14.02.2026;12:29:00;{number}-1;{number};0126;{at + 10},50"
        )
    for kind, lines in rows.items():
        # What stood before: the same, another, none of ours, and nonsense.
        lines += [lines[1], lines[2].replace("2", "3", 1), "x;y"]
        if kind != "accounts":
            lines.append(lines[3].replace(numbers[3], f"{prefix}99999999"))
    return {
        kind: "\n".join([HEADERS[kind], *lines, ""]).encode("cp1251")
        for kind, lines in rows.items()
    }


HEADERS = {
    "accounts": "ЛС;Филиал;ФИО;Адрес;Категория;Проживает",
    "meters": "ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Кон.Т1;Модель",
    "readings": "ЛС;Заводской №;Дата;Т1;Т2;Источник",
    "charges": "ЛС;Период;кВт*ч;Основание;Начислено;Пени;Перерасчёт",
    "payments": "Дата;Время;Код операции;ЛС;Период;Сумма",
}


def digest(prefix):
    """Return all that the files of a prefix left, without ids, and its hash."""
    mine = Account.number.startswith(prefix)
    brought = ImportBatch.file_name.startswith(prefix)
    queries = {
        "accounts": Account.select().where(mine),
        "meters": Meter.select().join(Account).where(mine),
        "readings": Reading.select().join(Meter).join(Account).where(mine),
        "bills": Bill.select().join(Account, on=Bill.account).where(mine),
        "voided": Bill.select().join(Account, on=Bill.voided_account).where(mine),
        "entries": LedgerEntry.select().join(Account).where(mine),
        "claims": ImportClaim.select().where(ImportClaim.code.startswith(prefix)),
        "batches": ImportBatch.select().where(brought),
        "refused": ImportRow.select().join(ImportBatch).where(brought),
    }
    found = {name: rows(query, prefix) for name, query in queries.items()}
    text = json.dumps(found)
    return hashlib.sha256(text.encode()).hexdigest(), found


#: What another row of the same content has as well.
LEFT = {
    "id", "public_id", "account", "meter", "bill", "batch", "sha256", "layout", "steps",
    "voided_account",
}  # fmt: skip


def rows(query, prefix):
    """Return the rows as texts of what is comparable, sorted."""
    found = []
    for row in query:
        told = {name: row.__data__[name] for name in row.__data__ if name not in LEFT}
        if told.get("supersedes"):
            told["supersedes"] = str(row.supersedes.taken_on)
        text = json.dumps(told, default=str, ensure_ascii=False, sort_keys=True)
        text = re.sub(rf"{prefix}(?=[0-9]{{8}}|-)", "", text)
        for ids in _IDS:
            text = ids.sub(r"\1", text)
        found.append(text)
    return sorted(found)


#: Where a row tells the id of another one.
_IDS = [
    re.compile(pattern)
    for pattern in (
        r"(import:)[0-9]+:",
        r"(undo:)[0-9]+",
        r'("reversed_to": )[0-9]+',
        r'("key": "import:[0-9a-f]+:)[0-9]+',
        r'("number": "[0-9]*-[0-9]+/)[0-9]+',
    )
]
