"""Columns of a table as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.outgoing import (
    FIELDS,
    FORMATS,
    BadShape,
    Encoding,
    OutKind,
    Shape,
    own_code,
    own_entry,
    read_columns,
    write_columns,
)


def test_a_column_is_a_field_and_its_header():
    text = "\n t1=Показание \n\naccount\n"
    assert read_columns(OutKind.READINGS, text) == (
        ("t1", "Показание"),
        ("account", "ЛС"),
    )


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("price = Цена", "price = Цена", "такого поля нет"),
        ("account\naccount = Счёт", "account = Счёт", "это поле уже есть"),
        (" \n", "", "нужен хотя бы один столбец"),
    ],
)
def test_what_is_no_column_is_told(text, line, reason):
    with pytest.raises(BadShape) as found:
        read_columns(OutKind.READINGS, text)
    assert (found.value.line, found.value.reason) == (line, reason)


@given(st.data(), st.sampled_from(sorted(FIELDS)))
def test_columns_are_read_as_they_were_written(data, kind):
    chosen = data.draw(st.permutations(sorted(FIELDS[kind])))
    columns = tuple((name, FIELDS[kind][name]) for name in chosen)
    assert read_columns(kind, write_columns(columns)) == columns


def test_every_table_has_a_usual_shape():
    for kind in FIELDS:
        shape = Shape.usual(kind)
        assert dict(shape.columns) == FIELDS[kind]
        assert shape.encoding is Encoding.UTF8
    assert set(FORMATS) == set(OutKind)


def test_a_registry_of_debts_is_usually_as_sberbank_writes_it():
    shape = Shape.usual(OutKind.DEBTS)
    assert (shape.encoding, shape.decimal, shape.columns) == (Encoding.CP1251, ",", ())


@given(st.integers(min_value=1, max_value=10**18 - 1))
def test_a_code_of_our_own_names_its_payment(entry_id):
    assert own_entry(own_code(entry_id)) == entry_id


@pytest.mark.parametrize("code", ["", "00000012", "К12", "K00000012", "К00000012x"])
def test_a_code_of_somebody_else_names_none(code):
    assert own_entry(code) is None
