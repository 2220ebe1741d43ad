"""The same events by way of the portal's own pages: forms, the page of return, notices."""

from ipaddress import IPv4Address
from itertools import count

from hypothesis.stateful import rule

from cabinet.domain.payments.states import OPEN, PaymentState
from tests.browsing import Browser
from tests.services.payments.events import PICKS, Events

ADDRESSES = count(int(IPv4Address("198.18.0.1")))
#: What a form may be answered with: done, changed meanwhile, wrong, too often, grown old.
ANSWERS = {200, 303, 400, 409, 422, 429}
NOT_PAID = {PaymentState.CANCELED, PaymentState.FAILED, PaymentState.EXPIRED}
#: Money that stands on the account and is argued about by nobody.
THROUGH = {PaymentState.SUCCEEDED, PaymentState.PARTIALLY_REFUNDED}


class Visits(Events):
    """A customer with a browser; the bank's notices come to the portal's address."""

    def __init__(self, app, clock, *arguments, **more):
        super().__init__(*arguments, **more)
        self.clock = clock
        app.extensions["cabinet.shops"] = self.shops
        self.browser = Browser(app)
        # Whoever tries is counted by the address too.
        address = str(IPv4Address(next(ADDRESSES)))
        self.browser.client.environ_base["REMOTE_ADDR"] = address
        self.turn()
        self.browser.sign_in(self.user)

    def turn(self):
        """Let the portal have the time of the run."""
        self.clock.set(self.now)
        return self.browser

    def press(self, kopecks, form, *, both):
        page = self.turn().get("/pay")
        found = page.select("#pay-form")
        if found and (form > 1 or not self.forms):
            inputs = found[0].xpath(".//input")
            self.forms.append(
                {one.get("name"): one.get("value") or "" for one in inputs}
            )
        if not self.forms:
            self.told["no form"] += 1
            return
        # Back leads to a form that was sent before, whatever the page says now.
        data = dict(self.forms[-1 - form % min(2, len(self.forms))])
        # As they stand on the page: their names are made by chance, and another each time.
        first, second = (name for name in data if name.startswith("sum_"))
        data[first] = f"{kopecks // 100},{kopecks % 100:02}"
        data[second] = data[first] if both else ""
        data |= {"method": "card", "sure": "1"}
        answer = self.browser.client.post("/pay", data=data)
        self.told[f"form {answer.status_code}"] += 1
        assert answer.status_code in ANSWERS
        if answer.status_code == 303 and answer.location.startswith("/pay/"):
            self.look_at(answer.location)

    @rule(pick=PICKS)
    def the_customer_comes_back(self, pick):
        self.step("looks")
        found = self.payments()
        if found:
            self.look_at(f"/pay/{found[pick % len(found)].public_id}")

    def look_at(self, address):
        """Read the page of a payment: it never says more than is known."""
        page = self.turn().get(address)
        (payment,) = [one for one in self.payments() if str(one.public_id) in address]
        says = page.text_of("#pay-state h2")
        self.told[f"reads: {says}"] += 1
        is_over = payment.state in NOT_PAID and not payment.is_suspicious
        assert (says == "Платёж прошёл") == (payment.state in THROUGH), says
        assert (says == "Платёж не прошёл") == is_over, says
        assert bool(page.select("#pay-state a[href='/pay']")) == is_over
        if payment.state in OPEN and not payment.is_suspicious:
            assert says == "Платёж ещё идёт"

    @rule(pick=PICKS, place=PICKS)
    def somebody_forges_a_notice(self, pick, place):
        self.step("forged")
        known = self.one_of_its_own(pick)
        for body, query in self.bank.notices(known)[:1] if known else ():
            changed = bytearray(body)
            if changed:
                changed[place * 7 % len(changed)] ^= 1
            wrong = {name: f"{value}0" for name, value in query.items()}
            status = self.knock(bytes(changed), wrong)
            assert status in {200, 400, 403, 429}
            self.told[f"forged {status}"] += 1

    def tell(self, known):
        for body, query in self.bank.notices(known):
            assert self.knock(body, query) == 200

    def knock(self, body, query):
        answer = self.turn().client.open(
            f"/webhooks/{self.bank.shop.name}",
            method="POST" if body else "GET",
            data=body,
            query_string=query,
            content_type="application/json" if body else None,
        )
        return answer.status_code

    def teardown(self):
        super().teardown()
        for payment in self.payments():
            self.look_at(f"/pay/{payment.public_id}")
