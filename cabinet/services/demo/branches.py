"""Branches of the demonstration: requisites right in form and belonging to nobody."""

from typing import Any

from cabinet.models import Branch

_COMMON: dict[str, Any] = {
    "time_zone": "Europe/Moscow",
    "window_first": 20,
    "window_last": 25,
    "own_billing": False,
    "company": "АО «Энергосбыт»",
    "inn": "7799012346",
    "phone": "8 800 000-00-00",
    "hours": "с 8:00 до 20:00",
    "site": "https://example.org",
}

BRANCHES: tuple[dict[str, Any], ...] = (
    {
        "code": "kursk",
        "name": "Курск",
        "region": "Курская область",
        "kpp": "463201001",
        "bic": "043807946",
        "bank": "Банк «Пример», г. Курск",
        "settlement_account": "40702810700000004626",
        "correspondent_account": "30101810400000000946",
        "address": "305000, г. Курск, ул. Примерная, д. 1",
        "email": "kursk@example.org",
    },
    {
        "code": "murmansk",
        "name": "Мурманск",
        "region": "Мурманская область",
        "kpp": "519001001",
        "bic": "044707951",
        "bank": "Банк «Пример», г. Мурманск",
        "settlement_account": "40702810300000005126",
        "correspondent_account": "30101810000000000951",
        "address": "183000, г. Мурманск, ул. Примерная, д. 2",
        "email": "murmansk@example.org",
    },
    {
        "code": "smolensk",
        "name": "Смоленск",
        "region": "Смоленская область",
        "kpp": "673201001",
        "bic": "046607967",
        "bank": "Банк «Пример», г. Смоленск",
        "settlement_account": "40702810700000006726",
        "correspondent_account": "30101810900000000967",
        "address": "214000, г. Смоленск, ул. Примерная, д. 3",
        "email": "smolensk@example.org",
    },
    {
        "code": "tver",
        "name": "Тверь",
        "region": "Тверская область",
        "kpp": "695001001",
        "bic": "042807969",
        "bank": "Банк «Пример», г. Тверь",
        "settlement_account": "40702810300000006926",
        "correspondent_account": "30101810500000000969",
        "address": "170000, г. Тверь, ул. Примерная, д. 4",
        "email": "tver@example.org",
    },
)


def make_branches() -> None:
    """Add the branches that are missing, inside the open transaction."""
    for values in BRANCHES:
        if not Branch.select().where(Branch.code == values["code"]).exists():
            Branch.create(**_COMMON, **values)
