"""A saved layout: how another system's files of a kind are read, as data and as a file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from cabinet.exchange.encoding import ENCODINGS
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Profile
from cabinet.exchange.rows import Format, Shape

#: What the file of a layout calls itself, and the version of how it is written.
_MARK, _VERSION = "cabinet-import-profile", 1
_LONGEST_NAME, _LONGEST_HEADER, _MOST_BYTES = 80, 240, 100_000
#: Nobody writes more above a header.
LAST_LINE = 1000
_LINES = range(LAST_LINE + 1)
_DELIMITERS = ("", ";", ",", "\t", "|")


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Of which kind the files are, how they are written, and which column is which field.

    `columns` give a field its header; a field that is not there is found by its usual
    names.
    """

    name: str
    kind: str
    shape: Shape
    columns: Mapping[str, str]


def layout_json(layout: Layout) -> bytes:
    """Return the layout as a file that another installation can read."""
    told = {
        "format": _MARK,
        "version": _VERSION,
        "name": layout.name,
        "kind": layout.kind,
        "shape": layout.shape.as_data(),
        "columns": dict(layout.columns),
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def read_layout(body: bytes, profiles: Sequence[Profile[Any]] = PROFILES) -> Layout:
    """Read a layout from its file; raises `UnusableFile` that says what is wrong."""
    told = _parsed(body)
    if told.get("format") != _MARK:
        raise UnusableFile("это не профиль столбцов кабинета")
    if told.get("version") != _VERSION:
        raise UnusableFile(f"версия профиля {told.get('version')}, нужна {_VERSION}")
    name = told.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= _LONGEST_NAME:
        raise UnusableFile(f"в профиле нет названия до {_LONGEST_NAME} знаков")
    profile = next((one for one in profiles if one.kind == told.get("kind")), None)
    if profile is None:
        kinds = ", ".join(one.kind for one in profiles)
        raise UnusableFile(f"неизвестный вид «{told.get('kind')}»; бывают: {kinds}")
    return Layout(
        name=" ".join(name.split()),
        kind=profile.kind,
        shape=_shape(told.get("shape", {})),
        columns=_columns(told.get("columns", {}), profile),
    )


def _parsed(body: bytes) -> dict[str, Any]:
    if len(body) > _MOST_BYTES:
        raise UnusableFile("файл слишком велик для профиля столбцов")
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnusableFile("профиль не в кодировке UTF-8") from error
    except json.JSONDecodeError as error:
        raise UnusableFile("это не JSON", line=error.lineno) from error
    except RecursionError as error:
        raise UnusableFile("это не JSON") from error
    if not isinstance(told, dict):
        raise UnusableFile("это не профиль столбцов кабинета")
    return told


def _shape(told: object) -> Shape:
    if not isinstance(told, dict):
        raise UnusableFile("«shape» профиля не объект")
    unknown = told.keys() - {one.name for one in fields(Shape)}
    if unknown:
        raise UnusableFile("в «shape» неизвестное: " + ", ".join(sorted(unknown)))
    shape = Shape.of(told)
    for name, known in (
        ("format", ("", *Format)),
        ("encoding", ("", *ENCODINGS)),
        ("delimiter", _DELIMITERS),
    ):
        if told.get(name, "") not in known:
            raise UnusableFile(f"в «shape» {name} не бывает «{told[name]}»")
    line = told.get("header_line", 0)
    is_flag = isinstance(told.get("has_header", True), bool)
    if not is_flag or not isinstance(told.get("sheet", ""), str):
        raise UnusableFile("в «shape» has_header — да или нет, sheet — строка")
    # A truth is a number for Python, and no line for anybody else.
    if not isinstance(line, int) or isinstance(line, bool) or line not in _LINES:
        raise UnusableFile("в «shape» header_line — номер строки")
    return shape


def _columns(told: object, profile: Profile[Any]) -> dict[str, str]:
    if not isinstance(told, dict):
        raise UnusableFile("«columns» профиля не объект")
    known = {column.field for column in profile.columns}
    unknown = told.keys() - known
    if unknown:
        raise UnusableFile(
            f"у вида «{profile.kind}» нет полей: " + ", ".join(sorted(unknown))
        )
    for field, header in told.items():
        if (
            not isinstance(header, str)
            or not 0 < len(header.strip()) <= _LONGEST_HEADER
        ):
            raise UnusableFile(f"у поля «{field}» нет столбца")
    if len(set(told.values())) < len(told):
        raise UnusableFile("один столбец назван у двух полей")
    return {field: header.strip() for field, header in told.items()}
