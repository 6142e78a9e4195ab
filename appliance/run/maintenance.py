"""Maintenance mode as it comes and goes: open pages are told beforehand and sent away when it begins, jobs wait until it is
over. Every process of the home looks once a second, so a plan made in one is soon kept by all."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

from wsproto.frame_protocol import CloseReason

from appliance.base.text import say, told
from appliance.features.maintenance.plan import Plan, Plans, wish
from appliance.http.sockets.hub import Hub
from appliance.jobs.jobs import Jobs
from appliance.run.services import Health

EVERY = 1.0
_log = logging.getLogger(__name__)


class Maintenance:
    """A service, and what the control door asks."""

    name = "maintenance"

    def __init__(self, plans: Plans, jobs: Jobs, hub: Hub | None = None):
        self._plans, self._jobs, self._hub = plans, jobs, hub
        self._known, self._closed = Plan(), False
        self._ended = threading.Event()
        self._turning = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Before the worker: a box that was closed when it stopped takes up no job at its start."""
        self._turn()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join(deadline_seconds)

    def health(self) -> Health:
        plan = self._plans.current
        if plan.closed():
            return Health("degraded", told(say("closed for maintenance; jobs wait")))
        return Health("ok", told(say("planned for {at}", at=plan.at))) if plan.on else Health()

    def announcement(self) -> str | None:
        """What open pages are told of a plan that lies ahead."""
        plan = self._plans.current
        return _told(plan) if plan.announced() else None

    def shown(self) -> dict[str, Any]:
        return self._plans.current.shown()

    def change(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Raises BadRequest for a wish that cannot be; on return it holds, over a restart too."""
        plan = wish(asked)
        self._plans.change(plan)
        self._turn()
        return plan.shown()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self._plans.refresh()
                self._turn()
            except Exception:
                _log.exception("maintenance")

    def _turn(self) -> None:
        with self._turning:
            plan = self._plans.current
            closed = plan.closed()
            if closed != self._closed:
                self._closed = closed
                _log.warning("closed for maintenance: %s" if closed else "open again%s", plan.message)
                self._jobs.huey.pause(closed)
                if closed and self._hub:
                    for connection in self._hub.connections:
                        self._hub.close(connection, CloseReason.TRY_AGAIN_LATER)
            if plan != self._known:
                self._known = plan
                if self._hub and not closed:
                    self._hub.publish(_told(plan), lambda _: True)


def _told(plan: Plan) -> str:
    return json.dumps({"maintenance": plan.shown()})
