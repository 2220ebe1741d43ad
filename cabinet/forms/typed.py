"""What people type into any form: whole numbers, and words of several lines."""


def whole_number(text: str | None, most_digits: int) -> int | None:
    """Return the number, None for anything but so many digits 0 to 9 at most."""
    said = text or ""
    fits = said.isascii() and said.isdigit() and len(said) <= most_digits
    return int(said) if fits else None


def plain_lines(text: str | None) -> str:
    """Return the words with one kind of ends of lines, and nothing around them."""
    return "\n".join((text or "").strip().splitlines())
