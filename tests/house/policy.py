"""Who may what: one line for each route and method, grouped by rule.

A new route takes one line in ROUTES: its rule and, in brackets, the values of its
address and form. A value that belongs to somebody is a Thing: it is Alice's, and the
test asks for one that does not exist as well, which must look the same to strangers.
What follows a `?` in a key tells two lines of one route apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What somebody gets from a route."""

    OPEN = "open"  # the page, the change, or the form with what is wrong in it
    SIGN_IN = "sign-in"  # the way to the sign-in form
    FACTOR = "factor"  # the way to the second half of signing in
    ELSEWHERE = "elsewhere"  # the way to a page that is theirs
    MISSING = "missing"  # 404, whatever there is
    NO_KEY = "no-key"  # a program without a key that works
    TOO_FAR = "too-far"  # a program whose key does not reach so far


#: Who comes without a session that counts: also one whose data were erased, and an
#: operator of her branch who is yet to show the second factor.
NO_SESSION = ("anonymous", "expired", "ended", "idle", "disabled", "erased", "half")
#: Who may see Alice's account: all of it, also in the week in which the own cabinet is to
#: be closed; a reader only sends readings for it.
FULLY = ("alice", "delegate", "leaving")
HERS = (*FULLY, "reader")
#: Customers who may not: with an account of their own, Alice's for a time that is over,
#: the same by its last day, and without any account left.
STRANGERS = ("stranger", "former", "lapsed", "homeless")
WITH_ACCOUNT = (*HERS, *STRANGERS[:-1])
CUSTOMERS = (*HERS, *STRANGERS)
#: An operator and a supervisor of her branch, an operator of another, an admin, all of
#: whom proved lately who they are; and an operator of her branch who did not.
OWN_STAFF = ("operator", "supervisor", "admin", "unsure")
STAFF = (*OWN_STAFF, "other_operator")
SURE_STAFF = tuple(who for who in STAFF if who != "unsure")
ACTORS = (*NO_SESSION, *CUSTOMERS, *STAFF)


@dataclass(frozen=True)
class Thing:
    """Something of Alice's in an address or a form, and one that does not exist."""

    of: Callable[[Any, str], Any]
    missing: Any


@dataclass(frozen=True)
class Line:
    """A route: its rule and the values it is asked with."""

    rule: "Rule"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Whom a route is open to and whom it sends elsewhere; others miss it.

    Without a session that counts there is the way to sign in, unless it is `public`.
    `known` is what of hers whoever comes knows already and may see again. Programs come
    with a key of the scope `key` in place of a session; `reach` is how far it must go.
    """

    opens: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    public: bool = False
    known: tuple[str, ...] = ()
    key: str = ""
    reach: str = ""

    def __call__(self, **values: Any) -> Line:
        """Return the line of a route under this rule."""
        return Line(self, values)

    def outcome(self, actor: str) -> Outcome:
        """Return what the actor gets."""
        if self.key and actor not in CUSTOMERS:
            return Outcome.NO_KEY
        if self.key and self.reach and self.key != self.reach:
            return Outcome.NO_KEY if self.key == "calendar" else Outcome.TOO_FAR
        if actor in self.opens:
            return Outcome.OPEN
        if actor in self.elsewhere:
            return Outcome.ELSEWHERE
        if actor in NO_SESSION and not self.public:
            return Outcome.FACTOR if actor == "half" else Outcome.SIGN_IN
        return Outcome.MISSING


#: For everybody; who is not signed in yet; and everybody but staff.
PUBLIC = Rule(opens=ACTORS, public=True)
VISITORS = Rule(opens=NO_SESSION, elsewhere=(*CUSTOMERS, *STAFF), public=True)
NOT_STAFF = Rule(opens=(*NO_SESSION, *CUSTOMERS), elsewhere=STAFF, public=True)
#: For who holds a link from a letter, also after signing in; asked with a wrong one.
LINK = Rule(public=True)
LINK_SIGNED_IN = Rule()
#: The same, where the form is sent anew: it says 409 and where to go on.
LINK_SENT = Rule(opens=ACTORS, public=True)
#: For who holds a link or a ticket to her meter: the number of the account is theirs.
METER_LINK = Rule(opens=ACTORS, public=True, known=("460000000017", "4600 0000 0017"))

#: Whoever is signed in, on a page of their own.
SIGNED_IN = Rule(opens=(*CUSTOMERS, *STAFF))
CUSTOMER = Rule(opens=CUSTOMERS)
#: The second half of signing in; and what staff change who are asked again who they are.
HALF = Rule(opens=("half",), elsewhere=(*CUSTOMERS, *STAFF))
SURE = Rule(opens=SURE_STAFF, elsewhere=("unsure",))
SURE_OR_HALF = Rule(opens=SURE_STAFF, elsewhere=("unsure", "half"))
HOME = Rule(opens=CUSTOMERS, elsewhere=STAFF)
#: Pages of the customer's own chosen account: on any level, and on the full one.
ACCOUNT = Rule(opens=WITH_ACCOUNT, elsewhere=("homeless",))
FULL_LEVEL = Rule(
    opens=tuple(who for who in WITH_ACCOUNT if who != "reader"),
    elsewhere=("homeless",),
)

#: What belongs to Alice's account, by level; the second ask for no account first.
THING = Rule(opens=HERS, elsewhere=("homeless",))
FULL_THING = Rule(opens=FULLY, elsewhere=("homeless",))
CHOICE = Rule(opens=HERS)
#: Programs of customers: with the key of anybody, of who may see her account, of who may
#: see its money, to send readings; and with one that does not reach so far.
PROGRAM = Rule(opens=CUSTOMERS, key="read")
HER_PROGRAM = Rule(opens=HERS, key="read")
HER_FULL_PROGRAM = Rule(opens=FULLY, key="read")
HER_SENDER = Rule(opens=HERS, key="submit", reach="submit")
A_READER = Rule(key="read", reach="submit")
A_CALENDAR = Rule(key="calendar", reach="read")
#: What belongs to Alice herself, or to her as the owner: nobody else has a part in it.
ALICE_ALONE = Rule(opens=("alice",))
OWNER = Rule(opens=("alice",), elsewhere=("homeless",))

#: The back office: any of it, Alice's branch, and what only an admin may.
WORKPLACE = Rule(opens=STAFF)
HER_BRANCH = Rule(opens=OWN_STAFF)
#: The same, asked for by the number of her account.
HER_NUMBER = Rule(opens=OWN_STAFF, known=("460000000017", "4600 0000 0017"))
#: What moves money of her branch: who is asked again who they are comes back later.
SURE_BRANCH = Rule(
    opens=tuple(who for who in OWN_STAFF if who != "unsure"), elsewhere=("unsure",)
)
#: The same, asked for by the number of her account.
SURE_NUMBER = Rule(
    opens=tuple(who for who in OWN_STAFF if who != "unsure"),
    elsewhere=("unsure",),
    known=("460000000017", "4600 0000 0017"),
)
#: What changes the bills of all her branch.
HER_CHIEFS = Rule(opens=("supervisor", "admin"))
ADMIN = Rule(opens=("admin",))


NO_UUID = "00000000-0000-4000-8000-000000000000"
READING = Thing(lambda world, _: world.reading.public_id, NO_UUID)
METER = Thing(lambda world, _: world.meter.public_id, NO_UUID)
PAPER = Thing(lambda world, _: world.paper.public_id, NO_UUID)
#: A new one each time: it is ended by asking.
SESSION = Thing(lambda world, _: world.new_session("alice"), 10**9)
#: The actor's own name for Alice's account, hers for who has none; and for an own one.
SLUG = Thing(lambda world, actor: world.slug_of_hers(actor), "nowhere0")
#: The same, but hers for whom it is over: leaving twice is leaving once.
OPEN_SLUG = Thing(lambda world, actor: world.slug_of_open(actor), "nowhere0")
OWN_SLUG = Thing(lambda world, actor: world.slug_of_own(actor), None)
#: What her cabinet tells her; a new one each time: it is closed by asking.
NOTE = Thing(lambda world, _: world.new_note().id, 10**9)
#: What she let in, whom she asked and what she had gathered.
ACCESS = Thing(lambda world, _: world.access_of_niece.id, 10**9)
#: One that a specialist may end, and one that was just ended.
LIVE_ACCESS = Thing(lambda world, _: world.new_access().id, 10**9)
ENDED_ACCESS = Thing(lambda world, _: world.new_removal().access_id, 10**9)
INVITATION = Thing(lambda world, _: world.invitation.id, 10**9)
#: A key of hers, new each time, and the secret of her calendar.
KEY = Thing(lambda world, _: world.new_key("alice", "read")[0], 10**9)
CALENDAR = Thing(lambda world, _: world.new_key("alice", "calendar")[1], None)
EXPORT = Thing(lambda world, _: world.export.public_id, NO_UUID)
#: Somebody's wish to see her account, new each time: to be decided once.
REQUEST = Thing(lambda world, _: world.new_request("waiting").public_id, NO_UUID)
AT_DESK = Thing(lambda world, _: world.new_at_desk().public_id, NO_UUID)
DRAFT = Thing(lambda world, _: world.new_request("draft").public_id, NO_UUID)
#: A consent of hers that may be taken back.
CONSENT = Thing(lambda world, _: world.consent.document, "nothing")
#: Links from letters to her and tickets to her meter, new each time.
RESET_LINK = Thing(lambda world, _: world.new_link("reset-password"), None)
EMAIL_LINK = Thing(lambda world, _: world.new_link("change-email"), None)
UNDO_LINK = Thing(lambda world, _: world.new_link("undo-email"), None)
REMINDER_LINK = Thing(lambda world, _: world.new_link("reminder"), None)
STOP_LINK = Thing(lambda world, _: world.new_stop_link(), None)
TICKET = Thing(lambda world, _: world.new_ticket(), None)
PAYMENT = Thing(lambda world, _: world.payment.public_id, NO_UUID)
GUEST_PAYMENT = Thing(lambda world, _: world.guest_payment.public_id, NO_UUID)
#: What her branch tells everybody, new each time, and what it tells no more.
TOLD = Thing(lambda world, _: world.new_announcement().public_id, NO_UUID)
WITHDRAWN = Thing(
    lambda world, _: world.new_announcement(withdrawn_at=world.now).public_id, NO_UUID
)
#: What she asked, new each time; one with a file of hers and a fresh answer.
QUESTION = Thing(lambda world, _: world.new_question().public_id, NO_UUID)
CLOSED_QUESTION = Thing(
    lambda world, _: world.new_question(state="closed").public_id, NO_UUID
)
A_QUESTION = Thing(lambda world, _: world.question.public_id, NO_UUID)
QUESTION_FILE = Thing(lambda world, _: world.file_of_question(), 10**9)
FRESH_ANSWER = Thing(lambda world, _: world.fresh_answer(), 10**9)
READY_ANSWER = Thing(lambda world, _: world.new_ready_answer().id, 10**9)
NUMBER = Thing(lambda world, _: world.account.number, "460000000000")
#: A refund that waits for a second person, and what a bank told differently: new ones.
ENTRY = Thing(lambda world, _: world.entry_of_hers(), 10**9)
ORDER = Thing(lambda world, _: world.new_order().public_id, NO_UUID)
LOAD = Thing(lambda world, _: world.load.public_id, NO_UUID)
#: An import at a stage and a row that waits, new each time: each is decided once.
CHECKED_LOAD = Thing(lambda world, _: world.new_load("checked").public_id, NO_UUID)
STUCK_LOAD = Thing(lambda world, _: world.new_load("running").public_id, NO_UUID)
LOAD_IN = Thing(lambda world, _: world.new_load("committed").public_id, NO_UUID)
WAITING_ROW = Thing(lambda world, _: world.new_waiting_row().id, 10**9)
COLUMN_PROFILE = Thing(lambda world, _: world.new_profile().public_id, NO_UUID)
OUT_FILE = Thing(lambda world, _: world.out_file.public_id, NO_UUID)
REFUND = Thing(lambda world, _: world.new_refund().public_id, NO_UUID)
RUN = Thing(lambda world, _: world.run.public_id, NO_UUID)
BILL_RUN = Thing(lambda world, _: world.new_bill_run("issued").id, 10**9)
PREPARED_RUN = Thing(lambda world, _: world.new_bill_run("prepared").id, 10**9)
DONE_RUN = Thing(lambda world, _: world.new_bill_run("published").id, 10**9)
BROKEN_RUN = Thing(
    lambda world, _: world.new_bill_run("issuing", fault="OSError").id, 10**9
)
DIFFERENCE = Thing(lambda world, _: world.new_difference().id, 10**9)
RECEIPT = Thing(lambda world, _: world.new_receipt(), None)
#: Nobody's, not a Thing: to be asked for by all alike.
ASSET = Thing(lambda world, _: world.asset, None)
MONTH = "2026-10"

ROUTES: dict[str, Line] = {
    # Files and machines.
    "GET /healthz": PUBLIC(),
    "GET /readyz": PUBLIC(),
    "POST /csp-report": PUBLIC(report="{}"),
    "GET /manifest.webmanifest": PUBLIC(),
    "GET /offline": PUBLIC(),
    "GET /s/<string:name>": PUBLIC(name=ASSET),
    "GET /sw.js": PUBLIC(),
    # The demonstration only.
    "GET /demo": PUBLIC(),
    "GET /demo/mail": PUBLIC(),
    "GET /demo/mail/<int:number>": PUBLIC(number=1),
    "GET /documents": PUBLIC(),
    "GET /documents/<string:code>": PUBLIC(code="data-policy"),
    "POST /looks": PUBLIC(large="1", next="/documents"),
    # Getting in: whoever knows the number of a request sees where it stands.
    "GET /registration": NOT_STAFF(),
    "POST /registration": NOT_STAFF(),
    "GET /registration/<uuid:public_id>": PUBLIC(public_id=DRAFT),
    "POST /registration/<uuid:public_id>": PUBLIC(public_id=DRAFT),
    "POST /registration/<uuid:public_id>/code": PUBLIC(public_id=DRAFT),
    "GET /registration/<uuid:public_id>?none": LINK(public_id=NO_UUID),
    "GET /registration/state": PUBLIC(),
    "POST /registration/state": PUBLIC(),
    "GET /registration/card": PUBLIC(),
    "POST /registration/card": PUBLIC(),
    "GET /registration/not-me/<string:secret>": LINK(secret="wrong"),
    "POST /registration/not-me/<string:secret>": LINK_SENT(secret="wrong"),
    "GET /invitations/<string:secret>": LINK(secret="wrong"),
    "POST /invitations/<string:secret>": LINK_SIGNED_IN(secret="wrong"),
    "POST /invitations/<string:secret>/cabinet": LINK(secret="wrong"),
    "GET /invitations/created": PUBLIC(),
    # Readings without signing in: whoever proves the meter learns nothing more.
    "GET /guest/readings": PUBLIC(),
    "POST /guest/readings": PUBLIC(),
    "GET /guest/readings/<string:ticket>": METER_LINK(ticket=TICKET),
    "POST /guest/readings/<string:ticket>": METER_LINK(ticket=TICKET),
    "GET /guest/readings/<string:ticket>?wrong": LINK(ticket="wrong"),
    "POST /guest/readings/<string:ticket>?wrong": LINK_SENT(ticket="wrong"),
    "GET /guest/readings/taken/<string:receipt>": METER_LINK(receipt=RECEIPT),
    "GET /guest/readings/taken/<string:receipt>?wrong": LINK(receipt="wrong"),
    "GET /guest/readings/taken/<string:receipt>?a ticket": LINK(receipt=TICKET),
    "GET /reminders/<string:secret>": METER_LINK(secret=REMINDER_LINK),
    "POST /reminders/<string:secret>": METER_LINK(secret=REMINDER_LINK),
    "GET /reminders/<string:secret>?wrong": LINK(secret="wrong"),
    "POST /reminders/<string:secret>?wrong": LINK_SENT(secret="wrong"),
    "GET /reminders/<string:secret>?to stop": LINK(secret=STOP_LINK),
    "GET /reminders/stop/<string:secret>": METER_LINK(secret=STOP_LINK),
    "POST /reminders/stop/<string:secret>": METER_LINK(secret=STOP_LINK),
    "GET /reminders/stop/<string:secret>?wrong": LINK(secret="wrong"),
    "POST /reminders/stop/<string:secret>?wrong": LINK_SENT(secret="wrong"),
    # Paying without signing in: the account's number is the guest's own.
    "GET /guest/pay": PUBLIC(),
    "POST /guest/pay": PUBLIC(),
    "GET /guest/pay/<uuid:public_id>": METER_LINK(public_id=GUEST_PAYMENT),
    "GET /guest/pay/<uuid:public_id>/receipt.pdf": METER_LINK(public_id=GUEST_PAYMENT),
    "GET /guest/pay/<uuid:public_id>?hers": LINK(public_id=PAYMENT),
    "GET /guest/pay/<uuid:public_id>/receipt.pdf?hers": LINK(public_id=PAYMENT),
    "GET /webhooks/<string:shop>": LINK(shop="nothing"),
    "POST /webhooks/<string:shop>": LINK(shop="nothing"),
    # Signing in.
    "GET /login": VISITORS(),
    "POST /login": PUBLIC(),
    "POST /logout": SIGNED_IN(),
    "GET /profile": SIGNED_IN(),
    "POST /profile/sessions/end-others": SIGNED_IN(),
    "POST /profile/sessions/<int:session_id>/end": ALICE_ALONE(session_id=SESSION),
    # The second factor, and proving again who it is.
    "GET /factor": HALF(),
    "POST /factor": HALF(),
    "GET /factor/recovery": HALF(),
    "POST /factor/recovery": HALF(),
    "GET /factor/enrol": SURE_OR_HALF(),
    "POST /factor/enrol": SURE_OR_HALF(),
    "GET /factor/codes": SURE(),
    "POST /factor/codes": SURE(),
    "GET /factor/sure": SIGNED_IN(),
    "POST /factor/sure": SIGNED_IN(),
    # The password and the e-mail.
    "GET /reset": PUBLIC(),
    "POST /reset": PUBLIC(),
    "GET /password/<string:secret>": PUBLIC(secret=RESET_LINK),
    "POST /password/<string:secret>": PUBLIC(secret=RESET_LINK),
    "GET /password/<string:secret>?wrong": LINK(secret="wrong"),
    "POST /password/<string:secret>?wrong": LINK(secret="wrong"),
    "GET /password/<string:secret>?of the e-mail": LINK(secret=EMAIL_LINK),
    "GET /password/<string:secret>/saved": LINK(secret="wrong"),
    "GET /password/<string:secret>/saved?not yet": LINK(secret=RESET_LINK),
    "GET /profile/password": SIGNED_IN(),
    "POST /profile/password": SIGNED_IN(),
    "GET /profile/email": CUSTOMER(),
    "POST /profile/email": CUSTOMER(),
    "GET /email/confirm/<string:secret>": PUBLIC(secret=EMAIL_LINK),
    "GET /email/confirm/<string:secret>?wrong": LINK(secret="wrong"),
    "GET /email/confirm/<string:secret>?to undo": LINK(secret=UNDO_LINK),
    "POST /email/confirm/<string:secret>": LINK(secret="wrong"),
    "POST /email/confirm/<string:secret>?to undo": LINK(secret=UNDO_LINK),
    "GET /email/changed": PUBLIC(),
    "GET /email/undo/<string:secret>": PUBLIC(secret=UNDO_LINK),
    "GET /email/undo/<string:secret>?wrong": LINK(secret="wrong"),
    "GET /email/undo/<string:secret>?to confirm": LINK(secret=EMAIL_LINK),
    "POST /email/undo/<string:secret>": LINK(secret="wrong"),
    "POST /email/undo/<string:secret>?to confirm": LINK(secret=EMAIL_LINK),
    "GET /email/undone": PUBLIC(),
    # Letters and consents.
    "GET /profile/consents": CUSTOMER(),
    "POST /profile/consents/letters": CHOICE(account=SLUG, letters="bill"),
    "POST /profile/consents/<string:code>/withdraw": ALICE_ALONE(code=CONSENT),
    # Calendars and programs.
    "GET /profile/calendar": CUSTOMER(),
    "POST /profile/calendar": CUSTOMER(),
    "POST /profile/calendar/<int:key_id>/revoke": ALICE_ALONE(key_id=KEY),
    "GET /profile/keys": CUSTOMER(),
    "POST /profile/keys": CUSTOMER(),
    "POST /profile/keys/<int:key_id>/revoke": ALICE_ALONE(key_id=KEY),
    "GET /profile/keys/help": CUSTOMER(),
    "GET /calendar/<string:secret>.ics": PUBLIC(secret=CALENDAR),
    "GET /calendar/<string:secret>.ics?wrong": LINK(secret="wrong"),
    "GET /api/v1/openapi.json": PUBLIC(),
    "GET /api/v1/accounts": PROGRAM(),
    "GET /api/v1/accounts?a calendar": A_CALENDAR(),
    "GET /api/v1/accounts/<string:slug>": HER_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/window": HER_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/meters": HER_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/readings": HER_FULL_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/balance": HER_FULL_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/bills": HER_FULL_PROGRAM(slug=SLUG),
    "GET /api/v1/accounts/<string:slug>/payments": HER_FULL_PROGRAM(slug=SLUG),
    "POST /api/v1/accounts/<string:slug>/meters/<uuid:meter_id>/readings": HER_SENDER(
        slug=SLUG, meter_id=METER
    ),
    "POST /api/v1/accounts/<string:slug>/meters/<uuid:meter_id>/readings?a reader": (
        A_READER(slug=SLUG, meter_id=METER)
    ),
    # Questions to specialists.
    "GET /questions": NOT_STAFF(),
    "POST /questions": NOT_STAFF(),
    "GET /questions/state": PUBLIC(),
    "POST /questions/state": PUBLIC(),
    "POST /questions/state/message": PUBLIC(),
    "POST /questions/state/rating": PUBLIC(),
    "POST /questions/state/files/<int:file_id>": PUBLIC(file_id=10**9),
    "GET /questions/<uuid:public_id>": ALICE_ALONE(public_id=QUESTION),
    "POST /questions/<uuid:public_id>": ALICE_ALONE(public_id=QUESTION, text="ещё"),
    "POST /questions/<uuid:public_id>/rating": ALICE_ALONE(public_id=QUESTION),
    "GET /questions/<uuid:public_id>/files/<int:file_id>": ALICE_ALONE(
        public_id=A_QUESTION, file_id=QUESTION_FILE
    ),
    # What the office tells everybody.
    "GET /news": PUBLIC(),
    "GET /news/<uuid:public_id>": PUBLIC(public_id=TOLD),
    # Leaving.
    "GET /leaving": CUSTOMER(),
    "GET /leaving/close": CUSTOMER(),
    "POST /leaving/close": CUSTOMER(),
    "POST /leaving/undo": CUSTOMER(),
    "GET /leaving/export": CUSTOMER(),
    "POST /leaving/export": CUSTOMER(),
    "GET /leaving/export/<uuid:public_id>": ALICE_ALONE(public_id=EXPORT),
    # The customer's accounts, and whom an owner lets in.
    "GET /profile/accounts": ACCOUNT(),
    "GET /profile/accounts/<string:slug>": THING(slug=SLUG),
    "POST /profile/accounts/<string:slug>": THING(slug=SLUG, label="Дача"),
    "POST /profile/accounts/<string:slug>/move": THING(slug=SLUG, **{"to:0": ""}),
    "GET /profile/accounts/<string:slug>/unlink": THING(slug=SLUG),
    "POST /profile/accounts/<string:slug>/unlink": THING(slug=OPEN_SLUG),
    "GET /profile/accounts/<string:slug>/log": OWNER(slug=SLUG),
    "GET /profile/accounts/<string:slug>/invite": OWNER(slug=SLUG),
    "POST /profile/accounts/<string:slug>/invite": OWNER(slug=SLUG),
    "GET /profile/delegates": ACCOUNT(),
    "POST /profile/delegates/<int:access_id>/end": OWNER(access_id=ACCESS),
    "POST /profile/delegates/invitations/<int:invitation_id>/revoke": OWNER(
        invitation_id=INVITATION
    ),
    # The chosen account.
    "GET /": HOME(),
    "POST /account": CHOICE(account=SLUG),
    "GET /tariffs": ACCOUNT(),
    "GET /readings": ACCOUNT(),
    "GET /readings?meter": THING(meter=METER),
    "POST /readings": THING(account=SLUG, meter=METER),
    "POST /readings?a foreign meter": THING(account=OWN_SLUG, meter=METER),
    "GET /readings/<uuid:public_id>": THING(public_id=READING),
    "GET /readings/<uuid:public_id>.pdf": THING(public_id=READING),
    "POST /readings/<uuid:public_id>/mail": THING(public_id=READING),
    # The chosen account, on the full level.
    "GET /bills": FULL_LEVEL(),
    "GET /bills/<month:month>": FULL_LEVEL(month=MONTH),
    "GET /bills/<month:month>.pdf": FULL_LEVEL(month=MONTH),
    "GET /history": FULL_LEVEL(),
    "GET /history.csv": FULL_LEVEL(),
    "GET /history.xlsx": FULL_LEVEL(),
    "GET /history.xml": FULL_LEVEL(),
    "GET /statement": FULL_LEVEL(),
    "GET /statement.csv": FULL_LEVEL(),
    "GET /statement.xlsx": FULL_LEVEL(),
    "GET /statement.pdf": FULL_LEVEL(),
    "GET /papers": FULL_LEVEL(),
    "GET /papers/<uuid:public_id>": FULL_THING(public_id=PAPER),
    "GET /pay": FULL_LEVEL(),
    "POST /pay": FULL_LEVEL(),
    "GET /pay/<uuid:public_id>": ALICE_ALONE(public_id=PAYMENT),
    "GET /pay/<uuid:public_id>/receipt.pdf": ALICE_ALONE(public_id=PAYMENT),
    # The back office.
    "POST /notes/<int:note_id>/close": ALICE_ALONE(note_id=NOTE),
    "POST /notes/<int:note_id>/not-me": ALICE_ALONE(note_id=NOTE),
    "GET /staff/": WORKPLACE(),
    "GET /staff/accounts": WORKPLACE(),
    "GET /staff/accounts/<string:number>": HER_NUMBER(number=NUMBER),
    "GET /staff/accounts/<string:number>/bills/<month:month>": HER_NUMBER(
        number=NUMBER, month=MONTH
    ),
    "GET /staff/accounts/<string:number>/control-act": HER_NUMBER(number=NUMBER),
    "POST /staff/accounts/<string:number>/control-act": HER_NUMBER(number=NUMBER),
    "GET /staff/accounts/<string:number>/people/<int:access_id>": SURE_NUMBER(
        number=NUMBER, access_id=LIVE_ACCESS
    ),
    "POST /staff/accounts/<string:number>/people/<int:access_id>": SURE_NUMBER(
        number=NUMBER, access_id=LIVE_ACCESS, reason="asked-for"
    ),
    "POST /staff/accounts/<string:number>/people/<int:access_id>/undo": SURE_NUMBER(
        number=NUMBER, access_id=ENDED_ACCESS
    ),
    "GET /staff/accounts/<string:number>/what-if": HER_NUMBER(number=NUMBER),
    "GET /staff/allocations": WORKPLACE(),
    "GET /staff/allocations/<int:entry_id>": HER_BRANCH(entry_id=ENTRY),
    "POST /staff/allocations/<int:entry_id>": HER_BRANCH(
        entry_id=ENTRY, month="2026-10", reason="так"
    ),
    "GET /staff/bills": WORKPLACE(),
    "POST /staff/bills": HER_CHIEFS(),
    "GET /staff/bills/<int:run_id>": HER_BRANCH(run_id=BILL_RUN),
    "GET /staff/bills/<int:run_id>/odd": HER_BRANCH(run_id=BILL_RUN),
    "GET /staff/bills/<int:run_id>/drafts/<string:number>": HER_NUMBER(
        run_id=BILL_RUN, number="460000000017"
    ),
    "GET /staff/bills/<int:run_id>/held": HER_BRANCH(run_id=DONE_RUN),
    "POST /staff/bills/<int:run_id>/drafts/<string:number>/hold": HER_CHIEFS(
        run_id=BILL_RUN, number="460000000017", why="так"
    ),
    "POST /staff/bills/<int:run_id>/issue": HER_CHIEFS(run_id=PREPARED_RUN),
    "POST /staff/bills/<int:run_id>/publish": HER_CHIEFS(run_id=BILL_RUN),
    "POST /staff/bills/<int:run_id>/cancel": HER_CHIEFS(run_id=BILL_RUN),
    "POST /staff/bills/<int:run_id>/resume": HER_CHIEFS(run_id=BROKEN_RUN),
    "GET /staff/loads": WORKPLACE(),
    "POST /staff/loads": WORKPLACE(),
    "GET /staff/loads/<uuid:public_id>": HER_BRANCH(public_id=LOAD),
    "GET /staff/loads/<uuid:public_id>/columns": HER_BRANCH(public_id=LOAD),
    "POST /staff/loads/<uuid:public_id>/columns": HER_BRANCH(public_id=CHECKED_LOAD),
    "POST /staff/loads/<uuid:public_id>/commit": SURE_BRANCH(public_id=CHECKED_LOAD),
    "POST /staff/loads/<uuid:public_id>/resume": HER_BRANCH(public_id=STUCK_LOAD),
    "POST /staff/loads/<uuid:public_id>/drop": HER_BRANCH(public_id=CHECKED_LOAD),
    "POST /staff/loads/<uuid:public_id>/undo": HER_CHIEFS(public_id=LOAD_IN),
    "GET /staff/loads/<uuid:public_id>/faults": SURE_BRANCH(public_id=LOAD),
    "GET /staff/outgoing": WORKPLACE(),
    "POST /staff/outgoing": WORKPLACE(),
    "GET /staff/outgoing/<uuid:public_id>": SURE_BRANCH(public_id=OUT_FILE),
    "GET /staff/outgoing/shapes/<string:branch>/<string:kind>": HER_CHIEFS(
        branch="kursk", kind="readings"
    ),
    "POST /staff/outgoing/shapes/<string:branch>/<string:kind>": HER_CHIEFS(
        branch="kursk", kind="readings"
    ),
    "POST /staff/outgoing/shapes/<string:branch>/<string:kind>/usual": HER_CHIEFS(
        branch="kursk", kind="readings"
    ),
    "GET /staff/payments": WORKPLACE(),
    "GET /staff/payments/<uuid:public_id>": HER_BRANCH(public_id=PAYMENT),
    "POST /staff/payments/<uuid:public_id>/refunds": SURE_BRANCH(public_id=PAYMENT),
    "POST /staff/payments/<uuid:public_id>/refunds/<uuid:refund_id>/approve": (
        SURE_BRANCH(public_id=PAYMENT, refund_id=REFUND)
    ),
    "POST /staff/payments/<uuid:public_id>/refunds/<uuid:refund_id>/reject": (
        HER_BRANCH(public_id=PAYMENT, refund_id=REFUND, why="так")
    ),
    "POST /staff/payments/<uuid:public_id>/dispute": SURE_BRANCH(public_id=PAYMENT),
    "POST /staff/payments/<uuid:public_id>/ask": HER_BRANCH(public_id=PAYMENT),
    "POST /staff/payments/<uuid:public_id>/trust": SURE_BRANCH(
        public_id=PAYMENT, why="так"
    ),
    "POST /staff/payments/<uuid:public_id>/leave": HER_BRANCH(
        public_id=PAYMENT, why="так"
    ),
    "GET /staff/announcements": HER_CHIEFS(),
    "POST /staff/announcements": HER_CHIEFS(),
    "GET /staff/announcements/<uuid:public_id>": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>/withdraw": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>/restore": HER_CHIEFS(
        public_id=WITHDRAWN
    ),
    "GET /staff/questions": WORKPLACE(),
    "GET /staff/questions/ready": HER_CHIEFS(),
    "POST /staff/questions/ready": HER_CHIEFS(),
    "POST /staff/questions/ready/<int:answer_id>/end": HER_CHIEFS(
        answer_id=READY_ANSWER
    ),
    "GET /staff/questions/<uuid:public_id>": HER_BRANCH(public_id=QUESTION),
    "POST /staff/questions/<uuid:public_id>/answer": HER_BRANCH(
        public_id=QUESTION, text="так", version="0"
    ),
    "POST /staff/questions/<uuid:public_id>/keeper": HER_BRANCH(public_id=QUESTION),
    "POST /staff/questions/<uuid:public_id>/close": HER_BRANCH(
        public_id=QUESTION, version="0"
    ),
    "POST /staff/questions/<uuid:public_id>/reopen": HER_BRANCH(
        public_id=CLOSED_QUESTION, version="0"
    ),
    "POST /staff/questions/<uuid:public_id>/merge": HER_BRANCH(
        public_id=QUESTION, other=QUESTION
    ),
    "POST /staff/questions/<uuid:public_id>/part": HER_BRANCH(
        public_id=QUESTION, other=QUESTION
    ),
    "POST /staff/questions/<uuid:public_id>/messages/<int:message_id>/undo": HER_BRANCH(
        public_id=A_QUESTION, message_id=FRESH_ANSWER
    ),
    "GET /staff/questions/<uuid:public_id>/files/<int:file_id>": HER_BRANCH(
        public_id=A_QUESTION, file_id=QUESTION_FILE
    ),
    "GET /staff/profiles": WORKPLACE(),
    "POST /staff/profiles": HER_CHIEFS(),
    "GET /staff/profiles/<uuid:public_id>": WORKPLACE(public_id=COLUMN_PROFILE),
    "POST /staff/profiles/<uuid:public_id>/delete": HER_CHIEFS(
        public_id=COLUMN_PROFILE
    ),
    "GET /staff/quarantine": WORKPLACE(),
    "POST /staff/quarantine/<int:row_id>/give": SURE_BRANCH(
        row_id=WAITING_ROW, account="460000000017"
    ),
    "POST /staff/quarantine/<int:row_id>/set-aside": HER_BRANCH(
        row_id=WAITING_ROW, why="вернули банку"
    ),
    "GET /staff/recalculations": WORKPLACE(),
    "GET /staff/recalculations/accounts/<string:number>": SURE_NUMBER(number=NUMBER),
    "POST /staff/recalculations/accounts/<string:number>": SURE_NUMBER(number=NUMBER),
    "GET /staff/recalculations/<uuid:public_id>": HER_BRANCH(public_id=ORDER),
    "POST /staff/recalculations/<uuid:public_id>/agree": SURE_BRANCH(public_id=ORDER),
    "POST /staff/recalculations/<uuid:public_id>/withdraw": HER_BRANCH(
        public_id=ORDER, why="так"
    ),
    "GET /staff/reconciliations": WORKPLACE(),
    "POST /staff/reconciliations/file": WORKPLACE(),
    "GET /staff/reconciliations/<uuid:public_id>": HER_BRANCH(public_id=RUN),
    "POST /staff/reconciliations/<uuid:public_id>/items/<int:item>/close": HER_BRANCH(
        public_id=RUN, item=DIFFERENCE, why="так"
    ),
    "POST /staff/reconciliations/<uuid:public_id>/items/<int:item>/attach": (
        SURE_BRANCH(public_id=RUN, item=DIFFERENCE, account="460000000017")
    ),
    "POST /staff/reconciliations/<uuid:public_id>/items/<int:item>/return": (
        SURE_BRANCH(public_id=RUN, item=DIFFERENCE, account="460000000017")
    ),
    "GET /staff/registrations": WORKPLACE(),
    "GET /staff/registrations/counter": WORKPLACE(),
    "POST /staff/registrations/counter": WORKPLACE(),
    "GET /staff/registrations/<uuid:public_id>": HER_BRANCH(public_id=REQUEST),
    "POST /staff/registrations/<uuid:public_id>/open": HER_BRANCH(
        public_id=REQUEST, version="0"
    ),
    "POST /staff/registrations/<uuid:public_id>/refuse": HER_BRANCH(
        public_id=REQUEST, version="0", reason="closed"
    ),
    "POST /staff/registrations/<uuid:public_id>/undo": HER_BRANCH(public_id=REQUEST),
    "POST /staff/registrations/<uuid:public_id>/card": HER_BRANCH(public_id=AT_DESK),
}

#: Asked so that there is nothing to change, or only in the browser: nothing is noted.
QUIET = {
    "POST /looks",
    "POST /leaving/undo",
    "POST /profile/accounts/<string:slug>/move",
    "POST /staff/bills",
    "POST /staff/reconciliations/file",
}
