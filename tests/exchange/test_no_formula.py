"""No cell of any table that is given out runs as a formula, and it reads as it was."""

import csv
import io
import re
import secrets
import zipfile

import openpyxl
import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.outgoing import FORMATS, OutFormat, OutKind
from cabinet.domain.period import Month
from cabinet.exchange.spreadsheet import is_formula, restore
from cabinet.forms.outgoing import FORMAT_WORDS, KINDS
from cabinet.jobs import export as job
from cabinet.services import export, outgoing
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file, shown
from cabinet.services.staff import member_of
from tests import factories, guiding
from tests.browsing import Browser
from tests.conftest import NOW

EVIL = '=HYPERLINK("http://x/";"да")'
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
PAGES = ("/history.csv", "/history.xlsx", "/statement.csv", "/statement.xlsx")
#: What is a table, by its name in the guide.
ENDINGS = (".csv", ".xlsx", "/faults", ": реестр", "с показаниями")
WORDS = {FORMAT_WORDS[one] for one in (OutFormat.CSV, OutFormat.XLSX)}
