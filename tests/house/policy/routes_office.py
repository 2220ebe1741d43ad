"""The back office."""

from tests.house.policy.rules import (
    ALICE_ALONE,
    CHIEFS,
    HER_BRANCH,
    HER_CHIEFS,
    HER_NUMBER,
    SURE_BRANCH,
    SURE_NUMBER,
    WORKPLACE,
    Line,
)
from tests.house.policy.things import (
    A_QUESTION,
    AT_DESK,
    BILL_RUN,
    BROKEN_RUN,
    CHECKED_LOAD,
    CLOSED_QUESTION,
    COLUMN_PROFILE,
    DIFFERENCE,
    DONE_RUN,
    ENDED_ACCESS,
    ENTRY,
    FRESH_ANSWER,
    LIVE_ACCESS,
    LOAD,
    LOAD_IN,
    MONTH,
    NOTE,
    NUMBER,
    ORDER,
    OUT_FILE,
    PAYMENT,
    PREPARED_RUN,
    QUESTION,
    QUESTION_FILE,
    READY_ANSWER,
    REFUND,
    REQUEST,
    RUN,
    STUCK_LOAD,
    TOLD,
    WAITING_ROW,
    WITHDRAWN,
)

ROUTES: dict[str, Line] = {
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
    "POST /staff/bills": CHIEFS(),
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
    "GET /staff/announcements": CHIEFS(),
    "POST /staff/announcements": CHIEFS(),
    "GET /staff/announcements/<uuid:public_id>": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>/withdraw": HER_CHIEFS(public_id=TOLD),
    "POST /staff/announcements/<uuid:public_id>/restore": HER_CHIEFS(
        public_id=WITHDRAWN
    ),
    "GET /staff/questions": WORKPLACE(),
    "GET /staff/questions/ready": CHIEFS(),
    "POST /staff/questions/ready": CHIEFS(),
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
    "POST /staff/profiles": CHIEFS(),
    "GET /staff/profiles/<uuid:public_id>": WORKPLACE(public_id=COLUMN_PROFILE),
    "POST /staff/profiles/<uuid:public_id>/delete": CHIEFS(public_id=COLUMN_PROFILE),
    "POST /staff/profiles/<uuid:public_id>/take-back": CHIEFS(public_id=COLUMN_PROFILE),
    "GET /staff/quarantine": WORKPLACE(),
    "POST /staff/quarantine/<int:row_id>/give": SURE_BRANCH(
        row_id=WAITING_ROW, account="460000000017"
    ),
    "POST /staff/quarantine/<int:row_id>/set-aside": HER_BRANCH(
        row_id=WAITING_ROW, why="вернули банку"
    ),
    "POST /staff/quarantine/<int:row_id>/take-back": HER_BRANCH(row_id=WAITING_ROW),
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
    "GET /staff/unrecognised": WORKPLACE(),
}
