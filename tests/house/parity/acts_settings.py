"""What the office sets: branches, people, and back as it was."""

from cabinet.models import Bill, User
from cabinet.services.demo.branches import _COMMON, BRANCHES
from tests import factories
from tests.house.parity.house import NO_ID, Act, Route, at

ROOT = "/staff/settings"
BRANCH = f"{ROOT}/branches/kursk"
PEOPLE = f"{ROOT}/people"
NOBODY = 10**9


def form_at(page, form, **fields):
    """Return the act of an admin who fills a form; answers are whole pages."""

    def act(house):
        house.sign_in_staff("admin")
        return Act(page=page, form=form, fields=fields, is_swapped=False)

    return act


save_branch = form_at(BRANCH, "#branch-form", phone="8 4712 1")


def add_branch(house):
    said = {**_COMMON, **BRANCHES[1], "window_first": "20", "window_last": "25"}
    said.pop("own_billing")
    return form_at(f"{ROOT}/new-branch", "#branch-form", **said)(house)


def remove_branch(house):
    factories.make_branch("bare", name="Пустой")
    house.sign_in_staff("admin")
    return Act(page=f"{ROOT}/branches/bare", form="#remove-form", is_swapped=False)


def revert(house):
    save_branch(house)
    house.browser.submit(house.browser.get(BRANCH), "#branch-form", phone="8 4712 1")
    return Act(page=BRANCH, form="form[action$='/revert']", is_swapped=False)


invite = form_at(
    PEOPLE, "#invite-form", email="anna@example.org", name="Анна", branches="kursk"
)


def at_person(form, *, found=(), **fields):
    """Return the act of an admin upon Olga, who is as the columns say."""

    def act(house):
        house.sign_in_staff("admin")
        olga = factories.make_staff("olga@example.org")
        if found:
            User.update(**dict(found)).where(User.id == olga.id).execute()
        return Act(
            page=f"{PEOPLE}/{olga.id}", form=form, fields=fields, is_swapped=False
        )

    return act


save_person = at_person("#role-form", role="supervisor")
keep_out = at_person("#entry-form")
end_sessions = at_person("#sessions-form")
send_link = at_person("#link-form", found=[("password_hash", None)])


def let_in(house):
    return at_person("#entry-form", found=[("disabled_at", house.now)])(house)


RULES = f"{ROOT}/rules"
add_rule = form_at(
    f"{RULES}/vat", "#rule-form", rate="23", starts="01.01.2027", source="закон № 1"
)


def undo_rule(house):
    act = add_rule(house)
    page = house.browser.get(act.page)
    house.browser.submit(page, act.form, **act.fields)
    return Act(page=act.page, form="form[action$='/undo']", is_swapped=False)


def undo_billed(house):
    """A bill of our own was made since of what was added."""
    act = undo_rule(house)
    bill = factories.make_bill(house.account, "2026-10")
    run = factories.make_bill_run(house.account, "published", house.now)
    Bill.update(run=run, published_at=house.now).where(Bill.id == bill.id).execute()
    return act


DAYS = f"{ROOT}/days?year=2027"
set_days = form_at(DAYS, "#days-form", days="04.01.2027, 05.01.2027", source="акт № 1")


def remove_day(house):
    act = set_days(house)
    house.browser.submit(house.browser.get(DAYS), act.form, **act.fields)
    selector = "form[action$='/2027-01-04/remove']"
    return Act(page=DAYS, form=selector, is_swapped=False)


NEW_SHOP = f"{ROOT}/new-shop"
SHOPS = f"{ROOT}/shops"
add_shop = form_at(
    NEW_SHOP,
    "#shop-form",
    name="main",
    login="100500",
    branches="kursk",
    password="live_of-nobody",
)


def save_shop(house):
    act = add_shop(house)
    house.browser.submit(house.browser.get(NEW_SHOP), act.form, **act.fields)
    fields = {"most_roubles": "5000"}
    return Act(page=f"{SHOPS}/main", form="#shop-form", fields=fields, is_swapped=False)


check_shop = form_at(SHOPS, "form[action$='/check']")


def missing(act, word):
    """Return the refusal of nobody there is."""
    return at(act, action=f"{PEOPLE}/{NOBODY}{word}")


ROUTES = {
    "staff_settings.save_branch": Route(
        save_branch,
        {
            422: {"email": "kursk"},
            409: {"version": "7"},
            404: at(save_branch, action=f"{ROOT}/branches/nowhere"),
        },
    ),
    "staff_settings.add_branch": Route(add_branch, {422: {"code": "kursk"}}),
    "staff_settings.remove_branch": Route(
        remove_branch,
        {
            404: at(remove_branch, action=f"{ROOT}/branches/nowhere/remove"),
            409: at(remove_branch, action=f"{BRANCH}/remove"),
        },
    ),
    "staff_settings.revert": Route(
        revert, {404: at(revert, action=f"{ROOT}/changes/{NOBODY}/revert")}
    ),
    "staff_settings.invite": Route(invite, {422: {"email": "anna"}}),
    "staff_settings.save_person": Route(
        save_person,
        {
            422: {"role": "customer"},
            409: {"version": "7"},
            404: missing(save_person, ""),
        },
    ),
    "staff_settings.keep_out": Route(keep_out, {404: missing(keep_out, "/keep-out")}),
    "staff_settings.let_in": Route(let_in, {404: missing(let_in, "/let-in")}),
    "staff_settings.end_sessions": Route(
        end_sessions, {404: missing(end_sessions, "/end-sessions")}
    ),
    "staff_settings.send_link": Route(send_link, {404: missing(send_link, "/link")}),
    "staff_settings.add_rule": Route(
        add_rule, {422: {"source": ""}, 404: at(add_rule, action=f"{RULES}/nothing")}
    ),
    "staff_settings.undo_rule": Route(
        undo_rule,
        {409: undo_billed, 404: at(undo_rule, action=f"{RULES}/added/{NO_ID}/undo")},
    ),
    "staff_settings.set_days": Route(set_days, {422: {"days": "завтра"}}),
    "staff_settings.remove_day": Route(
        remove_day, {404: at(remove_day, action=f"{ROOT}/days/2027-01-06/remove")}
    ),
    "staff_settings.add_shop": Route(add_shop, {422: {"password": ""}}),
    "staff_settings.save_shop": Route(
        save_shop,
        {
            422: {"login": ""},
            409: {"version": "7"},
            404: at(save_shop, action=f"{SHOPS}/nowhere"),
        },
    ),
    "staff_settings.check_shop": Route(
        check_shop, {404: at(check_shop, action=f"{SHOPS}/nowhere/check")}, done=200
    ),
}
