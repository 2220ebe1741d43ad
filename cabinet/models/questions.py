"""What customers ask specialists: dialogues, their messages and files, ready answers."""

from peewee import (
    SQL,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.questions import Author, QuestionState, Topic
from cabinet.models.accounts import Account
from cabinet.models.base import Base, UtcDateTimeField, WordField
from cabinet.models.files import StoredFile
from cabinet.models.people import Branch, User


class Question(Base):
    """A dialogue with specialists (обращение).

    Its number is the id. Without `user` it was asked by somebody who had not signed in:
    `email` and `claimed_account` are what they said, `code_hash` that of the code that
    shows it. `due_on` is by when the newest message is answered. `keeper` is who took it
    on. What `merged_into` names shows the messages of both. `rating` is of the answers.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    claimed_account = CharField(max_length=24, default="")
    email = CharField(max_length=254, default="")
    code_hash = CharField(max_length=64)
    topic = WordField(Topic)
    state = WordField(QuestionState, default=QuestionState.WAITING)
    created_at = UtcDateTimeField()
    changed_at = UtcDateTimeField()
    due_on = DateField()
    keeper = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    merged_into = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")
    rating = IntegerField(null=True)
    rating_words = CharField(max_length=500, default="")
    rated_at = UtcDateTimeField(null=True)
    version = IntegerField(default=0)


Question.add_index(
    Question.branch,
    Question.due_on,
    where=SQL("state = 'waiting'"),
    name="question_queue",
)
Question.add_index(Question.state, Question.changed_at, name="question_state")


class QuestionMessage(Base):
    """A message of a dialogue; a specialist's is seen by the customer from `shown_at`."""

    question = ForeignKeyField(Question, backref="+", on_delete="CASCADE")
    key = CharField(max_length=64, unique=True)
    author = WordField(Author)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    text = TextField()
    at = UtcDateTimeField()
    shown_at = UtcDateTimeField()


class QuestionFile(Base):
    """A file of a message; without `file` its term is over."""

    message = ForeignKeyField(QuestionMessage, backref="+", on_delete="CASCADE")
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    name = CharField(max_length=120)
    size = IntegerField()


class ReadyAnswer(Base):
    """A text specialists answer with (готовый ответ), of a branch or of all.

    Without `starts` it is offered from ever.
    """

    branch = ForeignKeyField(Branch, backref="+", null=True, on_delete="RESTRICT")
    key = CharField(max_length=64, unique=True)
    title = CharField(max_length=120)
    text = TextField()
    starts = DateField(null=True)
    ends = DateField(null=True)
    created_at = UtcDateTimeField()
    ended_at = UtcDateTimeField(null=True)
