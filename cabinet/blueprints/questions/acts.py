"""What both ways to a dialogue do: by who has signed in, and by number and code."""

from flask import Response
from flask_login import current_user

from cabinet.exchange.attachment import Attachment
from cabinet.forms.questions import RatingForm, Sent, TextForm
from cabinet.services import limits
from cabinet.services.questions import asking, looking
from cabinet.services.questions.shown import Dialogue
from cabinet.web import identity, moment
from cabinet.web.attachments import attached
from cabinet.web.network import network


def cleaned(typed: TextForm) -> tuple[Attachment, ...] | None:
    """Return the files made safe, None when one is not taken.

    Raises limits.TooManyAttemptsError: decoding is the dearest thing a form can ask for.
    """
    sent: tuple[Sent, ...] = typed.sent()
    who = (
        f"user:{current_user.user_id}"
        if current_user.is_authenticated
        else f"address:{network()}"
    )
    for _ in sent:
        limits.spend(limits.PHOTO_HOUR, who, pepper=identity.pepper(), now=moment.now())
    return typed.cleaned(sent)


def written(row_id: int, typed: TextForm) -> Dialogue | None:
    """Add the message; None when a file is not taken. Raises TooManyAttemptsError."""
    files = cleaned(typed)
    if files is None:
        return None
    return asking.write(
        row_id,
        typed.words,
        files,
        key=typed.once,
        user_id=current_user.user_id,
        actor=identity.actor(),
        pepper=identity.pepper(),
        now=moment.now(),
    )


def rated(row_id: int, typed: RatingForm) -> Dialogue:
    """Note the rating; raises asking.AlreadyRatedError."""
    return asking.rate(
        row_id,
        typed.chosen,
        (typed.words.data or "").strip(),
        actor=identity.actor(),
        now=moment.now(),
    )


def file(row_id: int, file_id: int) -> Response:
    """Give a file of the dialogue to be saved; raises QuestionNotFoundError."""
    found = looking.file_of(row_id, file_id, for_staff=False, now=moment.now())
    return attached(
        found.pieces,
        name=found.name,
        plain_name=found.name,
        media_type=found.media_type,
    )
