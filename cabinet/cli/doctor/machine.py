"""The machine: the folder of the data, its disk, the fonts of receipts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word

#: Of a disk; below the second half of it the portal may stop writing at any moment.
LOW, EMPTY = 0.15, 0.05
MEGABYTE = 1024 * 1024
ENOUGH = 500 * MEGABYTE
_OTHERS = 0o077


def home(context: Context) -> Iterator[Word]:
    """Tell whether the folder can be written and whether others can read it."""
    folder = context.settings.home
    try:
        _write_in(folder)
    except OSError as error:
        yield Word(
            FAULT,
            f"в {folder} нельзя писать: {error.strerror}",
            "отдайте папку учётной записи, под которой работает кабинет",
        )
        return
    if folder.stat().st_mode & _OTHERS:
        yield Word(
            WARNING,
            f"{folder} открыта другим учётным записям этой машины",
            f"chmod 700 {folder}",
        )
        return
    yield Word(WELL, str(folder))


def _write_in(folder: Path) -> None:
    trial = folder / f".doctor.{os.getpid()}"
    trial.write_text("x", "ascii")
    trial.unlink()


def disk(context: Context) -> Iterator[Word]:
    """Tell how much room there is where the portal writes."""
    seen: set[int] = set()
    for folder in (context.settings.home, Path(tempfile.gettempdir())):
        device = folder.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(folder)
        share = usage.free / usage.total
        text = f"{folder}: свободно {usage.free // MEGABYTE} МБ, {share:.0%}"
        if share < EMPTY or usage.free < ENOUGH:
            yield Word(FAULT, text, "освободите место: без него база не пишет")
        elif share < LOW:
            yield Word(
                WARNING, text, "добавьте места или уберите старое: потом не хватит"
            )
        else:
            yield Word(WELL, text)


def fonts(context: Context) -> Iterator[Word]:
    """Tell whether receipts can be drawn: the fonts are found and can be kept."""
    from cabinet.pdf.fonts import font_folder

    folder = font_folder(context.settings.home)
    count = len(list(folder.glob("*.ttf")))
    if not count:
        yield Word(FAULT, "шрифтов для PDF нет", "pip install fontpkg-pt-sans")
        return
    yield Word(WELL, f"PT Sans, файлов {count}")
