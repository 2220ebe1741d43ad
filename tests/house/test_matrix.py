"""All routes, all methods, everybody: nobody gets what the policy does not give them."""

import io
import re

import pytest
from pypdf import PdfReader

from cabinet.models import AuditEntry
from tests.house.policy import QUIET, ROUTES
from tests.house.policy.rules import (
    ACTORS,
    FULLY,
    HERS,
    OWN_STAFF,
    Outcome,
    Thing,
)
from tests.house.rows import digest
from tests.house.world import HER_MARKS, HER_MONEY, World

#: A plain request, one of htmx, and one for the headers only.
MODES = {
    "GET": (("GET", {}), ("GET", {"HX-Request": "true"}), ("HEAD", {})),
    "POST": (("POST", {}), ("POST", {"HX-Request": "true"})),
}
#: Who is asked for in each of them every time; all others in the long run.
EVERY_WAY = ("anonymous", "half", "alice", "stranger", "lapsed", "other_operator")
#: Who looks at everything that is there.
LOOKING = ("anonymous", "alice", "delegate", "operator", "supervisor", "admin")
#: What differs from one answer to the next, whoever asks.
VOLATILE = re.compile(r'name="(?:csrf_token|key)" value="[^"]*"')
OF_THE_ANSWER = {"Set-Cookie", "Date", "Content-Length", "X-Request-ID"}
#: Where who may not is sent; a program is told what it lacks.
WAYS = {
    "/login": Outcome.SIGN_IN,
    "/factor": Outcome.FACTOR,
    'Bearer realm="cabinet"': Outcome.NO_KEY,
    'Bearer error="insufficient_scope"': Outcome.TOO_FAR,
}
#: Where who must not send a form is sent, if nothing was changed by it.
AWAY = {"/", "/factor", "/factor/sure"}


@pytest.fixture
def world(app, now):
    app.config["WTF_CSRF_ENABLED"] = False  # else every POST stops at the token
    return World(app, now)


def methods(rule):
    return rule.methods - {"HEAD", "OPTIONS"}


def test_every_route_has_a_line_and_every_line_a_route(app):
    there = {f"{m} {rule}" for rule in app.url_map.iter_rules() for m in methods(rule)}
    told = {key.partition("?")[0] for key in ROUTES}
    missing, stale = sorted(there - told), sorted(told - there)
    assert not missing, f"no line in tests/house/policy/ for: {missing}"
    assert not stale, f"lines in tests/house/policy/ without a route: {stale}"


@pytest.mark.parametrize(
    "every_way", [EVERY_WAY, pytest.param(ACTORS, marks=pytest.mark.long)], ids=len
)
@pytest.mark.parametrize("key", ROUTES)
def test_everybody_gets_what_the_policy_says(app, world, key, every_way):
    method, _, address = key.partition("?")[0].partition(" ")
    rule = rule_of(app, method, address)
    line = ROUTES[key]
    for actor in ACTORS:
        expected = line.rule.outcome(actor)
        modes = MODES[method] if actor in every_way else MODES[method][:1]
        for verb, headers in modes:
            if verb == "HEAD" and expected is Outcome.OPEN:
                continue  # the work of a GET, and nothing of it to be seen
            case = f"{actor}: {verb} {address} {headers}"
            values = asked(line, world, actor)
            before = AuditEntry.select().count()
            answer = ask(world, actor, rule, verb, headers, values, line.rule.key)
            is_noted = AuditEntry.select().count() > before
            found = outcome_of(answer, is_noted=is_noted)
            assert found == expected, f"{case}: {answer.status}"
            if verb == "POST":
                world.mend()
            if answer.status_code == 303 and found is Outcome.OPEN and key not in QUIET:
                assert is_noted, f"{case}: not in the log"
            may_see = expected is Outcome.OPEN or not line.rule.opens
            keeps_secrets(answer, actor, case, line.rule.known, may_see=may_see)
            no_values = asked(line, world, actor, is_missing=True)
            if expected is not Outcome.OPEN and no_values != values:
                no = ask(world, actor, rule, verb, headers, no_values, line.rule.key)
                same = masked(no, no_values)
                assert masked(answer, values) == same, f"{case}: not as a missing one"


def test_looking_changes_nothing(app, world):
    """Whoever looks at whatever is there: the rows are the same afterwards."""
    clients = {actor: world.client(actor) for actor in LOOKING}
    looked = 0
    for key, line in ROUTES.items():
        method, _, address = key.partition("?")[0].partition(" ")
        if method != "GET":
            continue
        rule = rule_of(app, method, address)
        looks = []
        for actor in LOOKING:
            url, rest = parts_of(rule, asked(line, world, actor))
            looks.append((clients[actor], url, rest, headers_of(line, world, actor)))
        before = digest()
        for client, url, rest, headers in looks:
            answer = client.get(url, query_string=rest, headers=headers)
            assert answer.get_data() or answer.location, key  # a stream is read too
            looked += answer.status_code == 200
        assert digest() == before, key
    assert looked > len(ROUTES)


def test_her_marks_are_what_she_and_her_branch_see(app, world):
    """Else nobody's not seeing them would mean nothing."""
    world.new_waiting_row()
    seen = ""
    for key, line in ROUTES.items():
        method, _, address = key.partition("?")[0].partition(" ")
        for actor in {"alice", "operator"} & set(line.rule.opens):
            if method == "GET":
                values = asked(line, world, actor)
                rule = rule_of(app, method, address)
                key_scope = line.rule.key
                answer = ask(world, actor, rule, "GET", {}, values, key_scope)
                seen += text_of(answer)
    assert [mark for mark in (*HER_MARKS, *HER_MONEY) if mark not in seen] == []


def test_no_route_takes_another_method(app, world):
    lines = {key.partition("?")[0]: line for key, line in ROUTES.items()}
    for rule in app.url_map.iter_rules():
        (method, *_) = methods(rule)
        values = asked(lines[f"{method} {rule}"], world, "alice")
        url = url_of(rule, values)
        for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if app.url_map.bind("localhost").test(url, method=verb):
                continue
            for actor in ("anonymous", "alice", "admin"):
                answer = ask(world, actor, rule, verb, {}, values)
                assert answer.status_code == 405, f"{actor}: {verb} {rule}"


def rule_of(app, method, address):
    (rule,) = (
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule == address and method in rule.methods
    )
    return rule


def asked(line, world, actor, *, is_missing=False):
    """Return the values of the line for the actor, or those of nothing there is."""
    values = {}
    for name, of in line.values.items():
        value = of
        if isinstance(of, Thing):
            is_gone = is_missing and of.missing is not None
            value = of.missing if is_gone else of.of(world, actor)
        values[name] = value if isinstance(value, int) else str(value)
    return values


def parts_of(rule, values):
    """Return the address, and the values that do not stand in it."""
    rest = {k: value for k, value in values.items() if k not in rule.arguments}
    return url_of(rule, values), rest


def headers_of(line, world, actor):
    key = line.rule.key
    return {"Authorization": f"Bearer {world.key_of(actor, key)}"} if key else {}


def ask(world, actor, rule, verb, headers, values, key=""):
    url, rest = parts_of(rule, values)
    sent = {"query_string": rest} if verb != "POST" else {"data": rest}
    if key:
        headers = {**headers, "Authorization": f"Bearer {world.key_of(actor, key)}"}
    client = world.client(actor)
    # To its end, as a server sends it: until then it holds its place.
    return client.open(url, method=verb, headers=headers, buffered=True, **sent)


def url_of(rule, values):
    return rule.build(
        {
            name: rule._converters[name].to_python(str(values[name]))
            for name in rule.arguments
        }
    )[1]


def outcome_of(answer, *, is_noted):
    """Return what the answer amounts to; one that is none of it has no outcome.

    Who is sent away from a form has changed something only if it was noted.
    """
    target = answer.headers.get("HX-Redirect", answer.location or "")
    path = target.partition("?")[0]
    if answer.status_code in {302, 401, 403}:
        return WAYS.get(answer.headers.get("WWW-Authenticate") or path)
    if answer.status_code in {404, 410}:
        return Outcome.MISSING
    if target and answer.request.method != "POST":
        return Outcome.ELSEWHERE
    if path in AWAY and not is_noted:
        return Outcome.ELSEWHERE
    return (
        Outcome.OPEN if answer.status_code in {200, 204, 303, 409, 422, 429} else None
    )


def keeps_secrets(answer, actor, case, known, *, may_see):
    text = text_of(answer)
    if actor not in (*HERS, *OWN_STAFF) or not may_see:
        for mark in set(HER_MARKS) - set(known):
            assert mark not in text, f"{case} tells {mark}"
    if actor not in (*FULLY, *OWN_STAFF):
        for mark in HER_MONEY:
            assert mark not in text, f"{case} tells {mark}"


def text_of(answer):
    """Return what stands in the answer, of a PDF what is read in it."""
    body = answer.get_data()
    if body.startswith(b"%PDF"):
        pages = PdfReader(io.BytesIO(body)).pages
        text = " ".join(page.extract_text() for page in pages)
    else:
        text = body.decode("utf-8", "replace")
    text = f"{answer.headers} {text}".replace("&nbsp;", " ")
    return " ".join(text.split())


def masked(answer, values):
    """Return the answer to the byte but for what was asked for and the token."""
    kept = {k: v for k, v in answer.headers if k not in OF_THE_ANSWER}
    text = VOLATILE.sub("", f"{answer.status}\n{kept}\n{answer.get_data(as_text=True)}")
    for value in values.values():
        number = rf"(?<=[/F]){value}(?!\d)"  # in an address, also as %2F
        found = number if isinstance(value, int) else re.escape(value)
        text = re.sub(found, "*", text)
    return text
