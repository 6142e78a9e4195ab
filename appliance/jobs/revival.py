"""What a retry gives another chance beside the job itself: those that were cancelled because it had not succeeded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.base.errors import Conflict
from appliance.jobs import row

if TYPE_CHECKING:
    from appliance.jobs.jobs import Jobs


def revive(jobs: Jobs, started: list[int]) -> None:
    """`started` begin anew: what was cancelled in vain after them is `new` again and waits for them, and so are those
    that were cancelled after these. One stays cancelled while another job that it needs has failed, when its unique
    key is held by somebody else, or when this release does not know its kind. Inside the retry's transaction."""
    left = list(started)
    while left:
        for waiter in jobs.tree.waiters(left.pop()):
            job = jobs.get(waiter)
            if job.state != row.CANCELLED or job.kind not in jobs.kinds or jobs.tree.in_vain(waiter):
                continue
            if job.unique_key is not None and jobs.table.holder(job.unique_key) is not None:
                continue
            try:
                with jobs.database.write():
                    jobs.table.renew(waiter)
                    left += [waiter, *jobs.tree.reopen(job)]
            except Conflict:  # the key of one above it is held
                continue
            jobs.changes.tell(waiter, row.NEW)
