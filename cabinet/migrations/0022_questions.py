"""What customers ask specialists, what these answer, and the files between them."""

from peewee import (
    SQL,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)


class Account(Model):
    class Meta:
        table_name = "account"


class Branch(Model):
    class Meta:
        table_name = "branch"


class User(Model):
    class Meta:
        table_name = "user"


class StoredFile(Model):
    class Meta:
        table_name = "stored_file"


class Question(Model):
    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    claimed_account = CharField(max_length=24, default="")
    email = CharField(max_length=254, default="")
    code_hash = CharField(max_length=64)
    topic = CharField(max_length=24)
    state = CharField(max_length=24, default="waiting")
    created_at = DateTimeField()
    changed_at = DateTimeField()
    due_on = DateField()
    keeper = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    merged_into = ForeignKeyField("self", backref="+", null=True, on_delete="RESTRICT")
    rating = IntegerField(null=True)
    rating_words = CharField(max_length=500, default="")
    rated_at = DateTimeField(null=True)
    version = IntegerField(default=0)

    class Meta:
        table_name = "question"


Question.add_index(
    Question.branch,
    Question.due_on,
    where=SQL("state = 'waiting'"),
    name="question_queue",
)
Question.add_index(Question.state, Question.changed_at, name="question_state")


class QuestionMessage(Model):
    question = ForeignKeyField(Question, backref="+", on_delete="CASCADE")
    key = CharField(max_length=64, unique=True)
    author = CharField(max_length=24)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    text = TextField()
    at = DateTimeField()
    shown_at = DateTimeField()

    class Meta:
        table_name = "question_message"


class QuestionFile(Model):
    message = ForeignKeyField(QuestionMessage, backref="+", on_delete="CASCADE")
    file = ForeignKeyField(StoredFile, backref="+", null=True, on_delete="RESTRICT")
    name = CharField(max_length=120)
    size = IntegerField()

    class Meta:
        table_name = "question_file"


class ReadyAnswer(Model):
    branch = ForeignKeyField(Branch, backref="+", null=True, on_delete="RESTRICT")
    key = CharField(max_length=64, unique=True)
    title = CharField(max_length=120)
    text = TextField()
    created_at = DateTimeField()
    ended_at = DateTimeField(null=True)

    class Meta:
        table_name = "ready_answer"


TABLES = [Question, QuestionMessage, QuestionFile, ReadyAnswer]


def up(migrator, db):
    """Create the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    """Drop the tables."""
    with db.bind_ctx(TABLES, bind_refs=False, bind_backrefs=False):
        db.drop_tables(TABLES[::-1])
