"""Receipts for tests: usual ones and the longest that can be."""

from dataclasses import replace
from datetime import date

from cabinet.domain.billing import BenefitLine, Order, OrderReason
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money, Price
from cabinet.domain.penalty import Pause
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import ZONES, Line, Plan, Zone
from cabinet.services.bills.receipt import (
    Balance,
    MeterCard,
    MonthOwed,
    MonthUsed,
    PayeeCard,
    PayerCard,
    PenaltyDays,
    PenaltyPart,
    Recalculation,
    Receipt,
    Register,
    Volume,
)
from cabinet.services.bills.snapshot import Snapshot

OCTOBER = Month(2026, 10)
QR = (
    "ST00012|Name=АО «Курская энергосбытовая компания»"
    "|PersonalAcc=40702810900000001234|BankName=Учебный банк «Север», г. Курск"
    "|BIC=043807606|CorrespAcc=30101810300000000606|Sum=96876"
    "|Purpose=Электроэнергия, 10.2026, л/с 461279040069|PayeeINN=4632000001"
    "|KPP=463201001|PersAcc=461279040069|PaymPeriod=102026|TechCode=02"
)


def register(**values):
    return Register(
        **{
            "serial": "10834547",
            "zone": Zone.SINGLE,
            "before": Energy.from_kwh(4512),
            "before_on": date(2026, 9, 22),
            "after": Energy.from_kwh(4634),
            "after_on": date(2026, 10, 22),
            "source": ReadingSource.CABINET,
            "turn": None,
            "ratio": 1,
            "energy": Energy.from_kwh(122),
            "is_removed": False,
            **values,
        }
    )


def line(**values):
    return Line(
        **{
            "zone": Zone.SINGLE,
            "range_number": 1,
            "energy": Energy.from_kwh(122),
            "price": Price.parse("5,71"),
            "amount": Money.parse("696,62"),
            **values,
        }
    )


def snapshot(**values):
    return Snapshot(**{"registers": (register(),), "lines": (line(),), **values})


def volume(**values):
    return Volume(
        **{
            "basis": ChargeBasis.ACTUAL,
            "energy": Energy.from_kwh(122),
            "registers": (register(),),
            "mean_of": 0,
            "silent": 0,
            "resumed": 0,
            "next_norm": False,
            **values,
        }
    )


def balance(**values):
    return Balance(
        **{
            "opening": Money.parse("1 629,61"),
            "charged": Money.parse("968,76"),
            "recalculated": Money(0),
            "penalty": Money(0),
            "benefit": Money(0),
            "paid": Money.parse("1 629,61"),
            "last_paid_on": date(2026, 10, 14),
            **values,
        }
    )


def payer(**values):
    return PayerCard(
        **{
            "number": "461279040069",
            "els": "46АБ123456",
            "izhku": "46АБ123456-01",
            "holder": "Новикова Анна Ивановна",
            "address": "Курская область, Льгов, пер. Школьный, д. 54",
            "residents": 5,
            "norm": Energy.from_kwh(71),
            **values,
        }
    )


def year(*kwh, last=OCTOBER, basis=ChargeBasis.ACTUAL):
    """Twelve months up to the last; what is not told is a figure for each, or nothing."""
    told = kwh or (145, 160, 171, 158, 140, 126, 118, 97, 88, 93, 104, 122)
    return tuple(
        MonthUsed(last.plus(step - len(told) + 1))
        if used is None
        else MonthUsed(
            last.plus(step - len(told) + 1),
            Energy.from_kwh(used),
            ChargeBasis.AVERAGE if step in (6, 7) else basis,
        )
        for step, used in enumerate(told)
    )


def late(month, spans=2):
    """A month whose delay costs something on spans of days."""
    return PenaltyPart(
        month=month,
        total=Money.parse("1 234,56"),
        before=Money.parse("1 111,11"),
        days=tuple(
            PenaltyDays(
                first=month.plus(2).starts,
                count=60 + span,
                base=Money.parse("12 345,67"),
                rate=950,
                part=("1/300", "1/130")[span % 2],
            )
            for span in range(spans)
        ),
    )


def receipt(**values):
    return Receipt(
        **{
            "number": "461279040069-202610",
            "month": Month(2026, 10),
            "issued_on": date(2026, 11, 1),
            "due_on": date(2026, 11, 16),
            "payee": PayeeCard(
                company="АО «Курская энергосбытовая компания»",
                inn="4632000001",
                kpp="463201001",
                bank="Учебный банк «Север», г. Курск",
                bic="043807606",
                account="40702810900000001234",
                corr_account="30101810300000000606",
                address="305000, г. Курск, ул. Ленина, д. 1",
                phone="8 800 000-00-46",
                hours="с 8:00 до 20:00",
                email="kursk@example.org",
                site="kursk.example.org",
            ),
            "payer": payer(),
            "meters": (meter(),),
            "volume": volume(),
            "lines": (line(),),
            "recalculation": None,
            "balance": balance(),
            "year": year(),
            "vat": Money.parse("174,69"),
            "vat_rate": 2200,
            "qr": QR,
            **values,
        }
    )


def ordered(**values):
    return Order(
        **{
            "reason": OrderReason.COURT,
            "first": Month(2026, 7),
            "last": Month(2026, 9),
            "amount": Money(-300_50),
            "document": "2-117/2026",
            "document_on": date(2026, 10, 5),
            **values,
        }
    )


def meter(**values):
    return MeterCard(
        **{
            "serial": "10834547",
            "model": "Нева МТ 114",
            "ratio": 1,
            "verified_until": date(2028, 11, 16),
            "is_verification_over": False,
            **values,
        }
    )


def longest():
    """Three zones, three ranges, a meter replaced, everything else at its longest."""
    serials = ("10834547100", "55512345200")
    zones = ZONES[Plan.THREE]
    big = Energy.from_kwh(123949)
    registers = tuple(
        register(
            serial=serial,
            zone=zone,
            before=big,
            after=big + Energy.from_kwh(2000),
            source=None if serial == serials[0] else ReadingSource.CASH_DESK,
            ratio=20,
            energy=Energy.from_kwh(40000),
            is_removed=serial == serials[0],
        )
        for serial in serials
        for zone in zones
    )
    priced = tuple(
        line(
            zone=zone,
            range_number=number,
            energy=Energy(1234567),
            price=Price.parse("14,87654"),
            amount=Money.parse("18 366,08"),
        )
        for number in (1, 2, 3)
        for zone in zones
    )
    usual = receipt()
    return replace(
        usual,
        number="461279040069-202610-000000000001",
        payee=replace(
            usual.payee,
            company="Публичное акционерное общество «Межрегиональная энергосбытовая"
            " компания Центра и Северо-Запада»",
            bank="Публичное акционерное общество «Банк развития и восстановления»",
            address="305000, Курская область, г. Курск, проспект Победы, д. 1, офис 12",
        ),
        payer=payer(
            holder="Константинопольская-Преображенская Александра Владиславовна",
            address="Мурманская область, Кольский муниципальный округ, железнодорожная"
            " станция Магнетиты, улица Привокзальная, дом 12, корпус 3, квартира 145",
        ),
        meters=tuple(
            meter(
                serial=serial,
                model="Меркурий 234 ARTM2-01 POBR.G трёхфазный",
                ratio=20,
            )
            for serial in serials
        ),
        volume=volume(registers=registers, resumed=3, energy=Energy.from_kwh(240000)),
        lines=priced,
        recalculation=Recalculation(
            amount=Money.parse("-1 234,56"),
            lines=tuple(
                line(zone=zone, energy=Energy(-1234567), amount=Money.parse("-411,52"))
                for zone in zones
            ),
            first=Month(2026, 7),
            last=Month(2026, 9),
            measured=Energy.from_kwh(300),
            counted=Energy.from_kwh(520),
        ),
        balance=balance(
            opening=Money.parse("1 111 629,61"),
            charged=Money.parse("165 294,72"),
            recalculated=Money.parse("-1 234,56"),
            penalty=Money.parse("12 345,67"),
            benefit=Money.parse("1 000,00"),
        ),
        debts=tuple(
            MonthOwed(Month(2026, 10).plus(-back), Money.parse("102 345,67"))
            for back in reversed(range(14))
        ),
        penalties=tuple(
            late(Month(2026, 9).plus(-back)) for back in reversed(range(13))
        ),
        benefits=(
            BenefitLine(
                title="ветеран боевых действий, проживающий один",
                percent=50_00,
                energy=Energy.from_kwh(100),
                amount=Money.parse("500,00"),
            ),
            BenefitLine(
                title="инвалид второй группы",
                percent=50_00,
                energy=Energy.from_kwh(100),
                amount=Money.parse("500,00"),
            ),
        ),
        acts=(
            "приказ департамента по тарифам Мурманской области от 18.12.2025 № 57/3-э",
            "приказ департамента по тарифам Мурманской области от 24.09.2026 № 41/1-э",
        ),
        pauses=(
            Pause(
                starts=date(2026, 8, 20),
                ends=date(2026, 9, 1),
                source="постановление Правительства РФ от 19.08.2026 № 1234",
            ),
        ),
        year=year(*[240_000 - 12_345 * back for back in reversed(range(12))]),
    )


def beyond():
    """The longest with everything doubled that a month may double: it still has a page."""
    usual = longest()
    days = (
        Span(date(2026, 10, 1), date(2026, 10, 16)),
        Span(date(2026, 10, 16), date(2026, 11, 1)),
    )
    return replace(
        usual,
        lines=tuple(
            replace(one, days=span, amount=one.amount)
            for span in days
            for one in usual.lines
        ),
        volume=replace(usual.volume, bridged=Energy.from_kwh(1234)),
        penalties=tuple(late(part.month, 5) for part in usual.penalties),
    )


def roomy():
    """As much as stands in large type by its lines, and everything else at its longest."""
    most = longest()
    usual = receipt()
    return replace(
        most,
        volume=replace(usual.volume, resumed=3),
        lines=most.lines[:3],
        penalties=most.penalties[:3],
        meters=usual.meters,
    )
