"""Sberbank's words and ours."""

from cabinet.domain.payments.seen import Reason, Seen

#: `orderStatus`. 4 is a paid order of which a part or the whole was given back; 5 waits
#: for the page of the card's bank (ACS).
STATES = {
    0: Seen.PENDING,
    1: Seen.WAITING,
    2: Seen.SUCCEEDED,
    3: Seen.CANCELED,
    4: Seen.SUCCEEDED,
    5: Seen.PENDING,
    6: Seen.CANCELED,
}
DEPOSITED = 2
REVERSED = 3

CURRENCIES = {"643": "RUB", "840": "USD", "978": "EUR"}

#: The states of orders that the list is asked for: all of them.
LISTED = "CREATED,APPROVED,DEPOSITED,DECLINED,REVERSED,REFUNDED"

NO_ERROR = "0"
#: Access is denied; of the list alone: the bank has not given the right to it.
NO_RIGHT = "5"
NOT_FOUND = "6"

#: The number of the order is taken, perhaps by our own call whose answer was lost.
NUMBER_TAKEN = "1"

#: A fault of the system; refund.do tells by it of a sum too large as well, so that only
#: the order itself shows what came of the call.
SYSTEM = "7"

#: `actionCode`, where the bank's list says more than a refusal; the others are
#: GENERAL_DECLINE.
REASONS = {
    -2020: Reason.THREE_D_SECURE_FAILED,
    -2019: Reason.THREE_D_SECURE_FAILED,
    -2018: Reason.THREE_D_SECURE_FAILED,
    -2016: Reason.THREE_D_SECURE_FAILED,
    -2013: Reason.LIMIT_EXCEEDED,
    -2012: Reason.METHOD_RESTRICTED,
    -2011: Reason.THREE_D_SECURE_FAILED,
    -2007: Reason.TIME_IS_OVER,
    -2006: Reason.THREE_D_SECURE_FAILED,
    -2003: Reason.FRAUD_SUSPECTED,
    -2002: Reason.LIMIT_EXCEEDED,
    -2001: Reason.FRAUD_SUSPECTED,
    -2000: Reason.FRAUD_SUSPECTED,
    -100: Reason.TIME_IS_OVER,
    1: Reason.IDENTIFICATION_REQUIRED,
    2: Reason.FRAUD_SUSPECTED,
    100: Reason.CALL_ISSUER,
    101: Reason.CARD_EXPIRED,
    103: Reason.CALL_ISSUER,
    104: Reason.METHOD_RESTRICTED,
    106: Reason.LIMIT_EXCEEDED,
    107: Reason.CALL_ISSUER,
    111: Reason.INVALID_CARD,
    116: Reason.INSUFFICIENT_FUNDS,
    119: Reason.METHOD_RESTRICTED,
    120: Reason.METHOD_RESTRICTED,
    121: Reason.LIMIT_EXCEEDED,
    123: Reason.LIMIT_EXCEEDED,
    125: Reason.INVALID_CARD,
    208: Reason.CALL_ISSUER,
    209: Reason.METHOD_RESTRICTED,
    902: Reason.METHOD_RESTRICTED,
    903: Reason.LIMIT_EXCEEDED,
    907: Reason.ISSUER_UNAVAILABLE,
    910: Reason.ISSUER_UNAVAILABLE,
    71015: Reason.INVALID_CARD,
}

#: `taxType` by YooKassa's code of the rate; the rates of 2026 are a setting.
TAX_TYPES = {1: "0", 2: "1", 3: "2", 4: "6", 5: "4", 6: "7"}

#: Of the receipt's line: how it is paid and what it is (tags 1214 and 1212).
PAYMENT_METHODS = {
    "full_prepayment": "1",
    "partial_prepayment": "2",
    "advance": "3",
    "full_payment": "4",
    "partial_payment": "5",
    "credit": "6",
    "credit_payment": "7",
}
PAYMENT_OBJECTS = {"commodity": "1", "job": "3", "service": "4", "payment": "10"}
