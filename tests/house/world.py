"""Alice, everybody around her, and what of hers nobody else may see."""

import hashlib
import secrets
import uuid
from datetime import date, timedelta
from types import SimpleNamespace

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.papers import PaperKind
from cabinet.domain.payments.difference import Difference
from cabinet.domain.period import Month
from cabinet.domain.questions import Author
from cabinet.domain.registration import TokenPurpose
from cabinet.models import (
    AccessRemoval,
    AccountAccess,
    BillDraft,
    BillHold,
    BillRun,
    ColumnProfile,
    Consent,
    HomeNote,
    ImportBatch,
    ImportRow,
    Invitation,
    Leaving,
    LedgerEntry,
    OutFile,
    Paper,
    PersonalKey,
    QuestionFile,
    QuestionMessage,
    ReadyAnswer,
    Reconciliation,
    ReconciliationItem,
    Refund,
    RegistrationRequest,
    Session,
    User,
)
from cabinet.models.base import writing
from cabinet.services import consents, documents, erasure, files, sessions, tokens
from cabinet.services.audit import Actor
from cabinet.services.readings import guest, ticket
from tests import factories
from tests.house.policy.rules import CUSTOMERS, SURE_STAFF

#: What stands in answers about Alice's account and in no other.
HER_MARKS = (
    "460000000017",
    "4600 0000 0017",
    "Вяземская",
    "Задорожная",
    "77665544",
    "Код домофона 38",
    "СЧ-3141",
    "her paper",
    "her export",
    "her out file",
    "her load",
    "her waiting row",
    "wanted.example",
    "niece@example.org",
    "her question",
    "invited@example.org",
)
#: Her money: not for who only sends readings either.
HER_MONEY = ("731,59",)

DAY = timedelta(days=1)


class World:
    """The rows of the matrix, and a browser for each actor."""

    def __init__(self, app, now):
        self.app = app
        self.now = now
        self._make_hers()
        self.users = {}
        self._make_customers()
        self._make_staff()
        self._make_around()
        self.question = self.new_question()
        self.open = [row.id for row in AccountAccess.select() if row.ended_at is None]
        statics = app.extensions["cabinet.statics"]
        self.asset = next(iter(statics.by_path)).removeprefix("/s/")
        folder = app.extensions["cabinet.settings"].home / "mail"
        folder.mkdir(exist_ok=True)
        letter = b"Subject: x\nDate: Sun, 22 Nov 2026 09:00:00 +0000\n\nx\n"
        (folder / "00000001.eml").write_bytes(letter)

    def client(self, actor):
        """Return a browser in which the actor has just signed in, if at all."""
        client = self.app.test_client()
        if actor != "anonymous":
            sid = secrets.token_urlsafe(32)
            self.new_session(actor, sid)
            client.set_cookie("sid", sid)
        return client

    def new_session(self, actor, sid=None):
        """Open a session of the actor and return its id."""
        user = self.users[actor]
        seen = self.now - (DAY if actor == "idle" else timedelta(0))
        return Session.create(
            sid_hash=sessions.hash_of(sid or secrets.token_urlsafe(32)),
            user=user,
            created_at=self.now - 2 * DAY,
            last_seen_at=seen,
            expires_at=self.now - DAY if actor == "expired" else self.now + DAY,
            idle_minutes=30 if actor == "idle" or user.role.is_staff else None,
            has_factor=actor != "half",
            sure_until=self.now + DAY if actor in SURE_STAFF else None,
            revoked_at=self.now if actor == "ended" else None,
        ).id

    def new_key(self, actor, scope):
        """Return the id and the secret of a new key of the actor."""
        secret = secrets.token_urlsafe(32)
        row = PersonalKey.create(
            user=self.users[actor],
            scope=scope,
            name="Дом",
            secret_hash=tokens.hash_of(secret),
            form_key=secrets.token_hex(16),
            created_at=self.now,
        )
        return row.id, secret

    def key_of(self, actor, scope):
        """Return the key an actor's program comes with; staff and visitors have none."""
        return self.new_key(actor, scope)[1] if actor in CUSTOMERS else "none"

    def new_request(self, state, **values):
        """Return a new wish to see Alice's account.

        Whoever holds its id sees the address it came from, so a draft's is no mark.
        """
        word = secrets.token_hex(8)
        host = "draft.example" if state == "draft" else "wanted.example"
        return RegistrationRequest.create(
            **{
                "public_id": uuid.uuid4(),
                "key": word,
                "state": state,
                "branch": self.account.branch,
                "account_number": self.account.number,
                "account": self.account,
                "email": f"{word}@{host}",
                "created_at": self.now,
                "confirmed_at": None if state == "draft" else self.now,
                "code_expires_at": self.now + DAY,
                **values,
            }
        )

    def new_at_desk(self):
        """Return a cabinet that was opened at the counter and has no password yet."""
        user = User.create(email=None, name="", created_at=self.now)
        return self.new_request("opened", reason="counter", user=user)

    def new_link(self, purpose):
        """Return the secret of a new link of a letter to Alice."""
        context = {
            "email": "alice.anew@example.org",
            "account": self.account.id,
            "meter": str(self.meter.public_id),
        }
        with writing():
            return tokens.issue(
                TokenPurpose(purpose),
                user_id=self.users["alice"].id,
                context=context,
                now=self.now,
            )

    def new_stop_link(self):
        """Return the secret of a link that ends Alice's reminders, which she gets."""
        factories.subscribe(self.users["alice"], self.account, now=self.now)
        return self.new_link("stop-reminders")

    def new_ticket(self):
        """Return what a guest has who named Alice's account and the meter's end."""
        return self._signed(guest.PROVED, self.meter.public_id)

    def new_receipt(self):
        """Return what a guest has who sent Alice's reading."""
        return self._signed(guest.TAKEN, self.reading.public_id)

    def _signed(self, purpose, about):
        return ticket.issue(
            purpose, about, pepper=str(self.app.secret_key), now=self.now
        )

    def new_refund(self):
        """Return what somebody wants back of a payment of hers; another must agree."""
        payment = factories.make_payment(
            self.account, "21,00", self.now, provider_id=secrets.token_hex(8)
        )
        return Refund.create(
            public_id=uuid.uuid4(),
            nonce=uuid.uuid4(),
            key=uuid.uuid4(),
            payment=payment,
            account=self.account,
            amount=Money(1_00),
            why="так",
            requested_by=self.users["half"],
            created_at=self.now,
        )

    def new_note(self):
        """Return what Alice's cabinet tells her of somebody who sees her account."""
        request = self.new_request("opened")
        return HomeNote.create(
            kind="access_added",
            key=secrets.token_hex(8),
            user=self.users["alice"],
            context={"account": self.account.number, "registration": request.id},
            created_at=self.now,
            not_before=self.now,
        )

    def new_access(self):
        """Return the access of somebody else to her account."""
        word = secrets.token_hex(8)
        user = factories.make_customer(f"{word}@wanted.example")
        return factories.give_access(user, self.account)

    def new_removal(self):
        """Return what a specialist did to such an access a moment ago."""
        access = self.new_access()
        AccountAccess.update(ended_at=self.now).where(
            AccountAccess.id == access.id
        ).execute()
        return AccessRemoval.create(
            access=access,
            reason="asked-for",
            made_by=self.users["operator"],
            made_at=self.now,
        )

    def new_announcement(self, **values):
        """Return what her branch tells everybody."""
        return factories.make_announcement(self.account.branch, self.now, **values)

    def new_question(self, **values):
        """Return a question of hers with a file and an answer nobody has seen yet."""
        asker = self.users["alice"]
        return factories.make_question(self.account, asker, self.now, **values)

    def file_of_question(self):
        """Return the file of the question that stays."""
        return (
            QuestionFile.select(QuestionFile.id)
            .join(QuestionMessage)
            .where(QuestionMessage.question == self.question)
            .scalar()
        )

    def fresh_answer(self):
        """Return the answer nobody has seen of the question that stays, a new one."""
        return QuestionMessage.create(
            question=self.question,
            key=secrets.token_hex(16),
            author=Author.STAFF,
            text="an answer",
            at=self.now,
            shown_at=self.now + timedelta(minutes=10),
        ).id

    def new_ready_answer(self):
        """Return a text specialists of her branch answer with."""
        return ReadyAnswer.create(
            branch=self.account.branch,
            key=secrets.token_hex(16),
            title="Замена",
            text="Меняем так.",
            created_at=self.now,
        )

    def new_order(self):
        """Return a recalculation that somebody wants; another must agree."""
        return factories.make_order(self.account, self.users["half"], self.now)

    def entry_of_hers(self):
        """Return the row of the ledger that a payment of hers has."""
        return (
            LedgerEntry.select(LedgerEntry.id)
            .where(
                LedgerEntry.account == self.account,
                LedgerEntry.kind == EntryKind.PAYMENT,
            )
            .scalar()
        )

    def new_difference(self):
        """Return money that only the bank knows of, sent for her account."""
        return ReconciliationItem.create(
            reconciliation=self.run,
            kind=Difference.MISSING_HERE,
            provider_id=secrets.token_hex(8),
            theirs=Money(22_00),
            their_state="succeeded",
            accounts=self.account.number,
        )

    def new_load(self, state):
        """Keep a registry in which her account stands, at a stage of its way in."""
        body = (
            "Дата;Код операции;ЛС;ФИО;Сумма\n"
            f"14.03.2026;{secrets.token_hex(8)};{self.account.number};her load;10,50\n"
        ).encode()
        header = ["Дата", "Код операции", "ЛС", "ФИО", "Сумма"]
        names = ("paid_on", "code", "account", "holder", "amount")
        return ImportBatch.create(
            branch=self.account.branch,
            kind="payments",
            file_name="registry.csv",
            sha256=hashlib.sha256(body).hexdigest(),
            state=state,
            started_at=self.now,
            file=self._file(body, purpose="load"),
            layout={"columns": dict(zip(names, header, strict=True)), "header": header},
        )

    def new_waiting_row(self):
        """Put a payment of somebody unknown into quarantine."""
        code = secrets.token_hex(8)
        return ImportRow.create(
            batch=self.new_load("committed"),
            line=2,
            state="quarantined",
            reason="лицевой счёт не найден",
            raw=["14.03.2026", code, "690000000009", "her waiting row", "10,50"],
        )

    def new_profile(self):
        """Save how files of payments are read."""
        return ColumnProfile.create(
            name=secrets.token_hex(8), kind="payments", layout={}, made_at=self.now
        )

    def _make_out_file(self):
        """Keep a file for other systems in which her account stands."""
        body = f"{self.account.number};her out file".encode()
        return OutFile.create(
            public_id=uuid.uuid4(),
            key=secrets.token_hex(16),
            branch=self.account.branch,
            kind="debts",
            format="sberbank",
            month=Month(2026, 10),
            number=1,
            state="ready",
            asked_at=self.now,
            name="debts.txt",
            file=self._file(body, purpose="out"),
        )

    def new_bill_run(self, state, **values):
        """Return the run of a month of her branch, with her bill as its draft.

        Once it is published she got none.
        """
        BillRun.update(state="cancelled").execute()
        run = factories.make_bill_run(
            self.account, state, self.now, charged="731,59", **values
        )
        if state == "published":
            BillDraft.delete().execute()
            BillHold.create(run=run, account=self.account, reason="by_hand")
        return run

    def mend(self):
        """Give back the accesses that were given up meanwhile."""
        AccountAccess.update(ended_at=None).where(
            AccountAccess.id.in_(self.open), AccountAccess.ended_at.is_null(False)
        ).execute()

    def slug_of_hers(self, actor):
        """Return the actor's own name for Alice's account, hers where there is none."""
        return self._slug(actor, AccountAccess.account == self.account) or self._slug(
            "alice", AccountAccess.account == self.account
        )

    def slug_of_open(self, actor):
        """Return the actor's own name for it if it is open to them, else Alice's."""
        return self._slug(
            actor,
            (AccountAccess.account == self.account) & AccountAccess.id.in_(self.open),
        ) or self.slug_of_hers("alice")

    def slug_of_own(self, actor):
        """Return the actor's name for an account that is open to them."""
        return self._slug(actor, AccountAccess.ended_at.is_null()) or "nowhere0"

    def _slug(self, actor, condition):
        user = self.users.get(actor)
        query = AccountAccess.select(AccountAccess.slug).where(condition)
        return user and query.where(AccountAccess.user == user).scalar()

    def _make_hers(self):
        factories.make_rates()
        factories.make_ranges()
        self.account = factories.make_account(
            number="460000000017",
            holder="Вяземская Алиса Павловна",
            address="Курская область, Курск, ул. Задорожная, д. 5",
        )
        self.meter = factories.make_meter(self.account, serial="77665544")
        self.reading = self._reading(self.meter, comment="Код домофона 38")
        factories.make_reading(
            self.meter,
            "2026-11",
            (94500,),
            state=ReadingState.NEEDS_REVIEW,
            comment="Код домофона 38",
        )
        factories.make_bill(self.account, charged="731,59")
        self.guest_payment = factories.make_payment(self.account, "104,00", self.now)
        file = self._file(b"her paper", purpose="paper")
        self.paper = Paper.create(
            public_id=uuid.uuid4(),
            account=self.account,
            kind=PaperKind.INVOICE,
            number="СЧ-3141",
            month=Month(2026, 10),
            dated_on=date(2026, 11, 1),
            file=file,
            received_at=self.now,
        )

    def _file(self, body, **values):
        content = SimpleNamespace(body=body, media_type="text/plain", sha256="")
        with writing():
            return files.store(content, name="a.txt", now=self.now, **values)

    def _make_around(self):
        """Make what Alice asked for and agreed to, and whom she let in."""
        factories.load_documents()
        alice = self.users["alice"]
        self.payment = factories.make_payment(
            self.account, "731,59", self.now, user=alice
        )
        self.run = Reconciliation.create(
            public_id=uuid.uuid4(),
            shop="kursk-card",
            day=self.now.date(),
            source="register",
            made_at=self.now,
            matched=1,
            differences=1,
        )
        with writing():
            consents.give(
                documents.LETTERS,
                user_id=alice.id,
                channel="cabinet",
                day=self.now.date(),
                actor=Actor(alice.id),
                now=self.now,
            )
        self.consent = Consent.get()
        self.out_file = self._make_out_file()
        self.load = self.new_load("checked")
        self.export = self._file(b"her export", purpose="export", owner_id=alice.id)
        self._customer("niece")
        self.access_of_niece = factories.give_access(
            self.users["niece"], self.account, level="readings", granted_by=alice
        )
        self.invitation = Invitation.create(
            account=self.account,
            invited_by=alice,
            email="invited@example.org",
            level="readings",
            created_at=self.now,
        )

    def _make_customers(self):
        for name in ("alice", "expired", "ended", "idle", "disabled", "erased"):
            self._customer(name)
            factories.give_access(self.users[name], self.account)
        User.update(disabled_at=self.now).where(
            User.id == self.users["disabled"].id
        ).execute()
        levels = {"delegate": "full", "leaving": "full", "reader": "readings"}
        for name, level in levels.items():
            self._customer(name)
            factories.give_access(
                self.users[name],
                self.account,
                level=level,
                granted_by=self.users["alice"],
            )
        Leaving.create(
            user=self.users["leaving"],
            public_id=uuid.uuid4(),
            requested_at=self.now,
            due_at=self.now + 7 * DAY,
        )
        self._customer("stranger")
        self._customer("former")
        self._customer("lapsed")
        self._customer("homeless")
        erasure.erase_user(
            self.users["erased"].id,
            why=erasure.Why.REQUEST,
            home=self.app.extensions["cabinet.settings"].home,
            now=self.now,
        )
        self.users["erased"] = User.get_by_id(self.users["erased"].id)
        for name in ("former", "homeless"):
            factories.give_access(self.users[name], self.account, ended_at=self.now)
        today = self.now.date()
        factories.give_access(self.users["lapsed"], self.account, until=today)
        for number, name in enumerate(("stranger", "former", "lapsed")):
            own = factories.make_account(number=f"46000000009{number}")
            meter = factories.make_meter(own)
            self._reading(meter)
            factories.make_bill(own)
            factories.give_access(self.users[name], own)

    def _customer(self, name):
        user = factories.make_customer(f"{name}@example.org", name="Ольга")
        self.users[name] = User.get_by_id(user.id)

    def _make_staff(self):
        factories.make_branch("tver", name="Тверь")
        for name, role, branch in (
            ("operator", "operator", "kursk"),
            ("unsure", "operator", "kursk"),
            ("half", "operator", "kursk"),
            ("supervisor", "supervisor", "kursk"),
            ("other_operator", "operator", "tver"),
            ("other_supervisor", "supervisor", "tver"),
            ("admin", "admin", None),
        ):
            branches = (branch,) if branch else ()
            user = factories.make_staff(
                f"{name}@example.org", role=role, branches=branches
            )
            self.users[name] = User.get_by_id(user.id)

    @staticmethod
    def _reading(meter, **values):
        return factories.make_reading(meter, "2026-10", (4500,), **values)
