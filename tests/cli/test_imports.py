"""The commands that bring files in, run as an administrator runs them."""

import re
import shutil

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.domain.loads import LoadState
from cabinet.domain.money import Money
from cabinet.models import Account, ImportBatch, ImportClaim, ImportRow, LedgerEntry
from cabinet.services.audit import SYSTEM
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import kept_profiles
from tests.bringing import NOW
from tests.factories import make_account, make_branch, make_meter

PAYMENTS = "Дата;Код операции;ЛС;Сумма\n"


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="cp1251")
        return path

    return write


def test_files_come_in_the_order_in_which_they_depend_on_each_other(
    command, data_folder, db
):
    make_branches()
    registry = data_folder / "registry"
    names = ("payments", "meters", "accounts")
    result = command("import", *(registry / f"{name}.csv" for name in names))
    heads = [line for line in result.stdout.splitlines() if ".csv: " in line]
    assert heads == [
        "accounts.csv: лицевые счета",
        "meters.csv: счётчики",
        "payments.csv: платежи",
    ]
    assert result.exit_code == 1
    assert "принято         400" in result.stdout
    assert "сумма принятых 6 632 688,45" in result.stdout
    assert "контрольная строка 6 636 462,36: сходится" in result.stdout


def test_each_fault_stands_in_a_table_with_line_column_and_reason(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    path = write("реестр.csv", PAYMENTS + "31.02.2026;7;4600000001;1,00\n")
    result = command("import", path)
    assert result.exit_code == 1
    assert "строка  столбец  значение    причина" in result.stdout
    assert "     2  Дата     31.02.2026  такого дня нет в календаре" in result.stdout


def test_a_file_without_faults_ends_well(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    path = write("реестр.csv", PAYMENTS + "14.03.2026;7;4600000001;1,00\n")
    assert command("import", path).exit_code == 0
    again = command("import", path)
    assert again.exit_code == 0
    assert "этот файл уже загружен" in again.stdout


def test_an_unusable_file_is_told_in_one_line_and_harms_no_other(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    good = write("реестр.csv", PAYMENTS + "14.03.2026;7;4600000001;1,00\n")
    result = command("import", write("письмо.txt", "Здравствуйте!\n"), good)
    assert result.exit_code == 2
    assert "письмо.txt, строка 1: по заголовку не понять" in result.stderr
    assert Account.get().balance.kopecks == -100


def test_a_registry_whose_control_line_does_not_fit_is_unusable(command, write, db):
    path = write("реестр.csv", PAYMENTS + "14.03.2026;7;4600000001;1,00\n=2;1,00\n")
    result = command("import", path)
    assert result.exit_code == 2
    assert "контрольная строка: строк 2, в файле 1; ничего не загружено" in (
        result.stderr
    )


GOROD = "#FILESUM 3,00\n#TYPE 9\n#SERVICE 5258\n#NOTE ООО Ромашка\n" + PAYMENTS


def test_a_registry_of_gorod_is_credited_once_and_its_sum_is_checked(
    command, write, db
):
    make_account(number="4600000001", branch=make_branch())
    rows = "14.03.2026;7;4600000001;1,00\n14.03.2026;8;4600000077;2,00\n"
    for _ in range(2):
        result = command("import", write("реестр.txt", GOROD + rows))
        assert result.exit_code == 1, "one row waits for its account"
        assert "контрольная строка 3,00: сходится" in result.stdout
        assert "сумма в карантине 2,00" in result.stdout
        assert "примечание отправителя: ООО Ромашка" in result.stdout
        assert Account.get().balance == Money(-100)
    wrong = command("import", write("другой.txt", GOROD.replace("3,00", "4,00") + rows))
    assert wrong.exit_code == 2
    assert "#FILESUM: сумма не сходится, по строкам 3.00; ничего не" in wrong.stderr
    assert Account.get().balance == Money(-100)


def test_the_kind_can_be_named(command, write, db):
    result = command("import", "--kind", "meters", write("x.csv", PAYMENTS))
    assert result.exit_code == 2
    assert "нет столбцов" in result.stderr


def test_prices_load_and_their_holes_are_told(command, data_folder):
    names = ("tariffs", "rules", "key_rate", "norms")
    loaded = command(
        "tariffs", "load", *(data_folder / f"{name}.csv" for name in names)
    )
    assert loaded.exit_code == 0
    assert "принято         430" in loaded.stdout
    checked = command("tariffs", "check")
    assert checked.exit_code == 1
    hole = "три зоны, ночь, диапазон 3: нет строки с 01.01.2026 по 30.09.2026"
    assert checked.stdout.splitlines() == [
        f"цена, Тверская область, {category}, {hole}"
        for category in ("город, электроплита", "село")
    ]


def test_a_check_without_findings_says_so(command):
    result = command("tariffs", "check")
    assert result.exit_code == 0
    assert result.stdout == "ни дыр, ни наложений нет\n"


def test_tariffs_load_takes_no_registry(command, data_folder):
    result = command("tariffs", "load", data_folder / "registry" / "accounts.csv")
    assert result.exit_code == 2
    assert "здесь не нужны лицевые счета" in result.stderr


def test_prices_come_through_import_too(command, data_folder):
    assert command("import", data_folder / "tariffs.csv").exit_code == 0


def test_a_strange_sign_never_reaches_the_terminal(command, write, db):
    result = command("import", write("x.csv", PAYMENTS + "\x1b[31mx;7;4600000001;1\n"))
    assert "\x1b" not in result.stdout
    assert "·[31mx" in result.stdout


@pytest.mark.slow
def test_the_demonstration_is_made_once_and_can_start_over(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(home))
    monkeypatch.delenv("CABINET_DATABASE_URL", raising=False)
    first = CliRunner().invoke(main, ["demo"])
    assert first.exit_code == 0, first.output
    assert "client@example.org" in first.stdout
    assert "demo-svet-2026" in first.stdout
    again = CliRunner().invoke(main, ["demo"])
    assert "rows" not in again.stdout
    (home / "mail").mkdir()
    (home / "mail" / "00000001.eml").write_text("x")
    over = CliRunner().invoke(main, ["demo", "--reset"])
    assert over.exit_code == 0
    # Less the month that a branch bills by itself.
    assert "charges.csv: 3900 rows" in over.stdout
    assert not (home / "mail").exists()
    shutil.rmtree(home)


def test_a_production_installation_gets_no_demonstration(command, monkeypatch):
    monkeypatch.setenv("CABINET_MODE", "production")
    monkeypatch.setenv("CABINET_SECRET_KEY", "0123456789abcdef" * 4)
    monkeypatch.setenv("CABINET_PUBLIC_URL", "https://lk.example.org")
    result = command("demo")
    assert result.exit_code == 2
    assert "CABINET_MODE=demo" in result.stderr


def test_a_demonstration_on_a_server_is_not_dropped_by_the_command(
    command, monkeypatch
):
    monkeypatch.setenv("CABINET_DATABASE_URL", "postgresql://nobody@localhost/demo")
    result = command("demo", "--reset")
    assert result.exit_code == 2
    assert "drop the database yourself" in result.stderr


def test_bills_without_an_explanation_are_counted(command, write, data_folder, db):
    make_account(number="4600000001", branch=make_branch())
    db.close()
    command("tariffs", "load", data_folder / "rules.csv")
    header = "ЛС;Период;кВт*ч;Основание;Начислено\n"
    result = command(
        "import", write("x.csv", header + "4600000001;01.2026;5;норматив;9\n")
    )
    assert result.exit_code == 0
    assert "не повторены по показаниям и ценам: 1" in result.stdout


def test_a_rule_without_an_end_that_meets_another_is_told_by_its_first_day(
    command, write, db
):
    header = "rule,key,value,unit,starts,ends,source\n"
    rows = "due_day,household,10,,2026-01-01,,\ndue_day,household,15,,2026-03-01,,\n"
    assert command("tariffs", "load", write("rules.csv", header + rows)).exit_code == 0
    result = command("tariffs", "check")
    assert result.stdout == "срок оплаты, население: две строки с 01.03.2026\n"


def test_a_dry_run_tells_what_would_change_and_changes_nothing(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    path = write(
        "реестр.csv",
        PAYMENTS + "14.03.2026;7;4600000001;1,00\n14.03.2026;8;4600000009;2,00\n",
    )
    result = command("import", "--dry-run", path)
    assert result.exit_code == 1
    assert "проверка, ничего не изменено" in result.stdout
    assert "новых 1, изменено 0" in result.stdout
    assert "в карантине 1" in result.stdout
    assert "     3  ЛС" in result.stdout
    for model in (ImportBatch, ImportRow, ImportClaim, LedgerEntry):
        assert not model.select().exists()
    assert command("import", path).exit_code == 1
    again = command("import", "--dry-run", path)
    assert "этот файл уже загружен" in again.stdout


def test_an_import_goes_back_by_its_number(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    path = write("реестр.csv", PAYMENTS + "14.03.2026;7;4600000001;1,00\n")
    told = command("import", path).stdout
    (number,) = re.findall(r"загрузка № (\d+)", told)
    assert Account.get().balance == Money(-100)
    assert command("import-undo", number).exit_code == 2
    result = command("import-undo", number, "--why", "не тот день")
    assert (result.exit_code, result.stdout) == (0, f"загрузка {number} отменена\n")
    assert Account.get().balance == Money(0)
    again = command("import-undo", number, "--why", "не тот день")
    assert (again.exit_code, again.stderr) == (
        2,
        f"загрузки {number} нет, или она уже отменена\n",
    )
    assert command("import-undo", "999", "--why", "x").exit_code == 2
    assert command("import", path).exit_code == 0
    assert Account.get().balance == Money(-100)


def test_what_stands_on_an_import_is_told(command, write, db):
    make_branch()
    head = "ЛС;Филиал;ФИО;Адрес;Категория;Проживает\n"
    path = write("счета.csv", head + "4600000001;Курск;Орлова;Курск, 1;село;2\n")
    (number,) = re.findall(r"загрузка № (\d+)", command("import", path).stdout)
    make_meter(Account.get())
    result = command("import-undo", number, "--why", "ошибка")
    assert result.exit_code == 1
    assert "лицевой счёт 4600000001: есть счётчик, 1" in result.stderr


def test_files_are_read_by_a_profile_of_the_office_or_of_a_file(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    layout = {
        "delimiter": ";",
        "columns": {
            "paid_on": "Когда",
            "code": "Чек",
            "account": "Договор",
            "amount": "Рублей",
        },
    }
    kept_profiles.save("Восток", "payments", layout, actor=SYSTEM, now=NOW)
    head = "Когда;Чек;Договор;Рублей\n"
    path = write("a.csv", head + "14.03.2026;7;4600000001;1,00\n")
    assert command("import", path).exit_code == 2
    assert command("import", "--profile", "Восток", path).exit_code == 0
    (profile,) = kept_profiles.profiles()
    name, body = kept_profiles.as_file(profile.public_id)
    file = path.parent / name
    file.write_bytes(body)
    other = write("b.csv", head + "14.03.2026;8;4600000001;1,00\n")
    assert command("import", "--profile", file, other).exit_code == 0
    assert Account.get().balance == Money(-200)
    missing = command("import", "--profile", "Запад", path)
    assert (missing.exit_code, missing.stderr) == (2, "нет профиля «Запад»\n")
    file.write_text("{}", encoding="utf-8")
    assert command("import", "--profile", file, path).exit_code == 2


def test_a_branch_keeps_the_accounts_of_others_out(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    make_account(number="6900000001", branch=make_branch("tver", name="Тверь"))
    rows = "14.03.2026;7;4600000001;1,00\n14.03.2026;8;6900000001;1,00\n"
    path = write("реестр.csv", PAYMENTS + rows)
    assert command("import", "--branch", "nowhere", path).exit_code == 2
    assert "в карантине 1" in command("import", "--branch", "kursk", path).stdout
    assert LedgerEntry.select().count() == 1


def test_a_file_that_another_takes_back_is_left_to_them(command, write, db):
    make_account(number="4600000001", branch=make_branch())
    path = write("реестр.csv", PAYMENTS + "14.03.2026;7;4600000001;1,00\n")
    command("import", path)
    ImportBatch.update(state=LoadState.UNDOING).execute()
    result = command("import", path)
    assert result.exit_code == 2
    assert "сейчас загружает или отменяет другой" in result.stderr
