"""An account as specialists see it: looked at, supposed, checked.

Every look at somebody's data is in the audit log, and its owner sees that one was.
"""

from cabinet.services.account_card.around import (
    Letters,
    LetterShown,
    Uses,
    UseShown,
    letters_of,
    uses_of,
)
from cabinet.services.account_card.bill import BillInputs, bill_inputs, draft_inputs
from cabinet.services.account_card.card import (
    AccountCard,
    BenefitShown,
    BillShown,
    MeterShown,
    ReadingShown,
    account_card,
)
from cabinet.services.account_card.control_act import (
    MAX_NUMBER,
    MAX_REMARK,
    ActKnown,
    ActProspect,
    ActWish,
    KeyTaken,
    blank_act,
    enter_act,
    preview_act,
    write_act,
)
from cabinet.services.account_card.ending import (
    AccessNotFound,
    CannotGiveBack,
    Ending,
    HolderDayUnfit,
    Linked,
    Removed,
    end_access,
    give_back_access,
    look_at_access,
)
from cabinet.services.account_card.finding import AccountNotFound
from cabinet.services.account_card.supposing import (
    MeterChoice,
    MeterUnknown,
    Prospect,
    ReadingUnfit,
    ReadingWish,
    Wish,
    what_if_of,
)

__all__ = [
    "MAX_NUMBER",
    "MAX_REMARK",
    "AccessNotFound",
    "AccountCard",
    "AccountNotFound",
    "ActKnown",
    "ActProspect",
    "ActWish",
    "BenefitShown",
    "BillInputs",
    "BillShown",
    "CannotGiveBack",
    "Ending",
    "HolderDayUnfit",
    "KeyTaken",
    "LetterShown",
    "Letters",
    "Linked",
    "MeterChoice",
    "MeterShown",
    "MeterUnknown",
    "Prospect",
    "ReadingShown",
    "ReadingUnfit",
    "ReadingWish",
    "Removed",
    "UseShown",
    "Uses",
    "Wish",
    "account_card",
    "bill_inputs",
    "blank_act",
    "draft_inputs",
    "end_access",
    "enter_act",
    "give_back_access",
    "letters_of",
    "look_at_access",
    "preview_act",
    "uses_of",
    "what_if_of",
    "write_act",
]
