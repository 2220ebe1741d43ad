"""Questions to specialists: of both sides."""

from dataclasses import replace
from datetime import timedelta

from cabinet.models import Question, QuestionFile, QuestionMessage, ReadyAnswer
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at

CODE = "12345678"


def asked(house, **values):
    """Return a question of Alice's that a specialist has answered lately."""
    house.sign_in()
    return factories.make_question(house.account, house.alice, house.now, **values)


def answered(house):
    """The same, with an answer she sees already."""
    question = asked(house, state="answered")
    QuestionMessage.update(shown_at=house.now - timedelta(minutes=1)).execute()
    return question


def ask(house):
    house.sign_in()
    return Act(
        page="/questions",
        form="#question-form",
        fields={"topic": "charges", "text": "Почему?"},
    )


def write(house):
    page = f"/questions/{asked(house).public_id}"
    return Act(page=page, form="#message-form", fields={"text": "И ещё."})


def rate(house):
    page = f"/questions/{answered(house).public_id}"
    return Act(page=page, form="#rating-form", fields={"rating": "5"})


def find_state(house):
    question = asked(house)
    return Act(
        page="/questions/state",
        form="#question-state-form",
        fields={"number": str(question.id), "code": CODE},
    )


def by_code(house, question, action, **fields):
    """Send what stands on the page that number and code have opened."""
    page = house.browser.get("/questions/state")
    token = page.one("#question-state-form [name=csrf_token]").get("value")
    return Act(
        page="/questions/state",
        fields={
            "csrf_token": token,
            "number": str(question.id),
            "code": CODE,
            "key": "0" * 32,
            **fields,
        },
        action=action,
    )


def write_by_code(house):
    return by_code(house, asked(house), "/questions/state/message", text="И ещё.")


def write_nothing_by_code(house):
    return by_code(house, asked(house), "/questions/state/message", text="")


def rate_by_code(house):
    return by_code(house, answered(house), "/questions/state/rating", rating="5")


def rate_wrongly_by_code(house):
    return by_code(house, answered(house), "/questions/state/rating", rating="9")


def save_by_code(house, file_id=None):
    question = asked(house)
    file_id = file_id or QuestionFile.get().id
    act = by_code(house, question, f"/questions/state/files/{file_id}")
    return replace(act, is_swapped=False)


def save_nothing_by_code(house):
    return save_by_code(house, 99999)


def desk(house, **values):
    """Return the page of a question where a specialist works on it."""
    question = asked(house, **values)
    house.sign_in_staff()
    return f"/staff/questions/{question.public_id}"


def answer(house):
    return Act(page=desk(house), form="#answer-form", fields={"text": "Так."})


def undo(house):
    return Act(page=desk(house, state="answered"), form="form[action$='/undo']")


def undo_late(house):
    act = undo(house)
    return replace(act, action=f"{act.page}/messages/99999/undo")


def hand_over(house):
    return Act(page=desk(house), form="form[action$='/keeper']")


def close(house):
    return Act(page=desk(house), form="form[action$='/close']")


def reopen(house):
    return Act(page=desk(house, state="closed"), form="form[action$='/reopen']")


def merge(house):
    page = desk(house)
    factories.make_question(house.account, house.alice, house.now, text="the same")
    return Act(page=page, form="form[action$='/merge']")


def part(house):
    page = desk(house)
    first = Question.get()
    factories.make_question(
        house.account, house.alice, house.now, merged_into=first, state="closed"
    )
    return Act(page=page, form="form[action$='/part']")


def add_ready(house):
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/questions/ready",
        form="#ready-form",
        fields={"branch": "kursk", "title": "Замена", "text": "Меняем так."},
        is_swapped=False,
    )


def end_ready(house):
    ReadyAnswer.create(
        branch=house.account.branch,
        key="k" * 32,
        title="Замена",
        text="Меняем так.",
        created_at=house.now,
    )
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/questions/ready", form="form[action$='/end']", is_swapped=False
    )


NOWHERE = f"/staff/questions/{NO_ID}"

ROUTES = {
    "questions.ask": Route(ask, {422: {"text": ""}}),
    "questions.write": Route(
        write, {422: {"text": ""}, 404: at(write, action=f"/questions/{NO_ID}")}
    ),
    "questions.rate": Route(rate, {422: {"rating": "9"}}),
    "questions.find_state": Route(find_state, {422: {"code": "1"}}, done=200),
    "questions.write_by_code": Route(
        write_by_code, {422: write_nothing_by_code}, done=200
    ),
    "questions.rate_by_code": Route(
        rate_by_code, {422: rate_wrongly_by_code}, done=200
    ),
    "questions.file_by_code": Route(
        save_by_code, {404: save_nothing_by_code}, done=200
    ),
    "staff_questions.answer": Route(answer, {422: {"text": ""}, 409: {"version": "7"}}),
    "staff_questions.undo": Route(
        undo, {404: at(undo, action=f"{NOWHERE}/messages/1/undo"), 409: undo_late}
    ),
    "staff_questions.hand_over": Route(hand_over, {404: {"keeper": "99999"}}),
    "staff_questions.close": Route(close, {409: {"version": "7"}}),
    "staff_questions.reopen": Route(reopen, {409: {"version": "7"}}),
    "staff_questions.merge": Route(merge, {409: {"other": "x"}}),
    "staff_questions.part": Route(part, {409: {"other": "x"}}),
    "staff_questions.add_ready": Route(add_ready, {422: {"title": ""}}),
    "staff_questions.end_ready": Route(
        end_ready, {404: at(end_ready, action="/staff/questions/ready/999/end")}
    ),
}
