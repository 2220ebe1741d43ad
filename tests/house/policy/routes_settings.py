"""What the office sets: a branch's chiefs some of it, an admin the rest."""

from tests.house import world_settings as settings
from tests.house.policy.rules import ADMIN, CHIEFS, HER_CHIEFS, Line, Thing
from tests.house.policy.things import NO_UUID

#: Her branch has its code in no secret: who may not see it misses it all the same.
BRANCH = Thing(lambda world, _: world.account.branch.code, "nowhere")
#: New each time: each is done to once.
BARE = Thing(lambda world, _: settings.new_bare_branch(world), "nowhere")
PERSON = Thing(lambda world, _: settings.new_working(world).id, 10**9)
KEPT_OUT = Thing(
    lambda world, _: settings.new_working(world, disabled_at=world.now).id, 10**9
)
INVITED = Thing(lambda world, _: settings.new_person(world).id, 10**9)
CHANGE = Thing(lambda world, _: settings.new_change(world).id, 10**9)

RULE_TABLE = Thing(lambda _, __: "vat", "nothing")
BY_HAND = Thing(lambda world, _: settings.new_rule(world), NO_UUID)
DAY_OFF = Thing(lambda world, _: settings.new_day_off(world), "2020-01-01")
SHOP = Thing(lambda world, _: settings.new_shop(world), "nowhere")
#: One that is open in the portal of the matrix.
OPEN_SHOP = Thing(lambda world, _: settings.open_shop(world), "nowhere")

ROUTES: dict[str, Line] = {
    "GET /staff/settings": CHIEFS(),
    "GET /staff/settings/branches/<string:code>": HER_CHIEFS(code=BRANCH),
    "POST /staff/settings/branches/<string:code>": HER_CHIEFS(code=BRANCH),
    "POST /staff/settings/branches/<string:code>/remove": ADMIN(code=BARE),
    "GET /staff/settings/changes": ADMIN(),
    "POST /staff/settings/changes/<int:change_id>/revert": HER_CHIEFS(change_id=CHANGE),
    "GET /staff/settings/days": CHIEFS(),
    "POST /staff/settings/days": ADMIN(),
    "POST /staff/settings/days/<string:day>/remove": ADMIN(day=DAY_OFF),
    "GET /staff/settings/new-branch": ADMIN(),
    "POST /staff/settings/new-branch": ADMIN(),
    "GET /staff/settings/people": ADMIN(),
    "POST /staff/settings/people": ADMIN(),
    "GET /staff/settings/people/<int:user_id>": ADMIN(user_id=PERSON),
    "POST /staff/settings/people/<int:user_id>": ADMIN(user_id=PERSON),
    "POST /staff/settings/people/<int:user_id>/end-sessions": ADMIN(user_id=PERSON),
    "POST /staff/settings/people/<int:user_id>/keep-out": ADMIN(user_id=PERSON),
    "POST /staff/settings/people/<int:user_id>/let-in": ADMIN(user_id=KEPT_OUT),
    "POST /staff/settings/people/<int:user_id>/link": ADMIN(user_id=INVITED),
    "GET /staff/settings/rules": CHIEFS(),
    "GET /staff/settings/rules/<string:table>": CHIEFS(table=RULE_TABLE),
    "POST /staff/settings/rules/<string:table>": ADMIN(table=RULE_TABLE),
    "POST /staff/settings/rules/added/<uuid:public_id>/undo": ADMIN(public_id=BY_HAND),
    "GET /staff/settings/shops": ADMIN(),
    "GET /staff/settings/new-shop": ADMIN(),
    "POST /staff/settings/new-shop": ADMIN(),
    "GET /staff/settings/shops/<string:name>": ADMIN(name=SHOP),
    "POST /staff/settings/shops/<string:name>": ADMIN(name=SHOP),
    "POST /staff/settings/shops/<string:name>/check": ADMIN(name=OPEN_SHOP),
    "GET /staff/settings/log": ADMIN(),
    "GET /staff/settings/log.csv": ADMIN(),
    "GET /staff/state": ADMIN(),
}
