"""1CClientBankExchange received: what came to us, and whose money it is."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from cabinet.exchange.client_bank import Document, Payee, write_documents
from cabinet.exchange.profiles import Faulty, Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.registry import PAYMENTS
from cabinet.exchange.statement_1c import account_in, month_in

OURS = "40702810012345678912"

HEAD = f"""1CClientBankExchange
ВерсияФормата=1.03
Кодировка=Windows
Отправитель=Банк
Получатель=
ДатаСоздания=01.11.2026
РасчСчет={OURS}
"""
ACCOUNT = f"""СекцияРасчСчет
ДатаНачала=30.10.2026
НачальныйОстаток=0.00
РасчСчет={OURS}
ВсегоПоступило=110.50
ВсегоСписано=7.00
КонецРасчСчет
"""
FIRST = f"""СекцияДокумент=Платежное поручение
Номер=15
Дата=29.10.2026
Сумма=100.00
ПлательщикСчет=40817810000000000001
Плательщик=ИНН 463200000000 Щукина Юлия
Плательщик1=Щукина Юлия
ПолучательСчет={OURS}
ДатаПоступило=30.10.2026
ПолучательРасчСчет={OURS}
НазначениеПлатежа=Оплата за электроэнергию, л/с 4612 7904-0069, период 1026
КонецДокумента
"""
SECOND = f"""СекцияДокумент=Банковский ордер
Номер=16
Дата=30.10.2026
Сумма=10.50
ПлательщикСчет=40817810000000000002
Плательщик=Ёлкин
ПолучательРасчСчет={OURS}
ДатаПоступило=30.10.2026
НазначениеПлатежа=за свет
КонецДокумента
"""
SPENT = f"""СекцияДокумент=Платежное поручение
Номер=1
Дата=30.10.2026
Сумма=7.00
ПлательщикСчет={OURS}
ДатаСписано=30.10.2026
ПолучательРасчСчет=40702810000000000000
НазначениеПлатежа=Аренда, л/с 5555555
КонецДокумента
"""
END = "КонецФайла\n"


def rows_of(text, encoding="cp1251"):
    table = open_table("выписка.txt", io.BytesIO(text.encode(encoding)))
    rows = Rows(table, bind(PAYMENTS, table))
    return rows, list(rows)


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_came_to_us_is_read_in_every_alphabet(encoding, end):
    text = (HEAD + ACCOUNT + FIRST + SPENT + SECOND + END).replace("\n", end)
    rows, (first, second) = rows_of(text, encoding)
    assert first.line == HEAD.count("\n") + ACCOUNT.count("\n") + 1
    assert (first.paid_on, first.account) == (date(2026, 10, 30), "461279040069")
    assert first.holder == "Щукина Юлия"
    assert (first.amount.kopecks, str(first.month)) == (10000, "2026-10")
    assert first.code == "1c/40817810000000000001/29.10.2026/15/100.00"
    assert (second.account, second.holder, second.month) == ("", "Ёлкин", None)
    assert rows.control_faults() == []
    assert rows.table.notes == ["исходящих и чужих документов пропущено: 1"]
    found = recognise("x", io.BytesIO(text.encode(encoding)))
    assert (found.kind, found.shape.format) == ("payments", "client_bank")


def test_totals_of_the_statement_are_checked():
    rows, _ = rows_of(HEAD + ACCOUNT + FIRST + END)
    (fault,) = rows.control_faults()
    assert fault.reason == "ВсегоПоступило: сумма не сходится, по документам 100.00"
    assert fault.line == 8


def test_totals_of_several_days_add_up():
    day = ACCOUNT.replace("110.50", "100.00")
    rows, _ = rows_of(
        HEAD + day + ACCOUNT.replace("110.50", "10.50") + FIRST + SECOND + END
    )
    assert rows.control_faults() == []


def test_totals_that_are_no_sum_are_told():
    rows, _ = rows_of(HEAD + ACCOUNT.replace("110.50", "много") + FIRST + END)
    assert rows.control_faults()[0].reason == "ВсегоПоступило: не число"


@pytest.mark.parametrize("cut", [END, "КонецДокумента\n" + END])
def test_a_file_that_is_cut_off_is_told(cut):
    rows, read = rows_of((HEAD + FIRST + SECOND + END).removesuffix(cut))
    assert "файл оборван" in rows.control_faults()[0].reason
    assert [isinstance(row, Faulty) for row in read] == [False, cut != END]


def test_a_document_without_its_end_harms_no_other():
    broken = FIRST.replace("КонецДокумента\n", "")
    rows, (first, second) = rows_of(HEAD + broken + SECOND + END)
    assert first.faults[0].reason == "документ не закончен: нет КонецДокумента"
    assert second.amount.kopecks == 1050
    assert rows.control_faults() == []


def test_a_key_that_stands_twice_with_other_words_is_a_fault():
    twice = FIRST.replace("Сумма=100.00", "Сумма=100.00\nСумма=900.00")
    _, (first, second) = rows_of(HEAD + twice + SECOND + END)
    assert first.faults[0].reason == "«Сумма» стоит в документе дважды"
    assert second.amount.kopecks == 1050


def test_a_purpose_may_go_on_in_further_lines_and_keys():
    long = FIRST.replace("л/с 4612 7904-0069, период", "лицевой\nсчет: 461279040069 за")
    parted = SECOND.replace(
        "НазначениеПлатежа=за свет",
        "НазначениеПлатежа1=Оплата\nНазначениеПлатежа2=ЛС 461279040070",
    )
    _, (first, second) = rows_of(HEAD + long + parted + END)
    assert (first.account, second.account) == ("461279040069", "461279040070")


def test_without_own_accounts_the_day_of_coming_tells_the_way():
    head = HEAD.replace(f"РасчСчет={OURS}\n", "")
    rows, read = rows_of(head + FIRST + SPENT + END)
    assert [row.amount.kopecks for row in read] == [10000]
    assert rows.table.notes


def test_a_sum_that_is_none_is_told_at_its_column():
    _, (row,) = rows_of(HEAD + FIRST.replace("100.00", "сто") + END)
    (fault,) = row.faults
    assert (fault.column, fault.reason) == ("Сумма", "не число")


@pytest.mark.parametrize(
    ("purpose", "account"),
    [
        ("л/с 461279040069", "461279040069"),
        ("Л/С№461279040069 за октябрь", "461279040069"),
        ("ЛС: 0046 1279 0400", "004612790400"),
        ("лицевой счёт № 461279040069. НДС не облагается", "461279040069"),
        ("по лицевому счету 461279040069, 10.2026", "461279040069"),
        ("лиц. счет 461279040069;10.50", "461279040069"),
        ("лиц.сч.461279040069", "461279040069"),
        ("лс 4612 и л/с 4612", "4612"),
        ("л/с 461279040069 1026", "461279040069"),
        ("461279040069", "461279040069"),
        ("л/с 4612 и л/с 4613", ""),
        ("договор 461279040069", ""),
        ("пульс 461279040069", ""),
        ("за свет", ""),
        ("", ""),
        ("л/с 123", ""),
        ("л/с 123456789012345678901", ""),
    ],
)
def test_an_account_is_taken_from_words_that_name_it(purpose, account):
    assert account_in(purpose) == account


@pytest.mark.parametrize(
    ("purpose", "month"),
    [
        ("период 1026", "10.2026"),
        ("за 10.2026", "10.2026"),
        ("за октябрь 2026 г.", "10.2026"),
        ("за 2026 год", ""),
        ("за 09.2026 и за 10.2026", ""),
        ("за кошмар 2026", ""),
    ],
)
def test_a_month_is_taken_from_words_that_name_it(purpose, month):
    assert month_in(purpose) == month


def test_what_is_sent_to_1c_is_read_back():
    payee = Payee(
        company="Курскэнергосбыт",
        inn="4632000000",
        kpp="463201001",
        account=OURS,
        bank="Банк",
        bic="043807000",
        corr_account="30101810300000000000",
    )
    documents = [
        Document(
            number=f"{number:08}",
            on=date(2026, 10, number),
            roubles=Decimal(number) / 4,
            payer=f"Щукина {number}",
            purpose=f"Электроэнергия, лицевой счет 46127904{number:04}, период 1026",
        )
        for number in range(1, 31)
    ]
    body = b"".join(
        write_documents(
            payee,
            date(2026, 10, 1),
            date(2026, 10, 31),
            documents,
            at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        )
    )
    rows, read = rows_of(body.decode("cp1251"))
    assert rows.control_faults() == []
    assert [
        (row.paid_on, row.account, row.holder, row.amount.roubles, str(row.month))
        for row in read
    ] == [
        (
            one.on,
            f"46127904{int(one.number):04}",
            one.payer,
            one.roubles.quantize(Decimal("0.01")),
            "2026-10",
        )
        for one in documents
    ]
    assert len({row.code for row in read}) == 30
