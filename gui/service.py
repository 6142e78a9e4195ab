"""Ingot as a service of this system: is it one, switch it on and off, start and stop it. Every command runs beside the panel;
what it said comes later, by `changed` and `failed`."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from gui import autostart, places, texts
from gui.autostart import Plan
from gui.texts import say

MISSING = "no such program: "


@dataclass(frozen=True)
class Found:
    """`plan`: the one that is written here, if any. `on`: it starts by itself. `pid`: of the server it runs, or 0.
    `obstacle`: why nothing can be asked or switched, as a sentence."""

    plan: Plan | None = None
    on: bool = False
    lingers: bool = False
    pid: int = 0
    obstacle: str = ""


class Service(QObject):
    """`changed` when something else was found than before; `failed` with a sentence; `done` when a switch has been thrown."""

    changed = Signal(object)
    failed = Signal(str)
    done = Signal()

    def __init__(self, home: Path, command: list[str], parent: QObject | None = None):
        super().__init__(parent)
        self.plans = autostart.plans(home, command)
        self.found = Found()
        self.busy = False
        self._home = home
        self._processes: set[QProcess] = set()

    # ---- what there is

    def look(self) -> None:
        """Ask the service manager; where nothing of ours is written there is nothing to ask about."""
        plan = next((one for one in self.plans if one.written()), None)
        if plan is None or not plan.manager:
            self._tell(Found(plan, on=plan is not None))
            return
        words = (*plan.manager, "show", f"{plan.name}.service", "--property=UnitFileState,MainPID")
        self.run(words, lambda code, said: self._came(plan, code, said))

    def _came(self, plan: Plan, code: int, said: str) -> None:
        if code != 0:
            self._tell(Found(plan, obstacle=why(said)))
            return
        facts = dict(line.partition("=")[::2] for line in said.splitlines())
        pid = facts.get("MainPID", "0")
        self._tell(Found(plan, facts.get("UnitFileState") == "enabled", _lingers(), int(pid) if pid.isdecimal() else 0))

    def _tell(self, found: Found) -> None:
        if found != self.found:
            self.found = found
            self.changed.emit(found)

    # ---- the switch

    def switch_on(self, plan: Plan) -> None:
        """Write its file and have it start by itself. What runs at present goes on as it is, until it is restarted."""
        try:
            places.start_log(self._home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self._home / "run" / f"{plan.name}.service" if plan.as_root else plan.file
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(plan.text, "utf-16" if plan.kind == "task" else "utf-8")
        except OSError as error:
            self.failed.emit(say("{file} cannot be written: {why}", file=plan.file, why=texts.why(error)))
            return
        if plan.as_root:
            self._in_turn([(autostart.in_one_go(plan, draft, on=True), True)], then=lambda: self._end(draft=draft))
        else:
            self._in_turn([(step, True) for step in plan.switch_on] + [(step, False) for step in plan.extra])

    def switch_off(self, plan: Plan) -> None:
        """Take it away again. The server that runs goes on."""
        if plan.as_root:
            self._in_turn([(autostart.in_one_go(plan, plan.file, on=False), True)])
            return
        first, *rest = plan.switch_off
        self._in_turn([(first, False)], then=lambda: self._erase(plan, [(step, False) for step in rest]))

    def _erase(self, plan: Plan, rest: list[tuple[tuple[str, ...], bool]]) -> None:
        try:
            plan.file.unlink(missing_ok=True)
        except OSError as error:
            self._end(say("{file} cannot be removed: {why}", file=plan.file, why=texts.why(error)))
        else:
            self._in_turn(rest)

    def _in_turn(self, steps: list[tuple[tuple[str, ...], bool]], then: Callable[[], None] | None = None) -> None:
        """One after the other; one that must not fail and does ends it all."""
        self.busy = True
        if not steps:
            (then or self._end)()
            return
        (words, must), *rest = steps

        def ended(code: int, said: str) -> None:
            if code != 0 and must:
                self._end(why(said) or say("{command} ended with code {code}.", command=" ".join(words), code=code))
            else:
                self._in_turn(rest, then)

        self.run(words, ended)

    def _end(self, why: str = "", draft: Path | None = None) -> None:
        self.busy = False
        if draft:
            draft.unlink(missing_ok=True)
        if why:
            self.failed.emit(why)
        else:
            self.done.emit()
        self.look()

    # ---- start and stop

    @property
    def manages(self) -> bool:
        """Is starting the service manager's, and can it be reached? One of the machine asks for a password then."""
        return self.found.plan is not None and bool(self.found.plan.manager) and not self.found.obstacle

    def runs(self, pid: int | None) -> bool:
        """Is this the server that the service manager has started?"""
        return pid is not None and self.manages and self.found.pid == pid

    @property
    def stops_freely(self) -> bool:
        """Without a password: a service of the user. That of the machine is stopped and restarted by its own door."""
        return self.found.plan is not None and self.found.plan.kind == "user"

    def order(self, word: str, ended: Callable[[int, str], None]) -> int:
        """`start` or `stop`; returns the number of the process that waits for the outcome."""
        plan = self.found.plan
        assert plan
        return self.run((*plan.manager, word, f"{plan.name}.service"), ended)

    def run(self, words: tuple[str, ...], ended: Callable[[int, str], None]) -> int:
        """Run a command beside the panel. `ended` gets its exit code and what it said; -1 and a sentence when it cannot run."""
        process = QProcess(self)
        self._processes.add(process)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("LC_ALL", "C.UTF-8")  # its words are read here
        environment.insert("SYSTEMD_PAGER", "")
        process.setProcessEnvironment(environment)

        def finished(code: int, how: QProcess.ExitStatus) -> None:
            said = bytes(process.readAll().data()).decode("utf-8", "replace").strip()
            gone()
            ended(code if how == QProcess.ExitStatus.NormalExit else -1, said)

        def wrong(error: QProcess.ProcessError) -> None:
            if error == QProcess.ProcessError.FailedToStart:  # of all others `finished` tells
                gone()
                ended(-1, f"{MISSING}{words[0]}")

        def gone() -> None:
            self._processes.discard(process)
            process.deleteLater()

        process.finished.connect(finished)
        process.errorOccurred.connect(wrong)
        process.start(words[0], list(words[1:]))
        return int(process.processId())


def why(said: str) -> str:
    """What a command said, as a sentence for people where it is one of the usual ones."""
    if "not been booted with systemd" in said or "connect to bus" in said or said == f"{MISSING}systemctl":
        return say(
            "There is no systemd at work here, so nothing starts Ingot by itself. The text below can be used elsewhere."
        )
    if said.startswith(MISSING):
        return say("{program} is not there.", program=said.removeprefix(MISSING))
    if "not authorized" in said.lower() or "dismissed" in said.lower():
        return say("The administrator's password was not given, so nothing was changed.")
    return said.splitlines()[-1] if said else ""


def _lingers() -> bool:
    """Do this user's services start with the machine, and not only at the sign-in? loginctl(1), enable-linger."""
    return Path("/var/lib/systemd/linger", getpass.getuser()).exists()
