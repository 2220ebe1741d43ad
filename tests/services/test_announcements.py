"""The same form of an announcement, sent at once by several threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from cabinet.domain.announcements import AnnouncementKind
from cabinet.domain.people import Role
from cabinet.models import Announcement
from cabinet.models.base import database
from cabinet.services import announcements
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests import factories


def test_a_form_sent_at_once_makes_one_announcement(db, now):
    factories.make_branch()
    member = Member(factories.make_staff(role="supervisor").id, Role.SUPERVISOR)
    draft = announcements.Draft(
        kind=AnnouncementKind.NEWS,
        branch="kursk",
        title="Переезд",
        text="Мы на улице Мира.",
        starts=date(2026, 11, 22),
        ends=None,
    )

    def add(_):
        try:
            return announcements.add(
                member, draft, key="k" * 32, actor=Actor(member.user_id), now=now
            )
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(add, range(8)))
    assert made == {Announcement.get().public_id}
