"""What the office of the demonstration tells customers: offices with hours, benefits."""

import uuid
from datetime import date, datetime
from typing import Any

from cabinet.domain.announcements import AnnouncementKind
from cabinet.domain.offices import read_hours
from cabinet.models import Announcement, Branch, Office

_FIRST = date(2026, 1, 1)
_USUAL = ("9:00–18:00, обед 13:00–14:00",) * 5 + ("", "")
_WITH_SATURDAY = ("8:00–19:00",) * 5 + ("9:00–14:00", "")
_TWICE_A_WEEK = ("", "9:00–16:00", "", "9:00–16:00", "", "", "")
#: Short days before a holiday, and the holidays.
_OTHERS = {"2026-12-31": "9:00–13:00", "2027-01-01": ""}

#: Branch, place in the list, name, address, how to find it, hours, first and last day.
_OFFICES: tuple[tuple[Any, ...], ...] = (
    (
        "kursk",
        1,
        "Офис на Примерной",
        "305000, г. Курск, ул. Примерная, д. 1",
        "вход со двора",
        _WITH_SATURDAY,
        _FIRST,
        None,
    ),
    (
        "kursk",
        2,
        "Офис в Льгове",
        "307750, Курская область, г. Льгов, ул. Образцовая, д. 7",
        "",
        _TWICE_A_WEEK,
        _FIRST,
        date(2026, 12, 14),
    ),
    (
        "kursk",
        2,
        "Офис в Льгове",
        "307750, Курская область, г. Льгов, ул. Новая, д. 12",
        "рядом с почтой",
        _USUAL,
        date(2026, 12, 15),
        None,
    ),
    (
        "murmansk",
        1,
        "Офис в Мурманске",
        "183000, г. Мурманск, ул. Примерная, д. 2",
        "",
        _USUAL,
        _FIRST,
        None,
    ),
    (
        "smolensk",
        1,
        "Офис в Смоленске",
        "214000, г. Смоленск, ул. Примерная, д. 3",
        "",
        _USUAL,
        _FIRST,
        None,
    ),
    (
        "tver",
        1,
        "Офис в Твери",
        "170000, г. Тверь, ул. Примерная, д. 4",
        "",
        _WITH_SATURDAY,
        _FIRST,
        None,
    ),
)

#: What it is, whom it is for, which papers, which law.
_BENEFITS = (
    (
        "Скидка инвалидам",
        "Инвалидам и семьям, где растёт ребёнок-инвалид.",
        "- Паспорт\n- Справка об инвалидности\n- Квитанция за прошлый месяц",
        "Федеральный закон № 181-ФЗ от 24.11.1995, статья 17",
    ),
    (
        "Скидка пострадавшим от Чернобыля",
        "Тем, кто болен из-за аварии или работал там в 1986 и 1987 годах.",
        "- Паспорт\n- Удостоверение",
        "Закон РФ № 1244-1 от 15.05.1991, статья 14",
    ),
    (
        "Субсидия на оплату",
        "Семье, у которой на квитанции уходит слишком большая часть дохода.",
        "- Паспорт\n- Справки о доходах семьи\n- Справка, что нет долга",
        "Жилищный кодекс, статья 159",
    ),
)
_WHERE = (
    "Скидку назначает соцзащита, а не мы. Отнесите документы туда или в МФЦ.\n\n"
    "Мы посчитаем её, когда придёт решение. На квитанции она стоит отдельной строкой."
)


def add_contents(now: datetime) -> None:
    """Add the offices and the benefits that are missing, inside the open transaction."""
    branches = {row.code: row for row in Branch.select()}
    before: Office | None = None
    for at, (code, position, name, address, note, week, starts, ends) in enumerate(
        _OFFICES
    ):
        key = f"demo:office:{at}"
        known = Office.get_or_none(Office.key == key)
        is_next = before is not None and before.name == name
        before = known or Office.create(
            public_id=uuid.uuid4(),
            key=key,
            branch=branches[code],
            follows=before if is_next else None,
            name=name,
            address=address,
            note=note,
            position=position,
            week=[_kept(text) for text in week],
            others={day: _kept(text) for day, text in _OTHERS.items()},
            starts=starts,
            ends=ends,
            changed_at=now,
        )
    for title, whom, papers, law in _BENEFITS:
        key = f"demo:{title}"
        if not Announcement.select().where(Announcement.key == key).exists():
            Announcement.create(
                public_id=uuid.uuid4(),
                key=key,
                kind=AnnouncementKind.BENEFIT,
                title=title,
                whom=whom,
                papers=papers,
                law=law,
                text=_WHERE,
                starts=_FIRST,
                changed_at=now,
            )


def _kept(text: str) -> list[int] | None:
    hours = read_hours(text)
    return hours.kept if hours else None
