"""Secrets and the files they lie in: what others on this machine can read or guess."""

import os
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from cabinet.cli.context import Context, bare_secrets, secret_files
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.config.settings import MIN_SECRET

#: Of access rights: what the group and everybody else have.
ALL, OTHERS, GROUP_WRITES, ENTERED = 0o077, 0o007, 0o020, 0o011
#: A key by chance has so many different signs, hexadecimal ones at the least, hardly ever
#: the same three in a row twice, and few neighbours of the alphabet beside each other.
VARIETY, ALIKE, NEIGHBOURS = 10, 0.9, 0.3
#: What examples and people write.
TYPED = ("change", "secret", "cabinet", "example", "password", "пароль", "секрет", " ")
SHOWN = 5


def mode(context: Context) -> Iterator[Word]:
    """Tell whether this is a demonstration, whose passwords everybody knows."""
    if context.settings.is_demo:
        yield Word(
            FAULT,
            "это пример: пароли и коды всех известны",
            "CABINET_MODE=production; данным клиентов здесь не место",
        )
        return
    yield Word(WELL, "рабочий")


def key(context: Context) -> Iterator[Word]:
    """Tell whether the secret key looks like one made by chance."""
    text = context.settings.secret_key
    if not is_by_chance(text):
        yield Word(
            FAULT,
            "CABINET_SECRET_KEY не похож на случайный",
            "сделайте новый: head -c 48 /dev/urandom | base64; прежний понадобится"
            " для cabinet audit verify --older-secret",
        )
        return
    yield Word(WELL, f"{len(text)} знаков")


def is_by_chance(text: str) -> bool:
    """Tell whether the key may have been made by chance: neither typed nor repeated."""
    pairs = list(pairwise(text))
    threes = list(zip(text, text[1:], text[2:], strict=False))
    beside = sum(abs(ord(one) - ord(other)) == 1 for one, other in pairs)
    return (
        len(text) >= MIN_SECRET
        and len(set(text)) >= VARIETY
        and len(set(threes)) >= ALIKE * len(threes)
        and beside <= NEIGHBOURS * len(pairs)
        and not any(word in text.lower() for word in TYPED)
    )


def files(_context: Context) -> Iterator[Word]:
    """Tell which files of secrets others can read, and which secrets lie bare."""
    named = secret_files()
    if path := named.get("CABINET_ACQUIRERS"):
        named |= _of_shops(path)
    is_well = True
    for name, path in sorted(named.items()):
        rights = path.stat().st_mode
        if rights & (OTHERS | GROUP_WRITES):
            is_well = False
            yield Word(
                FAULT,
                f"{name}: {path} открыт другим, права {rights & 0o777:03o}",
                f"chmod 600 {path}",
            )
    if bare := bare_secrets():
        is_well = False
        yield Word(
            WARNING,
            f"секреты стоят в окружении: {', '.join(bare)}",
            "положите каждый в файл и назовите его: ИМЯ_FILE",
        )
    if is_well:
        yield Word(WELL, f"файлов {len(named)}, читает только хозяин")


def _of_shops(path: Path) -> dict[str, Path]:
    """Return the files of secrets that the file of shops names."""
    shops = tomllib.loads(path.read_text("utf-8")).get("shop", [])
    return {
        f"{shop.get('name', '?')}.{name}": path.parent / value
        for shop in shops
        for name, value in shop.items()
        if name.endswith("_file") and isinstance(value, str)
    }


def folders(context: Context) -> Iterator[Word]:
    """Tell which data others can read: the folder, the database, the copies."""
    home, url = context.settings.home, urlsplit(context.settings.database_url)
    roots = [home]
    if url.scheme == "sqlite":
        database = Path(url.path[1:]).absolute()
        roots += [
            path
            for suffix in ("", "-wal", "-shm")
            if (path := database.with_name(database.name + suffix)).exists()
        ]
    opened = [path for root in roots for path in _open_to_others(root)]
    for path in opened[:SHOWN]:
        yield Word(FAULT, f"{path} открыт другим", f"chmod go= {path}")
    if len(opened) > SHOWN:
        yield Word(FAULT, f"и ещё {len(opened) - SHOWN}", f"chmod -R go= {home}")
    if not opened:
        yield Word(WELL, "данные и копии читает только хозяин")


def _open_to_others(root: Path) -> Iterator[Path]:
    """Yield what others can come to; behind a closed door nothing is open."""
    if any(not each.stat().st_mode & ENTERED for each in root.parents):
        return
    rights = root.stat().st_mode
    if not root.is_dir():
        if rights & ALL:
            yield root
    elif rights & ALL:
        yield root
        for path in root.iterdir():
            yield from _open_to_others(path)


def user(context: Context) -> Iterator[Word]:
    """Tell whether the data belong to somebody who may do everything."""
    if context.settings.home.stat().st_uid == 0:
        yield Word(
            WARNING,
            f"{context.settings.home} принадлежит root: кабинет работает от root",
            "заведите учётную запись cabinet и отдайте ей папку: chown -R cabinet",
        )
        return
    if os.geteuid() != context.settings.home.stat().st_uid:
        yield Word(
            WARNING,
            "проверку ведёт не та учётная запись, под которой работает кабинет",
            "sudo -u cabinet cabinet security-check",
        )
        return
    yield Word(WELL, "отдельная учётная запись")
