"""Registration: who may see an account, on what evidence, and who decided it."""

from cabinet.services.registration.ask import (
    BranchUnknownError,
    Offer,
    Wish,
    WrongCodeError,
    ask,
    confirm,
    offer,
    send_code_again,
)
from cabinet.services.registration.counter import (
    Card,
    CounterAccountNotFoundError,
    HasCardlessOwnerError,
    WrongCardError,
    new_card,
    open_at_counter,
    replace_card,
    use_card,
)
from cabinet.services.registration.decide import (
    AlreadyDecidedError,
    CannotOpenError,
    open_request,
    refuse,
    take_back,
)
from cabinet.services.registration.dispute import Disputed, dispute, look_at_dispute
from cabinet.services.registration.expire import expire
from cabinet.services.registration.facts import CODE_DIGITS, receipt_code_of
from cabinet.services.registration.letters import Links
from cabinet.services.registration.queue import (
    RequestCard,
    RequestQueue,
    request_card,
    request_queue,
)
from cabinet.services.registration.state import (
    Asked,
    RequestNotFoundError,
    find_state,
    get_asked,
)

__all__ = [
    "CODE_DIGITS",
    "AlreadyDecidedError",
    "Asked",
    "BranchUnknownError",
    "CannotOpenError",
    "Card",
    "CounterAccountNotFoundError",
    "Disputed",
    "HasCardlessOwnerError",
    "Links",
    "Offer",
    "RequestCard",
    "RequestNotFoundError",
    "RequestQueue",
    "Wish",
    "WrongCardError",
    "WrongCodeError",
    "ask",
    "confirm",
    "dispute",
    "expire",
    "find_state",
    "get_asked",
    "look_at_dispute",
    "new_card",
    "offer",
    "open_at_counter",
    "open_request",
    "receipt_code_of",
    "refuse",
    "replace_card",
    "request_card",
    "request_queue",
    "send_code_again",
    "take_back",
    "use_card",
]
