"""What is the matter with the server, concluded from what can be seen of it. Plain data, no Qt: `judge` is the whole of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from gui.places import RunFile

Kind = Literal["stopped", "starting", "running", "degraded", "stopping", "blocked", "frozen", "killed"]


@dataclass(frozen=True)
class Seen:
    """run: its run file. alive: there is a process of that number. status: its last answer, as long as it answers. silent: it
    has not answered in time. refused: nobody listens at its door. launching: a start of ours is under way. complaint: what the
    start that ended said."""

    run: RunFile | None = None
    alive: bool = False
    status: dict[str, Any] | None = None
    silent: bool = False
    refused: bool = False
    launching: bool = False
    complaint: str = ""


@dataclass(frozen=True)
class Condition:
    """`alive`: there is a process that can be stopped. `reason`: the server's own words."""

    kind: Kind = "stopped"
    reason: str = ""
    alive: bool = False
    pid: int | None = None
    ailing: tuple[str, ...] = field(default=())
    down: tuple[str, ...] = field(default=())
    """Of those that ail, the ones that do not work at all; `reason` is the first one's then."""

    @property
    def serves(self) -> bool:
        """Is everything open that the control API can be asked for?"""
        return self.kind in ("running", "degraded")

    @property
    def wants_restore(self) -> bool:
        """Is a restore what would mend it?"""
        return "ingot restore" in self.reason

    @property
    def answers(self) -> bool:
        return self.kind in ("running", "degraded") or (self.kind == "blocked" and self.alive)


def judge(seen: Seen) -> Condition:
    run = seen.run
    if run is None or not seen.alive:
        if seen.launching:
            return Condition("starting")
        if seen.complaint:
            return Condition("blocked", seen.complaint)
        return Condition("stopped") if run is None else Condition("killed", pid=run.pid)
    if seen.silent:
        return Condition("frozen", alive=True, pid=run.pid)
    state = seen.status["state"] if seen.status else run.state
    if seen.refused and state == "ready":  # somebody else has its number by now, or it ends this moment
        return Condition("killed", pid=run.pid)
    if state == "blocked":
        reason = (seen.status or {}).get("reason") or run.reason
        return Condition("blocked", str(reason), alive=True, pid=run.pid)
    if state == "stopping":
        return Condition("stopping", alive=True, pid=run.pid)
    if state != "ready" or seen.status is None:
        return Condition("starting", alive=True, pid=run.pid)
    healths = seen.status.get("health", {})
    ailing = tuple(name for name, health in healths.items() if health["state"] != "ok")
    down = tuple(sorted((n for n in ailing if healths[n]["state"] == "down"), key=lambda n: (n != "database", n)))
    reason = str(healths[down[0]].get("reason") or "") if down else ""
    return Condition("degraded" if ailing else "running", reason, alive=True, pid=run.pid, ailing=ailing, down=down)
