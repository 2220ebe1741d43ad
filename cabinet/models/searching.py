"""The words that accounts are found by; triggers of the tables they come from keep them.

See the migration that made them, and ADR 17.
"""

from peewee import CharField, CompositeKey, IntegerField

from cabinet.models.base import Base


class SearchWord(Base):
    """A word of an account; its first letter says what it is.

    Always made of the account as it is, or not there. The branch stands in it so that a
    member of staff reads the words of their own branches alone.
    """

    word = CharField(max_length=100)
    branch_id = IntegerField()
    account_id = IntegerField(index=True)

    class Meta:
        """A word stands once on an account."""

        primary_key = CompositeKey("word", "branch_id", "account_id")
        without_rowid = True


class SearchDue(Base):
    """An account whose words are to be made: it is new, or something of it changed."""

    account_id = IntegerField(primary_key=True)
