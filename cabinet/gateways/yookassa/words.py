"""YooKassa's words and ours."""

from cabinet.domain.payments.seen import FiscalState, Reason, Seen
from cabinet.gateways.base import Method

STATES = {
    "pending": Seen.PENDING,
    "waiting_for_capture": Seen.WAITING,
    "succeeded": Seen.SUCCEEDED,
    "canceled": Seen.CANCELED,
}

REFUND_STATES = {
    "pending": Seen.PENDING,
    "succeeded": Seen.SUCCEEDED,
    "canceled": Seen.CANCELED,
}

METHODS = {Method.CARD: "bank_card", Method.SBP: "sbp"}

FISCAL_STATES = {
    "pending": FiscalState.PENDING,
    "succeeded": FiscalState.SUCCEEDED,
    "canceled": FiscalState.CANCELED,
}

#: `cancellation_details.reason`; one that is not here is UNKNOWN.
REASONS = {
    "3d_secure_failed": Reason.THREE_D_SECURE_FAILED,
    "call_issuer": Reason.CALL_ISSUER,
    "canceled_by_merchant": Reason.CANCELED_BY_MERCHANT,
    "card_expired": Reason.CARD_EXPIRED,
    "country_forbidden": Reason.COUNTRY_FORBIDDEN,
    "expired_on_capture": Reason.TIME_IS_OVER,
    "expired_on_confirmation": Reason.TIME_IS_OVER,
    "fraud_suspected": Reason.FRAUD_SUSPECTED,
    "general_decline": Reason.GENERAL_DECLINE,
    "identification_required": Reason.IDENTIFICATION_REQUIRED,
    "insufficient_funds": Reason.INSUFFICIENT_FUNDS,
    "internal_timeout": Reason.GENERAL_DECLINE,
    "invalid_card_number": Reason.INVALID_CARD,
    "invalid_csc": Reason.INVALID_CARD,
    "issuer_unavailable": Reason.ISSUER_UNAVAILABLE,
    "payment_method_limit_exceeded": Reason.LIMIT_EXCEEDED,
    "payment_method_restricted": Reason.METHOD_RESTRICTED,
    "permission_revoked": Reason.CANCELED_BY_CUSTOMER,
}
