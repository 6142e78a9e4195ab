"""`ingot reindex` and the panel's button: the index made anew as a job."""

from __future__ import annotations

from typing import Any

from appliance.base.text import say
from appliance.features.search.follower import IndexFollower
from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run

REINDEX = "search.reindex"


def reindex_kind(follower: IndexFollower) -> JobKind:
    """The kind of job for a worker in the process that writes the index; elsewhere it fails and is tried again."""

    def reindex(run: Run) -> dict[str, Any]:
        return {"records": follower.rebuild(run.progress)}

    return JobKind(REINDEX, reindex, attempts=5, lane="index", schedulable=True, label=say("Rebuild the search index"))
