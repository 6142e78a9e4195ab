"""Long looks at what is kept, as jobs: is the database whole, which contents does nobody need, which files have lost theirs?
What a job found stays with it, and the health page shows the last of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import DAY, held_by
from appliance.jobs.helping import HelperRun
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run

INTEGRITY, FILES = "house.integrity", "files.look"
TOLD = 50
"""Of what was found, so many are named."""
_PAGE = 1_000


def look_kinds(database: Database, store: FileStore, trash_days: int) -> list[JobKind]:
    """Both are safe to run at any time, beside everybody's work."""

    def integrity(run: Run) -> dict[str, Any]:
        faults = database.inspect(run.check)
        for fault in faults[:TOLD]:
            run.log.error("The database is damaged: %s", fault)
        return {"faults": len(faults), "found": faults[:TOLD], "bytes": database.size()}

    def files(run: Run) -> dict[str, Any]:
        return {**orphans(database, store, trash_days, run), **missing(database, store, run)}

    return [
        JobKind(INTEGRITY, integrity, attempts=1, lane="index", label=say("Check the database"), schedulable=True),
        JobKind(FILES, files, attempts=2, lane="index", label=say("Check the files"), schedulable=True),
    ]


def orphans(
    database: Database, store: FileStore, trash_days: int, run: Run | HelperRun, older_than_seconds: float = DAY
) -> dict[str, int]:
    """How many contents the next sweep would delete, and their bytes. Deletes nothing."""
    held, found, looked = held_by(database, trash_days), [0, 0], 0

    def keep(sha: str) -> bool:
        nonlocal looked
        looked += 1
        run.progress(looked)
        if not held(sha):
            found[0] += 1
            found[1] += _size(store, sha)
        return True

    store.sweep(keep, older_than_seconds)
    return {"contents": looked, "orphaned": found[0], "orphaned_bytes": found[1]}


def missing(database: Database, store: FileStore, run: Run | HelperRun) -> dict[str, Any]:
    """File records whose content is not in the store."""
    looked, lost = 0, 0
    named: list[dict[str, Any]] = []
    for file_id, name, there in contents(database, store):
        looked += 1
        if not there:
            lost += 1
            run.log.error("The content of file %s (%s) is missing", file_id, name)
            if len(named) < TOLD:
                named.append({"id": file_id, "name": name})
        if looked % _PAGE == 0:
            run.progress(looked)
    return {"files": looked, "missing": lost, "named": named}


def contents(database: Database, store: FileStore) -> Iterator[tuple[int, str, bool]]:
    """(id, name, is its content there?) of each record of a file."""
    after = 0
    sql = database.sql('SELECT "id", "name", "sha" FROM ingot_file WHERE "id" > ? ORDER BY "id" LIMIT ?')
    while page := database.rows(sql, (after, _PAGE)):
        for file_id, name, sha in page:
            yield file_id, name, sha is None or store.exists(sha)
        after = page[-1][0]


def _size(store: FileStore, sha: str) -> int:
    with store.open(sha) as stream:
        return stream.seek(0, 2)
