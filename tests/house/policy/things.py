"""What of Alice's, or of the office's, stands in an address or a form."""

from tests.house.policy.rules import Thing

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
