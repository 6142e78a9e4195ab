"""What happens to files by night."""

from __future__ import annotations

from typing import Any

from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import sweep
from appliance.jobs.kind import JobKind


def make_kinds(database: Database, store: FileStore, trash_days: int) -> list[JobKind]:
    """The job kinds of this feature: `files.sweep`, every night."""

    def body(run: Any) -> dict[str, int]:
        return {"deleted": sweep(database, store, trash_days)}

    label = say("Delete contents that no file record holds")
    return [JobKind("files.sweep", body, attempts=3, label=label, crontab="40 2 * * *")]
