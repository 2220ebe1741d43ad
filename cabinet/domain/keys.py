"""What a personal key lets a program do (персональный ключ)."""

from enum import StrEnum


class KeyScope(StrEnum):
    """How far a key reaches (область ключа)."""

    CALENDAR = "calendar"
    READ = "read"
    SUBMIT = "submit"


#: What lets a program read: a key to send readings reads them as well.
READING_SCOPES = (KeyScope.READ, KeyScope.SUBMIT)
