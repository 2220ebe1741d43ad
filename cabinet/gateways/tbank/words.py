"""T-Bank's words and ours."""

from cabinet.domain.payments.seen import Reason, Seen

#: `Status` of a payment; a payment of one stage may show AUTHORIZED on its way.
STATES = {
    "NEW": Seen.PENDING,
    "FORM_SHOWED": Seen.PENDING,
    "PREAUTHORIZING": Seen.PENDING,
    "AUTHORIZING": Seen.PENDING,
    "3DS_CHECKING": Seen.PENDING,
    "3DS_CHECKED": Seen.PENDING,
    "DS_CHECKING": Seen.PENDING,
    "DS_CHECKED": Seen.PENDING,
    "PAY_CHECKING": Seen.PENDING,
    "AUTHORIZED": Seen.WAITING,
    "CONFIRMING": Seen.WAITING,
    "CONFIRM_CHECKING": Seen.WAITING,
    "REVERSING": Seen.WAITING,
    "PARTIAL_REVERSED": Seen.WAITING,
    "CONFIRMED": Seen.SUCCEEDED,
    "REFUNDING": Seen.SUCCEEDED,
    "ASYNC_REFUNDING": Seen.SUCCEEDED,
    "PARTIAL_REFUNDED": Seen.SUCCEEDED,
    "REFUNDED": Seen.SUCCEEDED,
    "CANCELED": Seen.CANCELED,
    "DEADLINE_EXPIRED": Seen.CANCELED,
    "ATTEMPTS_EXPIRED": Seen.CANCELED,
    "AUTH_FAIL": Seen.CANCELED,
    "REJECTED": Seen.CANCELED,
    "REVERSED": Seen.CANCELED,
}

#: The state of a refund by the state of its payment.
REFUND_STATES = {
    "REFUNDING": Seen.PENDING,
    "ASYNC_REFUNDING": Seen.PENDING,
    "PARTIAL_REFUNDED": Seen.SUCCEEDED,
    "REFUNDED": Seen.SUCCEEDED,
    "REVERSED": Seen.SUCCEEDED,
}

#: A refused payment tells of itself though `Success` is false.
FAILED = frozenset({"REJECTED", "AUTH_FAIL"})

NO_ERROR = "0"

#: There is no such order or payment.
NOT_FOUND = frozenset({"7", "255"})

#: The number of the order is taken, perhaps by our own call whose answer was lost.
NUMBER_TAKEN = "8"

#: A fault of the system, a wait or a limit of calls.
AGAIN = frozenset({"100", "402", "403", "1096", "9999"})

#: Why a payment failed, by its state where the state says it.
STATE_REASONS = {
    "CANCELED": Reason.CANCELED_BY_MERCHANT,
    "REVERSED": Reason.CANCELED_BY_MERCHANT,
    "DEADLINE_EXPIRED": Reason.TIME_IS_OVER,
    "ATTEMPTS_EXPIRED": Reason.LIMIT_EXCEEDED,
}

#: `ErrorCode` of a refused payment; the others are GENERAL_DECLINE.
REASONS = {
    "101": Reason.THREE_D_SECURE_FAILED,
    "106": Reason.THREE_D_SECURE_FAILED,
    "1001": Reason.CALL_ISSUER,
    "1004": Reason.CALL_ISSUER,
    "1005": Reason.CALL_ISSUER,
    "1013": Reason.LIMIT_EXCEEDED,
    "1014": Reason.INVALID_CARD,
    "1033": Reason.CARD_EXPIRED,
    "1034": Reason.FRAUD_SUSPECTED,
    "1041": Reason.CALL_ISSUER,
    "1043": Reason.CALL_ISSUER,
    "1051": Reason.INSUFFICIENT_FUNDS,
    "1054": Reason.CARD_EXPIRED,
    "1057": Reason.METHOD_RESTRICTED,
    "1058": Reason.METHOD_RESTRICTED,
    "1059": Reason.FRAUD_SUSPECTED,
    "1061": Reason.LIMIT_EXCEEDED,
    "1062": Reason.METHOD_RESTRICTED,
    "1065": Reason.LIMIT_EXCEEDED,
    "1082": Reason.INVALID_CARD,
    "1091": Reason.ISSUER_UNAVAILABLE,
}

#: `Tax` by YooKassa's code of the rate.
TAXES = {
    1: "none",
    2: "vat0",
    3: "vat10",
    4: "vat20",
    5: "vat110",
    6: "vat120",
    7: "vat5",
    8: "vat7",
    9: "vat105",
    10: "vat107",
    11: "vat22",
    12: "vat122",
}

#: `Taxation` by YooKassa's number of the system.
TAXATIONS = {
    1: "osn",
    2: "usn_income",
    3: "usn_income_outcome",
    4: "envd",
    5: "esn",
    6: "patent",
}
