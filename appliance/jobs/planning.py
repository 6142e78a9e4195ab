"""What people do to schedules: make, change, pause, delete, run now."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from appliance.base import clock
from appliance.base.errors import Conflict, Invalid, NotFound, Problem
from appliance.base.text import say
from appliance.jobs import due
from appliance.jobs.jobs import Jobs
from appliance.jobs.schedule import Schedules, start
from appliance.jobs.schedule_table import Schedule
from appliance.jobs.table import as_json

CHANGEABLE = ("paused", "crontab", "every", "timezone", "arguments")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


class Planning:
    """Each method raises NotFound for an unknown schedule and Invalid, with every problem, for values that cannot be."""

    def __init__(self, jobs: Jobs):
        self._jobs, self._database = jobs, jobs.database
        self._schedules = Schedules(jobs)
        self.table = self._schedules.table

    def all(self) -> list[Schedule]:
        return self.table.all()

    def get(self, name: str) -> Schedule:
        found = self.table.get(name)
        if found is None:
            raise NotFound(say("There is no schedule {name}.", name=name[:60]))
        return found

    def create(self, values: Mapping[str, Any], actor: str) -> Schedule:
        """`values`: name, kind and those of CHANGEABLE; either crontab or every. Its jobs act for `actor`. Raises Conflict
        for a name that is taken."""
        name, kind = values.get("name"), values.get("kind")
        problems = _unknown(values, ("name", "kind", *CHANGEABLE))
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            problems.append(Problem("name", say("is made of small letters, digits, dots and hyphens"), "pattern"))
        known = self._jobs.kinds.get(kind) if isinstance(kind, str) else None
        if known is None or not known.schedulable:
            problems.append(Problem("kind", say("is not a kind of job that can be planned"), "choice"))
        cleaned = self._clean(values, problems, {})
        with self._database.write():
            if self.table.get(str(name)) or (name != kind and name in self._jobs.kinds):
                raise Conflict(say("There is a schedule {name} already.", name=name), pointer="/data/attributes/name")
            row = {
                "name": name,
                "kind": kind,
                "spec": "",
                "actor": actor,
                "created_at": clock.wire_now(),
                "next_run": "",
            }
            self.table.insert(row | cleaned)
            self._plan(str(name))
        return self.get(str(name))

    def change(self, name: str, values: Mapping[str, Any]) -> Schedule:
        """Those of CHANGEABLE. One that goes on after a pause counts from now: what it missed is not made up for."""
        with self._database.write():
            found = self.get(name)
            cleaned = self._clean(values, _unknown(values, CHANGEABLE), asdict(found))
            retimed = any(column in values for column in ("crontab", "every", "timezone"))
            if retimed:
                cleaned["changed"] = True
            self.table.update(name, cleaned)
            if retimed or (found.paused and cleaned.get("paused") is False):
                self._plan(name)
        return self.get(name)

    def delete(self, name: str) -> None:
        """Raises Conflict for a built-in one: it can be paused."""
        with self._database.write():
            if self.get(name).built_in:
                raise Conflict(say("The schedule {name} comes with Ingot; pause it instead.", name=name))
            self.table.delete(name)

    def run_now(self, name: str) -> int:
        """The id of the job: a new one, or that of the run which is still active. Its times stay as they are. Raises
        Conflict when this release does not know its kind."""
        with self._database.write():
            found = self.get(name)
            if found.kind not in self._jobs.kinds:
                raise Conflict(say("This release knows no kind of job called {name}.", name=found.kind))
            return start(self._jobs, self.table, found)

    def _plan(self, name: str) -> None:
        now = clock.now()
        self.table.update(
            name, {"next_run": clock.wire(self._schedules.next_run(self.get(name), now)), "due_run": None}
        )

    def _clean(self, values: Mapping[str, Any], problems: list[Problem], before: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {column: values[column] for column in CHANGEABLE if column in values}
        if "crontab" in found and found["crontab"] is not None and "every" not in found:
            found["every"] = None
        elif "every" in found and found["every"] is not None and "crontab" not in found:
            found["crontab"] = None
        problems += self._wrong_times({**before, **found})
        if not isinstance(found.get("paused", False), bool):
            problems.append(Problem("paused", say("must be true or false"), "type"))
        if not isinstance(found.get("arguments", {}), dict):
            problems.append(Problem("arguments", say("must be an object"), "type"))
        elif "arguments" in found:
            found["arguments"] = as_json(found["arguments"])
        if problems:
            raise Invalid(problems)
        return found

    def _wrong_times(self, values: Mapping[str, Any]) -> list[Problem]:
        crontab, every, timezone = values.get("crontab"), values.get("every"), values.get("timezone")
        problems: list[Problem] = []
        try:
            tz = due.zone(self._jobs.timezone if timezone is None else str(timezone))
        except ValueError:
            problems.append(
                Problem("timezone", say("there is no time zone called {name}", name=str(timezone)[:60]), "choice")
            )
            tz = due.zone("UTC")
        if (crontab is None) == (every is None):
            problems.append(Problem("crontab", say("give either crontab or every"), "required"))
        elif crontab is not None:
            try:
                due.next_crontab(str(crontab), tz, clock.now())
            except ValueError as error:
                problems.append(Problem("crontab", say("cannot be read: {why}", why=str(error)[:200]), "crontab"))
        elif isinstance(every, bool) or not isinstance(every, int | float) or not math.isfinite(every) or every < 1:
            problems.append(Problem("every", say("must be a number of seconds, at least 1"), "type"))
        elif every > 366 * 86400:
            problems.append(Problem("every", say("must be a year at most"), "max"))
        return problems


def _unknown(values: Mapping[str, Any], known: tuple[str, ...]) -> list[Problem]:
    return [
        Problem(name, say("there is no attribute called {name}", name=name[:100]), "unknown")
        for name in values
        if name not in known
    ]
