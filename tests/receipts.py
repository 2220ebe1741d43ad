"""Receipts for tests: usual ones and the longest that can be."""

from dataclasses import replace
from datetime import date

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES, Line, Plan, Zone
from cabinet.services.bills.receipt import (
    Balance,
    MeterCard,
    PayeeCard,
    PayerCard,
    Recalculation,
    Receipt,
    Register,
    Volume,
)
from cabinet.services.bills.snapshot import Snapshot

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
            "vat": Money.parse("174,69"),
            "vat_rate": 2200,
            "qr": QR,
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
    )
