"""What a file is, told from its header and first rows; layouts saved and read back."""

import io
import json

import pytest

from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.headers import SYNONYMS, words_of
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.layout import Layout, layout_json, read_layout
from cabinet.exchange.profiles import Rows, bind, fold
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.rows import Shape
from tests import dressing


def told(text, encoding="utf-8"):
    return recognise("x", io.BytesIO(text.encode(encoding)))


@pytest.mark.parametrize(
    ("header", "kind", "columns"),
    [
        (
            "№ лицевого счёта;Дата оплаты;Номер операции;Сумма платежа;Плательщик",
            "payments",
            {
                "account": "№ лицевого счёта",
                "paid_on": "Дата оплаты",
                "code": "Номер операции",
                "amount": "Сумма платежа",
                "holder": "Плательщик",
            },
        ),
        (
            "л/с;Зав. №;Дата снятия показаний;День;Ночь;Способ передачи",
            "readings",
            {
                "account": "л/с",
                "serial": "Зав. №",
                "taken_on": "Дата снятия показаний",
                "t1": "День",
                "t2": "Ночь",
                "source": "Способ передачи",
            },
        ),
        (
            "Лицевой;Расчётный период;Расход, кВт*ч;Вид начисления;К начислению",
            "charges",
            {
                "account": "Лицевой",
                "month": "Расчётный период",
                "energy": "Расход, кВт*ч",
                "basis": "Вид начисления",
                "charged": "К начислению",
            },
        ),
        (
            "Абонентский номер;Ф.И.О.",
            "holders",
            {"account": "Абонентский номер", "holder": "Ф.И.О."},
        ),
        ("Имя;Цвет", None, {}),
    ],
)
def test_a_kind_and_its_columns_are_guessed_by_the_words_people_use(
    header, kind, columns
):
    found = told(f"{header}\nа;б\n")
    assert (found.kind, found.columns) == (kind, columns)


def test_a_guess_is_enough_to_read_the_file():
    body = (
        "№ лицевого счёта;Дата оплаты;Номер операции;Сумма платежа\n"
        "461279040069;14.03.2026;7;10,50\n"
    ).encode("cp1251")
    found = recognise("x", io.BytesIO(body))
    profile = next(one for one in PROFILES if one.kind == found.kind)
    table = open_table("x", io.BytesIO(body), found.shape)
    (row,) = Rows(table, bind(profile, table, found.columns))
    assert row.amount.kopecks == 1050


def test_marks_and_days_are_told():
    assert told("а;б\n1,5;14.03.2026\n2;x\n").decimal == ","
    assert told("а;б\n1,5;14.03.2026\n").days == "дд.мм.гггг"
    assert told("а;б\n1.5;2026-03-14 08:00\n").decimal == "."
    assert told("а;б\n1.5;2026-03-14 08:00\n").days == "гггг-мм-дд"
    assert told("а;б\nx;14-03-2026\n").days == "дд-мм-гггг"
    assert (told("а;б\nx;y\n").days, told("а;б\nx;y\n").decimal) == ("", "")


def test_a_preview_is_the_first_ten_rows():
    found = told("ЛС;ФИО\n" + "1234;Ёж\n" * 50)
    assert found.preview == (("1234", "Ёж"),) * 10
    assert (found.header, found.header_line) == (("ЛС", "ФИО"), 1)


def test_what_was_recognised_reads_the_same():
    for kind in dressing.GOOD:
        body = dressing.delimited(dressing.rows_of(kind), delimiter="\t")
        found = recognise("x", io.BytesIO(body))
        again = recognise("x", io.BytesIO(body), found.shape)
        assert again == found


def test_no_word_is_guessed_for_two_fields_of_a_kind_that_need_it():
    for profile in PROFILES:
        sure = {fold(name): one.field for one in profile.columns for name in one.names}
        for column in profile.columns:
            others = {word for word, name in sure.items() if name != column.field}
            assert not {fold(name) for name in column.names} & others
            assert words_of(column) >= {fold(name) for name in column.names}


def test_every_synonym_is_of_a_field():
    fields = {column.field for profile in PROFILES for column in profile.columns}
    assert SYNONYMS.keys() <= fields


LAYOUT = Layout(
    name="Банк «Заря»",
    kind="payments",
    shape=Shape(format="delimited", encoding="cp866", delimiter="|", has_header=False),
    columns={"account": "Столбец 3", "amount": "Столбец 4"},
)


def test_a_layout_is_read_back_as_it_was():
    assert read_layout(layout_json(LAYOUT)) == LAYOUT
    assert read_layout(b"\xef\xbb\xbf" + layout_json(LAYOUT)) == LAYOUT


def test_the_file_of_a_layout_is_for_people_too():
    assert "Банк «Заря»" in layout_json(LAYOUT).decode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "x"}, "это не профиль столбцов кабинета"),
        ({"version": 2}, "версия профиля 2, нужна 1"),
        ({"name": ""}, "нет названия"),
        ({"name": 5}, "нет названия"),
        ({"name": "x" * 81}, "нет названия"),
        ({"kind": "people"}, "неизвестный вид «people»; бывают: accounts"),
        ({"kind": ["x"]}, "неизвестный вид"),
        ({"shape": []}, "«shape» профиля не объект"),
        ({"shape": {"colour": 1}}, "в «shape» неизвестное: colour"),
        ({"shape": {"encoding": "ebcdic"}}, "encoding не бывает «ebcdic»"),
        ({"shape": {"format": ["x"]}}, "format не бывает"),
        ({"shape": {"delimiter": "::"}}, "delimiter не бывает"),
        ({"shape": {"has_header": "да"}}, "has_header — да или нет"),
        ({"shape": {"sheet": 1}}, "sheet — строка"),
        ({"shape": {"header_line": -1}}, "header_line — номер строки"),
        ({"shape": {"header_line": True}}, "header_line — номер строки"),
        ({"shape": {"header_line": "1"}}, "header_line — номер строки"),
        ({"columns": []}, "«columns» профиля не объект"),
        ({"columns": {"colour": "Цвет"}}, "у вида «payments» нет полей: colour"),
        ({"columns": {"account": ""}}, "у поля «account» нет столбца"),
        ({"columns": {"account": 5}}, "у поля «account» нет столбца"),
        ({"columns": {"account": "А", "code": "А"}}, "один столбец назван у двух"),
    ],
)
def test_a_layout_that_is_wrong_is_refused_in_words(change, reason):
    good = json.loads(layout_json(LAYOUT))
    with pytest.raises(UnusableFile, match=reason):
        read_layout(json.dumps({**good, **change}).encode())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "это не JSON"),
        (b"[1]", "это не профиль"),
        ("{}".encode("utf-16"), "не в кодировке UTF-8"),
        (b"[" * 50_000, "это не JSON"),
        (b" " * 200_000, "слишком велик"),
    ],
)
def test_what_is_no_layout_is_refused_in_words(body, reason):
    with pytest.raises(UnusableFile, match=reason):
        read_layout(body)
