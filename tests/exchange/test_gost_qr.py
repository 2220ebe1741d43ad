import base64
import io
import subprocess

import pytest
from PIL import Image, ImageOps

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.exchange.gost_qr import (
    NoSeparator,
    Payee,
    PeriodForm,
    QrError,
    RequiredTooLong,
    UnfitField,
    encoding_of,
    parse,
    payment_text,
)
from cabinet.pdf import qr

REQUIRED = ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"]


def payee(**changes):
    fields = {
        "name": "АО «Смоленскэнергосбыт»",
        "account": "40702810900000001234",
        "bank": "Банк «Учебный»",
        "bic": "046614000",
        "corr_account": "30101810100000000632",
        "inn": "6700000000",
        "kpp": "670001001",
    }
    return Payee(**{**fields, **changes})


def text(of=None, **changes):
    values = {
        "account": "670366711692",
        "purpose": "Электроэнергия, лицевой счёт 670366711692",
        "month": Month(2026, 10),
        "amount": Money(81240),
    }
    return payment_text(of or payee(), **{**values, **changes})


def decoded(content, tmp_path):
    """Return the bytes that a reader finds in the picture of the code."""
    uri = qr.png_uri(content, encoding=encoding_of(content))
    picture = tmp_path / "code.png"
    code = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    ImageOps.expand(code.convert("L"), border=16, fill=255).save(picture)
    command = ["zbarimg", "--quiet", "--raw", "--oneshot", "-Sbinary", picture]
    return subprocess.run(command, check=True, capture_output=True).stdout


def test_the_whole_text_is_as_the_standard_writes_it():
    assert text() == (
        "ST00012|Name=АО «Смоленскэнергосбыт»|PersonalAcc=40702810900000001234"
        "|BankName=Банк «Учебный»|BIC=046614000|CorrespAcc=30101810100000000632"
        "|Sum=81240|Purpose=Электроэнергия, лицевой счёт 670366711692"
        "|PayeeINN=6700000000|KPP=670001001|PersAcc=670366711692"
        "|PaymPeriod=102026|TechCode=02"
    )


def test_required_fields_come_first_and_in_their_order():
    assert list(parse(text()))[:5] == REQUIRED


def test_the_sum_is_in_whole_kopecks():
    assert parse(text(amount=Money(100)))["Sum"] == "100"


def test_without_an_amount_the_payer_types_it():
    assert "Sum" not in parse(text(amount=None))


@pytest.mark.parametrize(
    ("form", "written"), [(PeriodForm.LONG, "032026"), (PeriodForm.SHORT, "0326")]
)
def test_the_period_is_written_as_the_bank_wants_it(form, written):
    fields = parse(text(month=Month(2026, 3), period_form=form))
    assert fields["PaymPeriod"] == written


def test_what_is_not_known_is_left_out():
    fields = parse(text(payee(inn="", kpp=""), month=None))
    assert not {"PayeeINN", "KPP", "PaymPeriod"} & set(fields)


def test_a_bank_without_an_account_of_its_own_is_written_as_zero():
    assert parse(text(payee(corr_account="")))["CorrespAcc"] == "0"


def test_a_long_name_goes_over_to_one_byte_a_letter():
    long = payee(name="Акционерное общество " + "Э" * 120)
    content = text(long)
    assert content.startswith("ST00011|")
    assert encoding_of(content) == "cp1251"
    assert content.encode("cp1251").startswith(b"ST00011|Name=\xc0")


def test_the_required_block_may_take_300_bytes_and_no_more():
    shortest = text(payee(name="Э")).partition("|Sum=")[0].partition("|")[2]
    room = 300 - len(shortest.encode())
    fits = payee(name="Э" + "Э" * (room // 2) + "." * (room % 2))
    assert text(fits).startswith("ST00012|")
    assert text(payee(name=fits.name + ".")).startswith("ST00011|")


def test_a_name_too_long_in_every_encoding_is_refused():
    with pytest.raises(RequiredTooLong) as error:
        text(payee(name="ә" * 160))
    assert error.value.size > 300


def test_a_purpose_foreign_to_the_short_encoding_is_refused():
    with pytest.raises(RequiredTooLong):
        text(payee(name="Э" * 140), purpose="Долг 5 ₽")


def test_another_separator_is_taken_when_a_value_holds_the_usual_one():
    content = text(purpose="Свет | тепло #1")
    assert content.startswith("ST00012;Name=")
    assert parse(content)["Purpose"] == "Свет | тепло #1"


def test_a_value_with_every_separator_is_refused():
    with pytest.raises(NoSeparator):
        text(purpose="|#;:^_~{}!$%&()*+,/@")


def test_line_breaks_and_hard_spaces_become_plain_spaces():
    assert (
        parse(text(purpose=" за\u00a0октябрь\n2026 "))["Purpose"] == "за октябрь 2026"
    )


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("Name", {"name": ""}),
        ("Name", {"name": "Э" * 161}),
        ("Name", {"name": "Сбыт\x00"}),
        ("PersonalAcc", {"account": "4070281090000000123"}),
        ("PersonalAcc", {"account": "04702810900000001234"}),
        ("BankName", {"bank": "Б" * 46}),
        ("BIC", {"bic": "04661400"}),
        ("CorrespAcc", {"corr_account": "3010181010000000063"}),
        ("PayeeINN", {"inn": "670000000"}),
        ("KPP", {"kpp": "6700010"}),
    ],
)
def test_a_payee_that_no_bank_knows_is_refused(field, changes):
    with pytest.raises(UnfitField) as error:
        text(payee(**changes))
    assert error.value.field == field


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("Sum", {"amount": Money(0)}),
        ("Sum", {"amount": Money(-100)}),
        ("Purpose", {"purpose": "Э" * 211}),
        ("PersAcc", {"account": "1" * 31}),
    ],
)
def test_a_payment_that_cannot_be_written_is_refused(field, changes):
    with pytest.raises(UnfitField) as error:
        text(**changes)
    assert error.value.field == field


def test_another_code_is_not_a_payment():
    for other in ("https://example.org", "ST00012", "ST00013|Name=x"):
        with pytest.raises(QrError):
            parse(other)


def test_a_reader_finds_the_text_in_the_picture(tmp_path):
    assert decoded(text(), tmp_path) == text().encode()


def test_a_reader_finds_the_short_encoding_in_the_picture(tmp_path):
    content = text(payee(name="Акционерное общество " + "Э" * 120))
    assert decoded(content, tmp_path) == content.encode("cp1251")
