"""Files of other systems on their way in, rows that wait, and saved profiles."""

import io
import json
from dataclasses import replace

from cabinet.models import ColumnProfile, ImportBatch, ImportRow, Job, User
from cabinet.models.base import writing
from cabinet.services import files
from tests.house.parity.house import NO_ID, Act, Route, at

REGISTRY = ("Дата;Код операции;ЛС;Сумма\n14.03.2026;1;460000000001;10,50\n").encode()
HEADER = ["Дата", "Код операции", "ЛС", "Сумма"]
NAMES = ("paid_on", "code", "account", "amount")
PROFILE = json.dumps(
    {
        "format": "cabinet-import-profile",
        "version": 1,
        "name": "Банк",
        "kind": "payments",
        "shape": {},
        "columns": {},
    }
).encode()


def load_of(house, state, **values):
    """Keep a registry of the branch at a stage of its way in."""
    with writing():
        file = files.store_stream(
            io.BytesIO(REGISTRY),
            media_type="text/plain",
            purpose="load",
            owner_id=None,
            name="a.csv",
            expires_at=house.now + files.KEPT,
            now=house.now,
        )
    return ImportBatch.create(
        branch=house.account.branch,
        kind="payments",
        file_name="a.csv",
        sha256=file.sha256,
        state=state,
        started_at=house.now,
        file=file,
        layout={"columns": dict(zip(NAMES, HEADER, strict=True)), "header": HEADER},
        **values,
    )


def receive(house):
    house.sign_in_staff()
    return Act(
        page="/staff/loads",
        form="#receive-form",
        fields={"file": (REGISTRY, "a.csv"), "branch": "kursk"},
        is_swapped=False,
    )


def no_file(house):
    house.sign_in_staff()
    return Act(page="/staff/loads", form="#receive-form", is_swapped=False)


def columns(house):
    load = load_of(house, "waiting")
    house.sign_in_staff()
    return Act(
        page=f"/staff/loads/{load.public_id}/columns",
        form="#columns-form",
        is_swapped=False,
    )


def columns_of_what_is_in(house):
    made = columns(house)
    load_of(house, "committed")
    return made


def on_card(house, state, act, *, role="operator", **fields):
    load = load_of(house, state)
    house.sign_in_staff(role)
    return Act(
        page=f"/staff/loads/{load.public_id}",
        form=f"form[action$='/{act}']",
        fields=fields,
        is_swapped=False,
    )


def commit(house):
    return on_card(house, "checked", "commit")


def commit_what_is_in(house):
    made = commit(house)
    load_of(house, "committed")
    return made


def resume(house):
    return on_card(house, "running", "resume")


def resume_what_is_at_work(house):
    made = resume(house)
    load = ImportBatch.get()
    Job.create(kind="load", key=f"load:{load.id}:0", run_at=house.now)
    return Act(
        page="/staff/loads",
        form="#receive-form",
        action=f"{made.page}/resume",
        is_swapped=False,
    )


def drop(house):
    return on_card(house, "waiting", "drop")


def drop_what_is_in(house):
    load = load_of(house, "committed")
    house.sign_in_staff()
    return Act(
        page="/staff/loads",
        form="#receive-form",
        action=f"/staff/loads/{load.public_id}/drop",
        is_swapped=False,
    )


def undo(house):
    return on_card(house, "committed", "undo", role="supervisor", why="не тот день")


def undo_what_is_not_in(house):
    load = load_of(house, "checked")
    return replace(undo(house), action=f"/staff/loads/{load.public_id}/undo")


def row_of(house):
    return ImportRow.create(
        batch=load_of(house, "committed"),
        line=2,
        state="quarantined",
        reason="лицевой счёт не найден",
        raw=["14.03.2026", "1", "690000000009", "10,50"],
    )


def give(house):
    row_of(house)
    house.sign_in_staff()
    return Act(
        page="/staff/unrecognised",
        form="form[action$='/give']",
        fields={"account": house.account.number},
        is_swapped=False,
    )


def give_what_is_given(house):
    made = give(house)
    row = ImportRow.get()
    done = ImportRow.create(
        batch=row.batch, line=3, state="given", reason=row.reason, raw=row.raw
    )
    return replace(made, action=f"/staff/quarantine/{done.id}/give")


def set_aside(house):
    row_of(house)
    house.sign_in_staff()
    return Act(
        page="/staff/unrecognised",
        form="form[action$='/set-aside']",
        fields={"why": "вернули банку"},
        is_swapped=False,
    )


def take_back(house):
    row_of(house)
    house.sign_in_staff()
    mine = User.get(User.role == "operator")
    ImportRow.update(state="set_aside", by=mine, at=house.now, why="банк").execute()
    return Act(
        page="/staff/unrecognised", form="form[action$='/take-back']", is_swapped=False
    )


def take_back_what_waits(house):
    made = take_back(house)
    row = ImportRow.get()
    waits = ImportRow.create(
        batch=row.batch, line=3, state="quarantined", reason=row.reason, raw=row.raw
    )
    return replace(made, action=f"/staff/quarantine/{waits.id}/take-back")


def take_profile(house):
    house.sign_in_staff("supervisor")
    return Act(
        page="/staff/profiles",
        form="#profile-form",
        fields={"file": (PROFILE, "p.json")},
        is_swapped=False,
    )


def no_profile(house):
    house.sign_in_staff("supervisor")
    return Act(page="/staff/profiles", form="#profile-form", is_swapped=False)


def delete_profile(house):
    ColumnProfile.create(name="Банк", kind="payments", layout={}, made_at=house.now)
    house.sign_in_staff("supervisor")
    return Act(page="/staff/profiles", form="form[action$='/delete']", is_swapped=False)


def take_back_profile(house):
    made = delete_profile(house)
    mine = User.get(User.role == "supervisor")
    ColumnProfile.update(removed_by=mine, removed_at=house.now).execute()
    return replace(made, form="form[action$='/take-back']")


def take_back_what_is_there(house):
    made = take_back_profile(house)
    there = ColumnProfile.create(
        name="Почта", kind="payments", layout={}, made_at=house.now
    )
    return replace(made, action=f"/staff/profiles/{there.public_id}/take-back")


def gone(act, word):
    return at(act, action=f"/staff/loads/{NO_ID}/{word}")


ROUTES = {
    "staff_loads.receive": Route(receive, {422: no_file}),
    "staff_loads.choose": Route(
        columns,
        {
            404: gone(columns, "columns"),
            409: columns_of_what_is_in,
            422: {"column-amount": ""},
        },
    ),
    "staff_loads.commit": Route(
        commit, {404: gone(commit, "commit"), 409: commit_what_is_in}
    ),
    "staff_loads.resume": Route(
        resume, {404: gone(resume, "resume"), 409: resume_what_is_at_work}
    ),
    "staff_loads.drop": Route(drop, {404: gone(drop, "drop"), 409: drop_what_is_in}),
    "staff_loads.undo": Route(
        undo, {404: gone(undo, "undo"), 409: undo_what_is_not_in, 422: {"why": ""}}
    ),
    "staff_quarantine.give": Route(
        give,
        {
            404: at(give, action="/staff/quarantine/999999/give"),
            409: give_what_is_given,
            422: {"account": "460000000999"},
        },
    ),
    "staff_quarantine.set_aside": Route(
        set_aside,
        {
            404: at(set_aside, action="/staff/quarantine/999999/set-aside"),
            422: {"why": ""},
        },
    ),
    "staff_quarantine.take_back": Route(
        take_back,
        {
            404: at(take_back, action="/staff/quarantine/999999/take-back"),
            409: take_back_what_waits,
        },
    ),
    "staff_profiles.take_file": Route(take_profile, {422: no_profile}),
    "staff_profiles.delete": Route(
        delete_profile,
        {404: at(delete_profile, action=f"/staff/profiles/{NO_ID}/delete")},
    ),
    "staff_profiles.take_back": Route(
        take_back_profile,
        {
            404: at(take_back_profile, action=f"/staff/profiles/{NO_ID}/take-back"),
            409: take_back_what_is_there,
        },
    ),
}
