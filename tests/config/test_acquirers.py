"""The file of shops: read whole, or every fault told at once."""

import tomllib
from ipaddress import ip_network
from pathlib import Path

import certifi
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cabinet.config import SettingsError, load
from cabinet.config.acquirers import BASE_URLS, YOOKASSA_NETWORKS, Shop
from cabinet.emulator.shops import demo_shops

DEMO = {"CABINET_MODE": "demo"}
PRODUCTION = {
    "CABINET_MODE": "production",
    "CABINET_SECRET_KEY": "0123456789abcdef" * 4,
    "CABINET_PUBLIC_URL": "https://lk.example.ru",
}

LEAST = """
[[shop]]
name = "kursk"
provider = "yookassa"
branches = ["kursk"]
login = "100500"
password = "live_secret"
"""


@pytest.fixture
def read(tmp_path):
    """Read the text as an installation does; the settings' shops come back."""

    def shops(text, mode=PRODUCTION):
        path = tmp_path / "acquirers.toml"
        path.write_text(text)
        environ = {
            **mode,
            "CABINET_HOME": str(tmp_path),
            "CABINET_ACQUIRERS": str(path),
        }
        return load(environ).shops

    return shops


@pytest.fixture
def faults(read):
    """Return what is told of a file that cannot be used."""

    def told(text, mode=PRODUCTION):
        with pytest.raises(SettingsError) as caught:
            read(text, mode)
        return caught.value.faults

    return told


def test_without_a_file_there_is_no_shop(tmp_path):
    assert load({**PRODUCTION, "CABINET_HOME": str(tmp_path)}).shops == ()


def test_the_least_of_a_shop_is_enough(read):
    assert read(LEAST) == (
        Shop(
            name="kursk",
            provider="yookassa",
            branches=("kursk",),
            base_url="https://api.yookassa.ru/v3/",
            login="100500",
            connect_seconds=3.0,
            total_seconds=10.0,
            methods=("card",),
            password="live_secret",
            networks=YOOKASSA_NETWORKS,
            page_origins=(
                "https://api.yookassa.ru",
                "https://yoomoney.ru",
                "https://yookassa.ru",
            ),
        ),
    )


def test_every_setting_is_read(read, tmp_path):
    (tmp_path / "password").write_text("from-the-file\n")
    (tmp_path / "notice").write_text("notice-key\n")
    key = rsa.generate_private_key(65537, 2048).public_key()
    (tmp_path / "bank.pem").write_bytes(
        key.public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    )
    text = f"""
    [[shop]]
    name = "tula-sber"
    provider = "sberbank"
    branches = ["tula", "orel"]
    base_url = "https://3dsec.sberbank.ru/payment/rest"
    login = "energo-api"
    password = "not this one"
    password_file = "password"
    notice_secret_file = "notice"
    notice_certificate = "{tmp_path}/bank.pem"
    certificates = "{certifi.where()}"
    connect_seconds = 2
    total_seconds = 8.5
    networks = ["84.252.147.0/24", "2a02:5180::/32"]
    methods = ["card", "sbp"]
    page_origins = ["https://3dsec.sberbank.ru", "https://pay.example.ru:8443"]
    receipts = true
    vat_code = 12
    tax_system = 1
    provider_vat = "15"
    most_roubles = 15000
    """
    assert read(text) == (
        Shop(
            name="tula-sber",
            provider="sberbank",
            branches=("tula", "orel"),
            base_url="https://3dsec.sberbank.ru/payment/rest/",
            login="energo-api",
            password="from-the-file",
            notice_secret="notice-key",
            notice_certificate=tmp_path / "bank.pem",
            certificates=Path(certifi.where()),
            connect_seconds=2.0,
            total_seconds=8.5,
            networks=(ip_network("84.252.147.0/24"), ip_network("2a02:5180::/32")),
            methods=("card", "sbp"),
            page_origins=("https://3dsec.sberbank.ru", "https://pay.example.ru:8443"),
            receipts=True,
            vat_code=12,
            tax_system=1,
            provider_vat="15",
            most_roubles=15_000,
        ),
    )


@pytest.mark.parametrize("provider", BASE_URLS)
def test_each_provider_has_its_address(read, provider):
    text = LEAST.replace("yookassa", provider) + "receipts = false\n"
    (shop,) = read(text)
    assert shop.base_url == BASE_URLS[provider]
    assert bool(shop.networks) is (provider == "yookassa")
    assert shop.base_url.startswith(shop.page_origins[0] + "/")


def test_networks_may_be_taken_away(read):
    assert read(LEAST + "networks = []\n")[0].networks == ()


def test_a_secret_is_not_in_the_text_of_a_shop(read):
    (shop,) = read(LEAST + 'notice_secret = "other_secret"\n')
    assert "secret'" not in repr(shop)
    assert "live_secret" not in repr(shop)
    assert "other_secret" not in repr(shop)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("vat_code = 13", "vat_code is a number from 1 to 12"),
        ("vat_code = true", "vat_code is a number from 1 to 12"),
        ("tax_system = 0", "tax_system is a number from 1 to 6"),
        ("tax_system = '1'", "tax_system is a number from 1 to 6"),
        ("connect_seconds = 0", "connect_seconds is a number of seconds up to 30"),
        ("most_roubles = 0", "most_roubles is a number from 1 to 1000000"),
        ("most_roubles = 99.5", "most_roubles is a number from 1 to 1000000"),
        ("total_seconds = 31", "total_seconds is a number of seconds up to 30"),
        ("total_seconds = nan", "total_seconds is a number of seconds up to 30"),
        ("total_seconds = '5'", "total_seconds is a number of seconds up to 30"),
        ("total_seconds = 2.9", "connect_seconds is not more than total_seconds"),
        ("networks = '185.71.76.0/27'", "networks is a list like"),
        ("networks = ['185.71.76.1/27']", "networks is a list like"),
        ("networks = [1]", "networks is a list like"),
        ("methods = []", "methods is a list of texts"),
        ("methods = ['cash']", "methods are of card, sbp"),
        ("methods = ['card', 'card']", "methods are of card, sbp"),
        ("page_origins = []", "page_origins is a list of texts"),
        ("page_origins = ['https://x.ru/a']", "page_origins are like"),
        ("page_origins = ['https://x.ru; img-src *']", "page_origins are like"),
        ("page_origins = ['https://*.x.ru']", "page_origins are like"),
        ("page_origins = ['http://x.ru']", "page_origins are like"),
        ("receipts = 'no'", "receipts is true or false"),
        ("certificates = 'none.pem'", "certificates cannot be read: No such file"),
        ("certificates = 'acquirers.toml'", "certificates cannot be read"),
        ("notice_certificate = 'none.pem'", "notice_certificate cannot be read"),
        ("notice_certificate = 'acquirers.toml'", "is no certificate or key of RSA"),
        ("notice_secret_file = 'none'", "notice_secret_file cannot be read: No such"),
        ("notice_secret = 5", "notice_secret is a text"),
        ("provider_vat = 14", "provider_vat is a text"),
        ("pasword = 'x'", "'pasword' is not known"),
        ("base_url = ''", "base_url is a text"),
        ("base_url = 'api.yookassa.ru/v3'", "base_url is an https:// address"),
        ("base_url = 'ftp://api.yookassa.ru/'", "base_url is an https:// address"),
        ("base_url = 'https://'", "base_url is an https:// address"),
        ("base_url = 'https://[::1'", "base_url is an https:// address"),
        ("base_url = 'https://x.ru:0/'", "base_url is an https:// address"),
        ("base_url = 'https://x.ru:99999/'", "base_url is an https:// address"),
        ("base_url = 'https://me@x.ru/'", "base_url is an https:// address"),
        ("base_url = 'https://x.ru/?a=b'", "base_url is an https:// address"),
        ("base_url = 'http://api.yookassa.ru/v3/'", "base_url is an https:// address"),
        ("base_url = 'https://localhost/'", "base_url is this very machine"),
        ("base_url = 'https://a.localhost/'", "base_url is this very machine"),
        ("base_url = 'https://127.0.0.2/'", "base_url is this very machine"),
        ("base_url = 'https://[::1]/'", "base_url is this very machine"),
        ("base_url = 'https://0.0.0.0/'", "base_url is this very machine"),
        ("base_url = 'https://[::ffff:127.0.0.1]/'", "base_url is this very machine"),
    ],
)
def test_a_wrong_setting_is_told(faults, line, told):
    (fault,) = faults(LEAST + line + "\n")
    assert fault.startswith("CABINET_ACQUIRERS, shop 'kursk': ")
    assert told in fault


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('name = "kursk"', "name is a text"),
        ('provider = "yookassa"', "provider is a text"),
        ('branches = ["kursk"]', "branches is a list of texts"),
        ('login = "100500"', "login is a text"),
        ('password = "live_secret"', "password or password_file is needed"),
    ],
)
def test_what_is_missing_is_told(faults, line, told):
    assert any(told in fault for fault in faults(LEAST.replace(line, "")))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"kursk"\np', '"Курск"\np', "name is of small Latin letters"),
        ('"kursk"\np', '"a/b"\np', "name is of small Latin letters"),
        ('"yookassa"', '"robokassa"', "provider is one of yookassa, sberbank, tbank"),
        ('["kursk"]', "[]", "branches is a list of texts"),
        ('["kursk"]', '"kursk"', "branches is a list of texts"),
        ('["kursk"]', '["kursk", ""]', "branches is a list of texts"),
        ('"100500"', "100500", "login is a text"),
        ('"live_secret"', '" "', "password is a text"),
    ],
)
def test_what_is_written_wrong_is_told(faults, old, new, told):
    text = LEAST.replace(old, new)
    assert text != LEAST
    assert any(told in fault for fault in faults(text))


def test_a_secret_file_that_is_no_text_is_told(faults, tmp_path):
    (tmp_path / "password").write_bytes(b"\xff\xfe")
    told = faults(LEAST + 'password_file = "password"\n')
    assert "password_file is not a text" in told[0]


def test_a_key_that_is_not_rsa_is_told(faults, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "bank.pem").write_bytes(
        key.public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    )
    (fault,) = faults(LEAST + 'notice_certificate = "bank.pem"\n')
    assert "notice_certificate is no certificate or key of RSA" in fault


def test_a_rate_that_sberbank_has_no_code_for_is_asked_of_the_administrator(faults):
    text = LEAST.replace("yookassa", "sberbank")
    (fault,) = faults(text)
    assert "provider_vat is the bank's taxType" in fault


def test_an_older_rate_needs_no_code(read):
    text = LEAST.replace("yookassa", "sberbank") + "vat_code = 1\n"
    assert read(text)[0].provider_vat == ""


def test_two_shops_of_one_name_are_told(faults):
    (fault,) = faults(LEAST + LEAST)
    assert fault == "CABINET_ACQUIRERS: there are several shops 'kursk'"


def test_the_faults_of_all_shops_and_settings_are_told_at_once(faults):
    text = (
        LEAST
        + "vat_code = 0\ntax_system = 9\n"
        + LEAST.replace('name = "kursk"', "")
        + "receipts = 1\n"
    )
    mode = {**PRODUCTION, "CABINET_PUBLIC_URL": "http://lk.example.ru"}
    told = "\n".join(faults(text, mode))
    for part in (
        "CABINET_PUBLIC_URL",
        "shop 'kursk': vat_code",
        "shop 'kursk': tax_system",
        "shop No 2: name",
        "shop No 2: receipts",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is no [[shop]]"),
        ("[shop]\nname = 'kursk'", "each shop begins with [[shop]]"),
        ("shop = ['kursk']", "each shop begins with [[shop]]"),
        ("[[shop", "is not TOML"),
        (LEAST + "[[bank]]\n", "'bank' is not known"),
    ],
)
def test_a_file_of_another_shape_is_told(faults, text, told):
    assert any(told in fault for fault in faults(text))


def test_a_missing_file_and_one_that_is_no_text_are_told(tmp_path):
    path = tmp_path / "acquirers.toml"
    environ = {**PRODUCTION, "CABINET_ACQUIRERS": str(path)}
    with pytest.raises(
        SettingsError, match="CABINET_ACQUIRERS cannot be read: No such"
    ):
        load(environ)
    path.write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="CABINET_ACQUIRERS is not TOML"):
        load(environ)


def test_the_demo_may_speak_to_an_emulator_beside_it(read):
    text = LEAST + 'base_url = "http://127.0.0.1:8090/yookassa/v3"\n'
    (shop,) = read(text, DEMO)
    assert shop.base_url == "http://127.0.0.1:8090/yookassa/v3/"
    assert shop.page_origins[0] == "http://127.0.0.1:8090"
    text += 'page_origins = ["http://127.0.0.1:8091"]\n'
    assert read(text, DEMO)[0].page_origins == ("http://127.0.0.1:8091",)


@pytest.mark.parametrize("guide", ["docs/ru/README.md"])
def test_the_example_of_the_guide_is_read(read, tmp_path, guide):
    whole = Path(guide).read_text(encoding="utf-8")
    text = whole.partition("```toml\n")[2].partition("```")[0]
    names = [shop["name"] for shop in tomllib.loads(text)["shop"]]
    (tmp_path / "root.pem").write_bytes(Path(certifi.where()).read_bytes())
    for file in ("kursk", "tula", "tula-notices", "orel"):
        (tmp_path / file).write_text("a secret")
    text = text.replace("/etc/cabinet/russian_trusted_root_ca.pem", "root.pem")
    text = text.replace("/etc/cabinet/secrets/", "")
    assert [shop.name for shop in read(text)] == names


TRIALS = [
    (LEAST.replace("live_secret", "test_secret"), "password is the key of a test shop"),
    (
        LEAST.replace("yookassa", "tbank").replace("100500", "1700000000DEMO"),
        "login is a test terminal",
    ),
    (LEAST + "trial = true\n", "trial: a trial shop"),
]


@pytest.mark.parametrize(("text", "why"), TRIALS, ids=["key", "terminal", "marked"])
def test_play_money_is_refused_in_production_only(read, faults, text, why):
    (fault,) = faults(text)
    assert f"{why}" in fault
    assert "takes no money" in fault
    (shop,) = read(text, DEMO)
    assert shop.is_trial is ("trial" in text)


def test_the_demonstrations_shops_are_trial_ones():
    shops = demo_shops("http://127.0.0.1:8091")
    assert shops
    assert all(shop.is_trial for shop in shops)
