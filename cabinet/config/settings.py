"""Settings: read once from the environment and a file, checked together, never changed."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cabinet.config import env_file
from cabinet.config.acquirers import Shop, read_shops
from cabinet.config.watching import WatchSettings, read_watching

DEFAULT_ZONE = ZoneInfo("Europe/Moscow")
MIN_SECRET = 50
MIN_SECRET_VARIETY = 5
MAX_PROXIES = 5


class Mode(StrEnum):
    """How an installation runs."""

    DEMO = "demo"
    PRODUCTION = "production"


class SettingsError(Exception):
    """The settings cannot be used; carries every fault found."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True, slots=True)
class MailSettings:
    """Where mail leaves; without a server it lies as files in the home folder.

    `per_minute` is how many letters leave of those that go to many at once.
    """

    server: str = ""
    port: int = 587
    user: str = ""
    password: str = ""
    use_tls: bool = True
    sender: str = "cabinet@localhost"
    per_minute: int = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class MailboxSettings:
    """Where answers to letters are read over IMAP; without a server nothing is read.

    `address` is the mailbox's own, to which a mail program answers.
    """

    server: str = ""
    port: int = 993
    user: str = ""
    password: str = ""
    use_tls: bool = True
    address: str = ""
    folder: str = "INBOX"

    def __bool__(self) -> bool:
        """Tell whether there is one."""
        return bool(self.server)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything an administrator can change."""

    mode: Mode
    home: Path
    secret_key: str
    database_url: str
    mail: MailSettings
    mailbox: MailboxSettings = MailboxSettings()
    watch: WatchSettings = field(default_factory=WatchSettings)
    public_url: str = ""
    hsts_subdomains: bool = False
    company: str = "Энергосбыт"
    phone: str = "8 800 000-00-00"
    phone_hours: str = "с 8:00 до 20:00"
    head_colour: str = "#12283f"
    wire_colour: str = "#ffc42e"
    zone: ZoneInfo = DEFAULT_ZONE
    trusted_proxies: int = 0
    now: datetime | None = None
    shops: tuple[Shop, ...] = ()
    emulator: str = ""

    @property
    def is_demo(self) -> bool:
        """Tell whether this is the demonstration."""
        return self.mode is Mode.DEMO

    @property
    def words(self) -> dict[str, str]:
        """Return what stands in public documents for the company's own words."""
        return {
            "company": self.company,
            "phone": self.phone,
            "hours": self.phone_hours,
        }

    @property
    def is_https(self) -> bool:
        """Tell whether customers reach the portal over HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the host names the portal answers to; empty means any."""
        host = urlsplit(self.public_url).hostname
        return (host,) if host else ()


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings of the environment and of the file of settings.

    The file is the one CABINET_SETTINGS names, else `cabinet.env` of the home folder, if
    it is there; the environment wins. `NAME_FILE` beats `NAME` for the secrets. In demo
    mode a missing secret key is made and kept in the home folder; in production it is a
    fault. Raises SettingsError with every fault at once.
    """
    return _Reader(env_file.Given(environ)).settings()


def names() -> set[str]:
    """Return the name of every setting there is, those of secret files too."""
    given = env_file.Given({env_file.WHERE: os.devnull})
    with suppress(SettingsError):
        _Reader(given).settings()
    return given.asked


class _Reader:
    """Collects values and faults."""

    def __init__(self, environ: env_file.Given) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def settings(self) -> Settings:
        mode = self._mode()
        home = Path(self.environ.get(env_file.HOME) or env_file.USUAL_HOME).absolute()
        settings = Settings(
            mode=mode,
            home=home,
            secret_key=self._secret_key(mode, home),
            database_url=self._database_url(home),
            mail=self._mail(),
            mailbox=self._mailbox(),
            watch=self._watch(),
            public_url=self._public_url(mode),
            hsts_subdomains=self._flag("CABINET_HSTS_SUBDOMAINS"),
            company=self.environ.get("CABINET_COMPANY") or "Энергосбыт",
            phone=self.environ.get("CABINET_PHONE") or "8 800 000-00-00",
            phone_hours=self.environ.get("CABINET_PHONE_HOURS") or "с 8:00 до 20:00",
            head_colour=self._colour("CABINET_HEAD_COLOUR", "#12283f"),
            wire_colour=self._colour("CABINET_WIRE_COLOUR", "#ffc42e"),
            zone=self._zone(),
            trusted_proxies=self._whole("CABINET_TRUSTED_PROXIES", 0, MAX_PROXIES),
            now=self._now(mode),
            shops=self._shops(mode),
            emulator=self._emulator(mode),
        )
        faults = [
            *self.environ.faults,
            *self.environ.unknown(),
            *map(self.environ.told, self.faults),
        ]
        if faults:
            raise SettingsError(faults)
        return settings

    def _secret(self, name: str) -> str:
        path, value = self.environ.get(f"{name}_FILE"), self.environ.get(name)
        # What stands in the environment beats the file of settings, in either form.
        is_outer = self.environ.is_outer(name)
        if not path or (is_outer and not self.environ.is_outer(f"{name}_FILE")):
            return value
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            self.faults.append(f"{name}_FILE cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            self.faults.append(
                f"{name}_FILE holds no text: make it of letters and digits"
            )
        return ""

    def _mode(self) -> Mode:
        word = self.environ.get("CABINET_MODE") or Mode.PRODUCTION
        try:
            return Mode(word)
        except ValueError:
            self.faults.append(f"CABINET_MODE is demo or production, not {word!r}")
            return Mode.PRODUCTION

    def _secret_key(self, mode: Mode, home: Path) -> str:
        key = self._secret("CABINET_SECRET_KEY")
        if not key and mode is Mode.DEMO:
            try:
                return _kept_secret(home)
            except OSError as error:
                self.faults.append(f"CABINET_HOME, {home}: {error.strerror}")
                return ""
        if len(key) < MIN_SECRET or len(set(key)) < MIN_SECRET_VARIETY:
            self.faults.append(
                "CABINET_SECRET_KEY (or CABINET_SECRET_KEY_FILE) needs at least"
                f" {MIN_SECRET} random characters"
            )
        return key

    def _database_url(self, home: Path) -> str:
        url = (
            self._secret("CABINET_DATABASE_URL") or f"sqlite:///{home}/cabinet.sqlite3"
        )
        if not _is_database(url):
            self.faults.append(
                "CABINET_DATABASE_URL begins with sqlite:/// or postgresql://"
                " and is a whole address; nodes of one Postgres stand side by side,"
                " like postgresql://user@one:5432,two:5432/name"
            )
        return url

    def _mail(self) -> MailSettings:
        return MailSettings(
            server=self.environ.get("CABINET_MAIL_SERVER", ""),
            port=self._whole("CABINET_MAIL_PORT", 587, 65535),
            user=self.environ.get("CABINET_MAIL_USER", ""),
            password=self._secret("CABINET_MAIL_PASSWORD"),
            use_tls=self._flag("CABINET_MAIL_TLS", default="1"),
            sender=self.environ.get("CABINET_MAIL_SENDER") or "cabinet@localhost",
            per_minute=self._whole("CABINET_MAIL_PER_MINUTE", 120, 100_000),
        )

    def _mailbox(self) -> MailboxSettings:
        server = self.environ.get("CABINET_MAILBOX_SERVER", "")
        made = MailboxSettings(
            server=server,
            port=self._whole("CABINET_MAILBOX_PORT", 993, 65535),
            user=self.environ.get("CABINET_MAILBOX_USER", ""),
            password=self._secret("CABINET_MAILBOX_PASSWORD"),
            use_tls=self._flag("CABINET_MAILBOX_TLS", default="1"),
            address=self.environ.get("CABINET_MAILBOX_ADDRESS", ""),
            folder=self.environ.get("CABINET_MAILBOX_FOLDER") or "INBOX",
        )
        if server and not (made.user and made.password):
            self.faults.append(
                "CABINET_MAILBOX_SERVER needs CABINET_MAILBOX_USER and"
                " CABINET_MAILBOX_PASSWORD (or CABINET_MAILBOX_PASSWORD_FILE)"
            )
        if not all(map(str.isascii, (made.user, made.password, made.folder))):
            self.faults.append(
                "CABINET_MAILBOX_USER, _PASSWORD and _FOLDER go over IMAP in ASCII"
                " only; name the folder as the server does"
            )
        if server and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", made.address):
            self.faults.append(
                "CABINET_MAILBOX_ADDRESS is the address answers come to, like"
                " answers@example.org"
            )
        return made

    def _watch(self) -> WatchSettings:
        token = self._secret("CABINET_METRICS_TOKEN")
        read, faults = read_watching(self.environ.get, token)
        self.faults += faults
        return read

    def _public_url(self, mode: Mode) -> str:
        url = self.environ.get("CABINET_PUBLIC_URL", "").rstrip("/")
        if (url or mode is Mode.PRODUCTION) and not _is_origin(url):
            self.faults.append(
                "CABINET_PUBLIC_URL is the https:// address customers open, a host and"
                " nothing after it"
            )
        elif mode is Mode.PRODUCTION and not url.startswith("https://"):
            self.faults.append(
                "CABINET_PUBLIC_URL is the https:// address customers open"
            )
        return url

    def _colour(self, name: str, default: str) -> str:
        colour = self.environ.get(name) or default
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            self.faults.append(f"{name} is a colour like {default}, not {colour!r}")
            return default
        return colour.lower()

    def _zone(self) -> ZoneInfo:
        name = self.environ.get("CABINET_ZONE") or "Europe/Moscow"
        try:
            return ZoneInfo(name)
        except (LookupError, OSError, ValueError):
            self.faults.append(f"CABINET_ZONE is like Europe/Moscow, not {name!r}")
            return DEFAULT_ZONE

    def _flag(self, name: str, default: str = "0") -> bool:
        text = self.environ.get(name) or default
        if text not in {"0", "1"}:
            self.faults.append(f"{name} is 1 or 0, not {text!r}")
        return text == "1"

    def _whole(self, name: str, default: int, most: int) -> int:
        text = self.environ.get(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most:
            self.faults.append(f"{name} is a number up to {most}, not {text!r}")
            return default
        return int(text)

    def _now(self, mode: Mode) -> datetime | None:
        text = self.environ.get("CABINET_NOW")
        if not text:
            return None
        if mode is Mode.PRODUCTION:
            self.faults.append("CABINET_NOW moves the demo's clock; unset it here")
            return None
        try:
            now = datetime.fromisoformat(text)
        except ValueError:
            now = None
        if now is None or now.tzinfo is None:
            self.faults.append(
                "CABINET_NOW is a moment with its offset, like"
                f" 2026-11-22T12:00:00+03:00, not {text!r}"
            )
            return None
        return now

    def _emulator(self, mode: Mode) -> str:
        url = self.environ.get("CABINET_EMULATOR", "").rstrip("/")
        if url and mode is Mode.PRODUCTION:
            self.faults.append("CABINET_EMULATOR is a practice bank; unset it here")
        elif url and not _is_origin(url):
            self.faults.append("CABINET_EMULATOR is like http://127.0.0.1:8010")
        return url

    def _shops(self, mode: Mode) -> tuple[Shop, ...]:
        path = self.environ.get("CABINET_ACQUIRERS")
        if not path:
            return ()
        is_production = mode is Mode.PRODUCTION
        shops, faults = read_shops(Path(path), is_production=is_production)
        self.faults += faults
        return shops


def _is_origin(url: str) -> bool:
    """Tell whether the address is a scheme and a host, from which hosts are trusted."""
    return re.fullmatch(r"https?://[\w.-]+(:[0-9]{1,5})?", url) is not None


def _is_database(url: str) -> bool:
    """Tell whether the address has a scheme of ours and ports that can be."""
    try:
        parts = urlsplit(url)
        servers = parts.netloc.rpartition("@")[2].split(",")
        ports = [urlsplit(f"//{server}").port for server in servers]
    except ValueError:
        return False
    return parts.scheme in {"sqlite", "postgresql"} and 0 not in ports


def _kept_secret(home: Path) -> str:
    path = home / "secret-key"
    if not path.exists() or not path.stat().st_size:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = home / f"secret-key.{os.getpid()}"
        part.touch(mode=0o600)
        part.write_text(secrets.token_hex(32), encoding="ascii")
        # Whole or not at all: an empty key would sign nothing.
        part.replace(path)
    return path.read_text(encoding="ascii").strip()
