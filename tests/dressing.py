"""A good table of every kind of import, and the dresses other systems send them in."""

import csv
import io
import re
import zipfile
from datetime import date, time
from html import escape

import openpyxl
from openpyxl.utils import get_column_letter

ENCODINGS = ("cp1251", "cp866", "utf-8", "utf-8-sig")
DELIMITERS = (";", ",", "\t")

_DAY = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_FRACTION = re.compile(r"-?[0-9]+,[0-9]+")
_WHOLE = re.compile(r"[1-9][0-9]{0,5}")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})")

#: Of each kind a header and rows as Russian systems write them: comma, dd.mm.yyyy.
GOOD = {
    "accounts": """
ЛС|Филиал|ФИО|Адрес|Категория|Проживает|Комнат|Норматив|Площадь|Открыт|Маршрут
004612790400|Курск|Ёлкина Анна; Юрьевна|г. Курск, ул. «Мира», д. 3|село|5|4|71,5|28,9|01.01.2020|7-а
461279040070|Курск|ООО "Ромашка"|г. Курск, пл. Ленина, 1|организация|0||||15.02.2021|
""",
    "holders": """
ЛС|ФИО|Владеет с
004612790400|Щукин Пётр Ильич|15.10.2026
461279040070|Яшина Эмма|
""",
    "meters": """
ЛС|Заводской №|Модель|Зон|Разрядность|Ктр|Установлен|Снят|Поверка до|Дата сальдо|Сальдо Т1|Сальдо Т2|Сальдо Т3|Кон.Т1|Кон.Т2|Кон.Т3
004612790400|0010834547|Нева МТ 114|2|6|1|16.11.2012||16.11.2028|31.12.2025|9700,5|9340||||
461279040070|ЩУ-77|Меркурий|1|5|20|||01.02.2030|31.12.2025|120||||
""".replace("|120||||", "|120||||||"),
    "replacements": """
ЛС|Снятый счётчик|Дата замены|Кон.Т1|Кон.Т2|Кон.Т3|Новый счётчик|Модель|Разрядность|Ктр|Поверка до|Нач.Т1|Нач.Т2|Нач.Т3
004612790400|0010834547|14.10.2026|9999,25|9500||Ж-5001|Нева|6|1|14.10.2042|0,5|0|
461279040070|ЩУ-77|15.10.2026|340|||ЩУ-78||5||||12||
""".replace("||5||||12||", "||5|||12||"),
    "readings": """
ЛС|Заводской №|Дата|Т1|Т2|Т3|Источник
004612790400|0010834547|22.10.2026|9832,125|9402||контролёр
461279040070|ЩУ-77|23.10.2026|321|||ЛК
""",
    "charges": """
ЛС|Период|кВт*ч|Основание|Начислено|Пени|Перерасчёт
004612790400|09.2026|194|показания|865,60|0,00|-12,40
461279040070|09.2026|171,5|норматив|764,01||
""",
    "payments": """
Дата|Время|Код операции|ЛС|ФИО|Период|Сумма|К зачислению|Комиссия
14.03.2026|12:29:00|7а-00001|004612790400|Щукина Ю. Э.|0226|1629,61|1629,61|0,00
15.03.2026||700002|461279040070||0326|10,50|10,50|0,00
""",
    "counted": """
ЛС|Заводской №|Дата|Учтено в квитанции за
004612790400|0010834547|22.10.2026|10.2026
461279040070|ЩУ-77|23.10.2026|11.2026
""",
    "benefits": """
ЛС|Льгота|Процент|Человек|Действует с|Действует по|Документ|Основание льготы
004612790400|Ветеран труда|50|1|01.02.2026||уд. № 5|ФЗ «О ветеранах»
461279040070|Многодетная семья|12,5|4|01.03.2026|31.12.2026||
""",
    "papers": """
ЛС|Вид документа|Номер документа|Период|Дата документа|Файл
461279040070|акт|А-7|10.2026|31.10.2026|акт-7.pdf
461279040070|счёт|15|10.2026|01.11.2026|счёт 15.xml
""",
    "tariffs": """
Регион|Категория|План|Зона|Диапазон|Цена|Действует с|Действует по|Приказ|Источник|Проверено
Курская область|city_gas|one|single|1|5,87125|01.01.2026|30.06.2026|№ 5|сайт|да
Курская область|rural|two|day|1|4,70|01.07.2026||||нет
""",
    "rules": """
rule|key|value|unit|starts|ends|source|verified
vat|standard|22|процент|01.01.2026||НК РФ, ст. 164|да
due_day|household|10|день|01.01.2026|01.03.2026|ЖК|нет
""",
    "key_rates": """
valid_from|rate_percent|source
01.06.2026|17,5|Банк России
01.09.2026|16|сайт
""",
    "norms": """
region|rooms|residents|stove|premises|water_heater|kwh_per_person_month|document|source_url|note|verified
Курская область|1|4+|gas|room||71,5|№ 7|сайт|щедро|да
Мурманск|4+|1|electric|flat|нет|102|||ёмко|
""",
}


def rows_of(kind):
    """Return the good table of a kind: its header and its rows."""
    return [line.split("|") for line in GOOD[kind].strip().splitlines()]


def said(rows):
    """Return what rows say, whatever their cells were like."""
    return [row._replace(raw=()) if hasattr(row, "_replace") else row for row in rows]


def delimited(rows, *, encoding="utf-8", delimiter=";", point=False, iso=False):
    """Return the rows as text, in points and ISO days if wanted."""
    written = io.StringIO()
    worn = [[_worn(cell, point, iso) for cell in row] for row in rows]
    csv.writer(written, delimiter=delimiter).writerows(worn)
    return written.getvalue().encode(encoding)


def _worn(cell, point, iso):
    if point and _FRACTION.fullmatch(cell):
        return cell.replace(",", ".")
    if iso and (match := _DAY.fullmatch(cell)):
        return "-".join(reversed(match.groups()))
    return cell


def book(rows, *, above=(), title="Лист1", others=()):
    """Return the rows as a workbook in which days, times and numbers are what they are."""
    made = openpyxl.Workbook()
    for place, name in enumerate(others):
        made.create_sheet(name, place).append(["пусто"])
    sheet = made.worksheets[-1]
    sheet.title = title
    for row in (*above, *rows):
        sheet.append([_typed(cell) for cell in row])
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


def word_book(rows):
    """Return a workbook as Excel itself writes it: texts in a table of their own."""
    words = list(dict.fromkeys(cell for row in rows for cell in row))
    lines = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{get_column_letter(place)}{number}" t="s">'
            f"<v>{words.index(cell)}</v></c>"
            for place, cell in enumerate(row, 1)
            if cell
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    table = "".join(
        f"<si><r><t>{escape(word[:1])}</t></r>"
        f'<r><t xml:space="preserve">{escape(word[1:])}</t></r>'
        '<rPh sb="0" eb="1"><t>читать так</t></rPh></si>'
        for word in words
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    part = (
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    changes = {
        "xl/worksheets/sheet1.xml": ("<sheetData>", f"<sheetData>{lines}"),
        "[Content_Types].xml": ("</Types>", part),
    }
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    written = io.BytesIO()
    with (
        zipfile.ZipFile(made) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            body = source.read(name).decode()
            target.writestr(name, body.replace(*changes.get(name, ("\0", ""))))
        target.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{table}</sst>')
    return written.getvalue()


def _typed(cell):
    if match := _DAY.fullmatch(cell):
        return date(*map(int, reversed(match.groups())))
    if match := _CLOCK.fullmatch(cell):
        return time(*map(int, match.groups()))
    if _FRACTION.fullmatch(cell):
        return float(cell.replace(",", "."))
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return cell or None
