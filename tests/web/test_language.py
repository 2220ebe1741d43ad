"""The words of the portal: short, plain, in one spelling."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

from cabinet.mailing.compose import KINDS

PACKAGE = Path(str(files("cabinet")))
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
#: Letters as text programs show them: the same words, no markup.
LETTERS = sorted((PACKAGE / "templates").rglob("*.txt"))
#: Files as other programs write and read them, and what people of the demo typed.
OTHERS = {
    "services/demo/registries.py",
    "services/demo/doubts.py",
    "services/outgoing/making.py",
}
#: Where a word of ours may come from; files for billing and the words of laws, which a
#: program or a lawyer reads, are in `exchange` and `domain`.
CODE = sorted(
    path
    for room in ("blueprints", "forms", "web", "mailing", "services", "pdf", "jobs")
    for path in (PACKAGE / room).rglob("*.py")
    if path.relative_to(PACKAGE).as_posix() not in OTHERS
)

#: Words nobody says to a neighbour.
STOP_LIST = (
    "осуществ",
    "в целях",
    "данный",
    "данного",
    "является",
    "являются",
    "пожалуйста",
    "некорректн",
    "невалидн",
    "произошла ошибка",
    "неизвестная ошибка",
    "клиент обязан",
    "извините",
    "кликн",
)
#: One word for one thing, ё where it belongs, no capital «Вы» inside a sentence.
SPELLING = {
    r"\bсчет\b|\bсчетчик": "счёт, счётчик",
    r"\bучётн\w+ запис": "учетная запись, as the customer guide has it",
    r"(?<=[а-яё,] )Вы\b|(?<=[а-яё,] )Ва[шмс]\w*\b": "lower-case вы",
    r"\"[А-Яа-яё](?![^\"]*\":)": "«» quotes",  # but the names in a file of the archive
    r"\bаккаунт|\bлогин\b": "учетная запись",
    r" - [а-яё]": "a long dash",
}

BLOCK = r"</?(p|h\d|li|ul|ol|div|section|td|th|tr|table|caption|dt|dd|dl|label|legend|option|button|title|a|br|form|fieldset|thead|tbody|tfoot|nav|header|footer|main|body|head)\b[^>]*>"
VOWELS = "аеёиоуыэюяАЕЁИОУЫЭЮЯ"


def _texts_of_template(path):
    source = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    source = re.sub(r"&nbsp;|\u00a0", " ", source)
    inside = re.findall(r"aria-label=\"([^\"]*)\"", source)
    inside += re.findall(r"\"([^\"{}<>]*[а-яё][^\"{}<>]*)\"", source)
    source = re.sub(r"\{%.*?%\}", "\n", source, flags=re.DOTALL)
    source = re.sub(r"\{\{.*?\}\}", "5", source, flags=re.DOTALL)
    source = re.sub(BLOCK, "\n", source)
    source = re.sub(r"<[^>]+>", "", source, flags=re.DOTALL)
    if path.suffix == ".txt":
        source = re.sub(r"\n(?=[а-яё])", " ", source)
    pieces = source.split("\n") + inside
    return [piece.strip() for piece in pieces if re.search("[а-яё]", piece)]


def _texts_of_code(path):
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside_f = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(
                part.value if isinstance(part, ast.Constant) else "5"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in docstrings | inside_f:
            text = node.value
        else:
            continue
        if isinstance(text, str) and re.search("[а-яё]{2}", text):
            yield text


TEXTS = [
    (path, text) for path in (*TEMPLATES, *LETTERS) for text in _texts_of_template(path)
]
TEXTS += [(path, text) for path in CODE for text in _texts_of_code(path)]
DOCUMENTS = sorted(
    path
    for room in ("documents", "help")
    for path in (PACKAGE / "data" / room).glob("*.md")
)
TEXTS += [
    (path, re.sub(r"^[#\d. -]+|\*\*|^\{.*\}$", "", line))
    for path in DOCUMENTS
    for line in path.read_text().partition("\n\n")[2].splitlines()
    if line
]
SCRIPT = PACKAGE / "static" / "cabinet.js"
TEXTS += [
    (SCRIPT, part)
    for text in re.findall(r"'([^'\n]*[а-яё][^'\n]*)'", SCRIPT.read_text())
    for part in text.split("|")
]


def _sentences(text):
    return [s for s in re.split(r"[.!?:;]+(?:\s|$)|\n", text) if re.search("[а-яё]", s)]


def _words(text):
    return re.findall("[А-Яа-яёЁ]+", text)


#: Flesch's formula for Russian by Oborneva; a guide of the trade scores 10.
EASY = 55
MEAN_WORDS = 8


def _read(texts):
    """Return the ease of the texts, the words in a sentence and the sentences."""
    sentences = [s for text in texts for s in _sentences(text)]
    words = [word for sentence in sentences for word in _words(sentence)]
    syllables = sum(letter in VOWELS for word in words for letter in word)
    mean = len(words) / len(sentences)
    ease = 206.835 - 1.3 * mean - 60.1 * syllables / len(words)
    return ease, mean, len(sentences)


def test_the_whole_is_easy_to_read():
    ease, mean, sentences = _read(text for _, text in TEXTS)
    assert sentences > 50
    assert ease >= EASY, f"{ease:.1f}"
    assert mean <= MEAN_WORDS, f"{mean:.1f}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.stem for path in DOCUMENTS])
def test_each_public_document_is_easy_to_read(path):
    """Each by itself: the short words of buttons do not make up for one of them."""
    ease, mean, sentences = _read(text for where, text in TEXTS if where == path)
    assert sentences > 8
    assert ease >= EASY, f"{ease:.1f}"
    assert mean <= MEAN_WORDS, f"{mean:.1f}"


def test_the_registration_form_is_easy_to_read():
    """Its labels, hints, pictures and faults."""
    parts = {"registration", "registration.py"}
    own = [
        text
        for path, text in TEXTS
        if parts & set(path.parts) and "staff" not in path.parts
    ]
    _easy(own, least=50)


def _easy(own, *, least):
    ease, mean, sentences = _read(own)
    assert sentences > least
    assert ease >= EASY, f"{ease:.1f}"
    assert mean <= MEAN_WORDS, f"{mean:.1f}"


@pytest.mark.parametrize("part", ["subjects", "txt", "html"])
def test_the_letters_are_easy_to_read(part):
    """Subjects, also those put together from parts, and both kinds of body."""
    if part == "subjects":
        _easy([text for path, text in TEXTS if path.name == "compose.py"], least=30)
        return
    own = [
        text
        for path, text in TEXTS
        if path.parent.name == "mail" and path.suffix == f".{part}"
    ]
    _easy(own, least=100)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_letter_is_easy_to_read(kind):
    own = [text for path, text in TEXTS if path.stem == kind and path.suffix == ".txt"]
    _easy([KINDS[kind].subject, *own], least=2)


def test_the_archive_and_the_files_of_a_customer_are_easy_to_read():
    """The names in the archive, the words of its tables and of what is told of it."""
    own = [
        text
        for path, text in TEXTS
        if path.stem == "export" or "export" in path.parts or "leaving" in path.parts
    ]
    _easy(own, least=30)


def test_words_of_an_office_would_be_noticed():
    text = (
        "В целях осуществления процедуры регистрации потребитель электрической "
        "энергии обязан предоставить персональные идентификационные сведения."
    )
    ease, mean, _ = _read([text])
    assert ease < EASY
    assert mean > MEAN_WORDS


@pytest.mark.parametrize(
    ("path", "text"), TEXTS, ids=[f"{p.name}: {t[:40]}" for p, t in TEXTS]
)
def test_a_sentence_is_short_and_plain(path, text):
    longest = max((_words(s) for s in _sentences(text)), key=len, default=[])
    # A receipt tells how the law counts, in the law's own long sentences; a document
    # names what it is about.
    most = 22 if path.suffix == ".md" else 15
    if "receipt" not in path.name:
        assert len(longest) <= most, " ".join(longest)
    lower = text.lower()
    found = [word for word in STOP_LIST if re.search(rf"\b{word}", lower)]
    assert not found
    for pattern, rule in SPELLING.items():
        assert not re.search(pattern, text), f"{rule}: {text}"


@pytest.mark.parametrize(
    "path",
    TEMPLATES,
    ids=[str(p.relative_to(PACKAGE / "templates")) for p in TEMPLATES],
)
def test_a_unit_never_leaves_its_number(path):
    source = path.read_text()
    loose = re.findall(r"(?:\}\}|\d)[ \n]+(?:₽|кВт·ч|руб)[^\n]*", source)
    assert not loose
    assert "кВт*ч" not in source
    assert "кВтч" not in source
