"""Parents, children and those who wait for a whole tree. Everything here runs inside the transaction of the change that
caused it, so a tree never stands half summed up.

A job ends when its own part and every child have ended: children first, so counting direct ones does for any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, NotFound
from appliance.base.text import say
from appliance.engines.database.protocol import Database
from appliance.jobs import row
from appliance.jobs.changes import Changes
from appliance.jobs.row import JobRow
from appliance.jobs.table import JobTable

Ending = tuple[int, str, Mapping[str, str | None]]
BAD = (row.FAILED, row.DEAD, row.STALE)
UNMET = (*BAD, row.CANCELLED)


class Tree:
    """`release` is called with a job whose needs are met: it goes into the queue."""

    def __init__(self, database: Database, table: JobTable, changes: Changes, release: Callable[[JobRow], None]):
        self._database, self._table, self._changes, self._release = database, table, changes, release
        self._ended: list[Callable[[JobRow, str], None]] = []
        sql = database.sql
        self._more = sql(
            "UPDATE ingot_job SET children = children + 1, open_children = open_children + 1, "
            "progress_total = children + 1, progress_done = children - open_children WHERE id = ?"
        )
        self._less = sql(
            "UPDATE ingot_job SET open_children = open_children - 1, progress_total = children, "
            "progress_done = children - open_children + 1 WHERE id = ?"
        )
        self._own = sql(
            "UPDATE ingot_job SET state = CASE WHEN state = 'new' THEN 'new' ELSE 'running' END, "
            "own_state = ?, error = ?, result = ?, "
            "message = coalesce(?, message), run_after = NULL WHERE id = ?"
        )
        self._begun = sql(
            "UPDATE ingot_job SET state = 'running', started_at = coalesce(started_at, ?) "
            "WHERE id = ? AND state = 'new' AND own_state IS NOT NULL"
        )
        self._sums = sql("SELECT state, count(*) FROM ingot_job WHERE parent = ? GROUP BY state")
        self._reopen = sql(
            "UPDATE ingot_job SET state = 'running', finished_at = NULL, cancel_requested = ?, held_key = ?, "
            "open_children = open_children + 1, progress_done = children - open_children - 1 WHERE id = ?"
        )
        self._open_again = sql(
            "UPDATE ingot_job SET open_children = open_children + 1, progress_done = children - open_children - 1 "
            "WHERE id = ?"
        )
        self._need = sql("INSERT INTO ingot_need (job, needs, only_if_success) VALUES (?, ?, ?)")
        self._waiters = sql("SELECT job, only_if_success FROM ingot_need WHERE needs = ?")
        self._met = sql("DELETE FROM ingot_need WHERE needs = ? AND (only_if_success = ? OR only_if_success = ?)")
        self._in_vain = sql(
            "SELECT 1 FROM ingot_need AS need JOIN ingot_job AS other ON other.id = need.needs WHERE need.job = ? "
            f"AND need.only_if_success = ? AND other.state IN ({', '.join(repr(s) for s in UNMET)}) LIMIT 1"
        )
        self._drop = sql("DELETE FROM ingot_need WHERE job = ?")
        self._needs = sql("SELECT needs FROM ingot_need WHERE job = ?")

    def on_end(self, callback: Callable[[JobRow, str], None]) -> None:
        """Call `callback(job as it was, state)` when a tree has ended, inside its transaction."""
        self._ended.append(callback)

    # -- growing
    def grow(self, parent: int) -> None:
        """One child more, which was just inserted. Raises Conflict when the parent has ended."""
        above = self._table.get(parent)
        if above is None or above.final:
            raise Conflict(say("Job {id} has ended; it takes no more children.", id=parent))
        self._database.run(self._more, (parent,))

    def begin(self, job: JobRow) -> None:
        """A child begins to run: those above it that only stand for their children run with it."""
        parent = job.parent
        while parent is not None and self._database.run(self._begun, (clock.wire_now(), parent)):
            self._changes.tell(parent, row.RUNNING)
            above = self._table.get(parent)
            parent = above.parent if above else None

    # -- ending
    def end(self, job_id: int, state: str, **what: str | None) -> None:
        """A job's own part has ended. With children at work it goes on as `running`; else it, and all above it that
        only waited for it, get their final state; so do those that needed its success in vain."""
        endings: list[Ending] = [(job_id, state, what)]
        while endings:
            ending, own, said = endings.pop()
            job = self._table.get(ending)
            if job is None or job.final:
                continue
            if job.open_children:
                self._own_part(job, own, said)
            else:
                endings += self._finish(job, own, said) + self._up(job)

    def _up(self, job: JobRow) -> list[Ending]:
        endings: list[Ending] = []
        parent = job.parent
        while parent is not None:
            self._database.run(self._less, (parent,))
            above = self._table.get(parent)
            if above is None or above.final:
                break
            if above.own_state is None or above.open_children:
                self._changes.tell(above.id, above.state)
                break
            endings += self._finish(above, above.own_state, {})
            parent = above.parent
        return endings

    def _own_part(self, job: JobRow, state: str, what: Mapping[str, str | None]) -> None:
        error, result, message = what.get("error"), what.get("result"), what.get("message")
        self._database.run(self._own, (state, error, result, message, job.id))
        self._changes.tell(job.id, row.RUNNING)

    def _finish(self, job: JobRow, own: str, what: Mapping[str, str | None]) -> list[Ending]:
        state = own
        if job.children:
            sums = self.sums(job.id)
            state = summed(own, sums)
            if state != own and state == row.FAILED:
                what = {"error": _broken_children(sums)} | dict(what)
        if not self._table.finish(job.id, state, own=own, keep=job.own_state is not None, **what):
            return []
        self._changes.tell(job.id, state)
        if state != row.CANCELLED or not self.in_vain(job.id):  # else what it waited for is remembered: revival.py
            self._database.run(self._drop, (job.id,))
        for callback in self._ended:
            callback(job, state)
        return self._free(job.id, state)

    # -- waiting for others
    def wait_for(self, job_id: int, needs: Iterable[int], only_if_success: bool) -> tuple[bool, str | None]:
        """Note what a new job waits for. (True, None): nothing is left to wait for; (_, reason): it can never run.
        Raises NotFound for a job that is not there, Conflict when both would wait for each other for ever."""
        above, kept, never = self._line(job_id), [], None
        for needed in dict.fromkeys(needs):
            other = self._table.get(needed)
            if other is None:
                raise NotFound(say("There is no job {id}.", id=needed))
            if not other.final and self._reaches(needed, above):
                raise Conflict(say("Job {id} waits for this one: neither would ever run.", id=needed))
            if other.final and only_if_success and other.state != row.SUCCESS:
                never = never or _unmet(needed, other.state)
            elif other.final:
                continue
            kept.append(needed)
        self._database.many(self._need, [(job_id, needed, only_if_success) for needed in kept])
        return not kept, never

    def forget_needs(self, job_id: int) -> None:
        """Somebody wants it to run all the same."""
        self._database.run(self._drop, (job_id,))

    def in_vain(self, job_id: int) -> bool:
        """Does it wait for the success of one that ended otherwise?"""
        return bool(self._database.rows(self._in_vain, (job_id, True)))

    def needs(self, job_id: int) -> list[int]:
        """What it still waits for; of one that was cancelled because of it, what it had waited for."""
        return [needed for (needed,) in self._database.rows(self._needs, (job_id,))]

    def waiters(self, job_id: int) -> list[int]:
        """Who waits for it, or was cancelled because it had not succeeded."""
        return [waiter for waiter, _ in self._database.rows(self._waiters, (job_id,))]

    def _line(self, job_id: int) -> set[int]:
        line, current = {job_id}, self._table.get(job_id)
        while current is not None and current.parent is not None:
            line.add(current.parent)
            current = self._table.get(current.parent)
        return line

    def _reaches(self, start: int, targets: set[int]) -> bool:
        seen, left = set(), [start]
        while left:
            current = left.pop()
            if current in targets:
                return True
            if current not in seen:
                seen.add(current)
                left += self.needs(current)
        return False

    def _free(self, ended: int, state: str) -> list[Ending]:
        waiters = self._database.rows(self._waiters, (ended,))
        if not waiters:
            return []
        # A success frees all; after anything else, those who needed one keep their reason.
        self._database.run(self._met, (ended, False, state == row.SUCCESS))
        in_vain: list[Ending] = []
        for waiter, only_if_success in waiters:
            job = self._table.get(waiter)
            if job is None or job.state != row.NEW:
                continue
            if only_if_success and state != row.SUCCESS:
                in_vain.append((waiter, row.CANCELLED, {"message": _unmet(ended, state)}))
            elif not self.needs(waiter):
                self._release(job)
        return in_vain

    # -- once more
    def reopen(self, job: JobRow) -> list[int]:
        """A child of it starts anew: those above wait for it again, and sum up again when it ends. Returns those of them
        that had ended. Raises Conflict when the unique key of one above is held by another job."""
        parent, opened = job.parent, []
        while parent is not None:
            above = self._table.get(parent)
            if above is None:
                break
            if not above.final:
                self._database.run(self._open_again, (parent,))
                self._changes.tell(parent, above.state)
                break
            if above.unique_key is not None and (holder := self._table.holder(above.unique_key)) is not None:
                raise Conflict(say("Job {holder} does the same at the moment.", holder=holder))
            self._database.run(self._reopen, (False, above.unique_key, parent))
            self._changes.tell(parent, row.RUNNING)
            opened.append(parent)
            parent = above.parent
        return opened

    def sums(self, job_id: int) -> dict[str, int]:
        """How many direct children are in every state that occurs."""
        return dict(self._database.rows(self._sums, (job_id,)))


def summed(own: str, children: dict[str, int]) -> str:
    """What a tree comes to: its own part if that went wrong, else failed if any child failed, cancelled if any was."""
    if own != row.SUCCESS:
        return own
    if any(children.get(state) for state in BAD):
        return row.FAILED
    return row.CANCELLED if children.get(row.CANCELLED) else row.SUCCESS


def _broken_children(sums: dict[str, Any]) -> str:
    told = ", ".join(f"{sums[state]} {state}" for state in BAD if sums.get(state))
    return f"Of its {sum(sums.values())} children: {told}."


def _unmet(needed: int, state: str) -> str:
    return f"Job {needed}, which had to succeed first, is {state}."
