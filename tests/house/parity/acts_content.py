"""What customers read: offices, benefits, new versions of documents."""

from cabinet.models import ReadyAnswer
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at
from tests.house.world_content import new_edition

BENEFITS = "/staff/announcements/benefits"
OFFICES = "/staff/content/offices"
READY = "/staff/questions/ready"
POLICY = "/staff/content/documents/data-policy"
NOWHERE = f"{OFFICES}/{NO_ID}"


def add_benefit(house):
    house.sign_in_staff("supervisor")
    return Act(
        page=BENEFITS,
        form="#announcement-form",
        fields={
            "branch": "kursk",
            "title": "Ветераны",
            "whom": "Ветеранам труда",
            "papers": "- Удостоверение",
            "law": "Закон о ветеранах",
        },
        is_swapped=False,
    )


def add_office(house):
    house.sign_in_staff("supervisor")
    return Act(
        page=OFFICES,
        form="#office-form",
        fields={"name": "Новый", "address": "Курск"},
        is_swapped=False,
    )


def made(house, **values):
    """Return what there is to be changed by a supervisor."""
    known = factories.make_office(house.account.branch, house.now, **values)
    house.sign_in_staff("supervisor")
    return known


def save(house):
    return Act(
        page=f"{OFFICES}/{made(house).public_id}",
        form="#office-form",
        fields={"name": "Прежний"},
        is_swapped=False,
    )


def follow(house):
    return Act(
        page=f"{OFFICES}/{made(house).public_id}/next",
        form="#office-form",
        fields={"starts": "01.12.2026", "address": "Новый адрес"},
        is_swapped=False,
    )


def withdraw(house):
    made(house)
    return Act(page=OFFICES, form="form[action$='/withdraw']", is_swapped=False)


def restore(house):
    made(house, withdrawn_at=house.now)
    return Act(page=OFFICES, form="form[action$='/restore']", is_swapped=False)


def publish(house):
    factories.load_documents()
    house.sign_in_staff("admin")
    return Act(
        page=POLICY,
        form="#edition-form",
        fields={"version": "2027-01", "starts": "01.01.2027"},
        is_swapped=False,
    )


def coming(house, act, **values):
    factories.load_documents()
    edition = new_edition(**values)
    house.sign_in_staff("admin")
    action = f"{POLICY}/{edition.version}/{act}"
    return Act(page=POLICY, form=f"form[action='{action}']", is_swapped=False)


def withdraw_edition(house):
    return coming(house, "withdraw")


def restore_edition(house):
    return coming(house, "restore", withdrawn_at=house.now)


def too_late(act):
    """Return the act on what is in force already."""
    return at(act, action=f"{POLICY}/2026-11/{act.__name__.partition('_')[0]}")


def restore_answer(house):
    ReadyAnswer.create(
        branch=house.account.branch,
        key="k" * 32,
        title="Замена",
        text="Меняем так.",
        created_at=house.now,
        ended_at=house.now,
    )
    house.sign_in_staff("supervisor")
    return Act(page=READY, form="form[action$='/restore']", is_swapped=False)


def switch_key(house):
    house.sign_in_staff()
    return Act(
        page="/staff/help",
        form="form[action='/staff/help/key']",
        button=("key", "off"),
        is_swapped=False,
    )


ROUTES = {
    "staff_questions.restore_ready": Route(
        restore_answer, {404: at(restore_answer, action=f"{READY}/999/restore")}
    ),
    "staff_help.switch": Route(switch_key, {400: at(switch_key, has_token=False)}),
    "staff_announcements.add_benefit": Route(add_benefit, {422: {"whom": ""}}),
    "staff_content.offices.add": Route(add_office, {422: {"name": ""}}),
    "staff_content.offices.save": Route(
        save, {422: {"d0": "9"}, 409: {"version": "7"}, 404: at(save, action=NOWHERE)}
    ),
    "staff_content.offices.follow": Route(
        follow,
        {422: {"starts": "01.01.2020"}, 404: at(follow, action=f"{NOWHERE}/next")},
    ),
    "staff_content.offices.withdraw": Route(
        withdraw, {404: at(withdraw, action=f"{NOWHERE}/withdraw")}
    ),
    "staff_content.offices.restore": Route(
        restore, {404: at(restore, action=f"{NOWHERE}/restore")}
    ),
    "staff_content.documents.publish": Route(publish, {422: {"version": "2026-11"}}),
    "staff_content.documents.withdraw": Route(
        withdraw_edition, {409: too_late(withdraw_edition)}
    ),
    "staff_content.documents.restore": Route(
        restore_edition, {409: too_late(restore_edition)}
    ),
}
