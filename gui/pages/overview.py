"""How the box does, in words first; what to do about it; where people reach it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui import texts, words
from gui.desk import Desk
from gui.state import Condition
from gui.texts import say
from gui.widgets.charts import Charts
from gui.widgets.components import Components
from gui.widgets.first_admin import FirstAdmin
from gui.widgets.maintenance import Maintenance, PlanMaintenance
from gui.widgets.parts import Card, Page, ask, button, copy, mark, row, text
from gui.widgets.reach import Reach


class Overview(Page):
    """`log_wanted`: somebody in trouble wants to see the log. `restore_wanted`: or the backups."""

    name = "overview"
    log_wanted = Signal()
    restore_wanted = Signal()

    def __init__(self, desk: Desk):
        self._start = button(say("Start"), desk.launcher.start, "primary")
        self._stop = button(say("Stop"), self._ask_stop, "danger")
        self._force = button(say("Force stop"), self._ask_force, "danger")
        self._restart = button(say("Restart"), self._ask_restart)
        self._open = button(say("Open in browser"), self._opened, "primary")
        self._close = button(say("Maintenance…"), self._plan_maintenance)
        super().__init__(say("Overview"), self._close, self._restart, self._force, self._stop, self._start, self._open)
        self._desk = desk
        self._looking = False
        self._claim_asked: int | None = None
        self._maintenance_told = ""
        self._body()
        desk.watcher.changed.connect(self._changed)
        desk.watcher.told.connect(self._told)
        if desk.looks:
            desk.looks.changed.connect(self._charts.repaint_all)
        self._changed(desk.watcher.condition)

    def _body(self) -> None:
        self._trouble = Card()
        self._cause, self._remedy = text("", "strong", wrap=True, selectable=True), text("", "", wrap=True)
        self._trouble.body.addWidget(self._cause)
        self._trouble.body.addWidget(self._remedy)
        self._see_log = button(say("Show the log"), self.log_wanted.emit)
        self._to_restore = button(say("Restore…"), self.restore_wanted.emit, "danger")
        self._trouble.body.addLayout(row(self._to_restore, self._see_log, None))
        self.body.addWidget(self._trouble)
        self.maintenance = Maintenance(self._desk.client)
        self.body.addWidget(self.maintenance)
        self.body.addWidget(self._unowned())
        self._components, self._reach = Components(), Reach(self._ask_open_up)
        self._pair = QWidget()
        pair = QHBoxLayout(self._pair)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(12)
        pair.addWidget(self._components, 5)
        pair.addWidget(self._reach, 3)
        self.body.addWidget(self._pair)
        self._charts = Charts(self._desk.client)
        self.body.addWidget(self._charts, 1)
        self.body.addStretch(0)

    def _unowned(self) -> Card:
        """Shown as long as nobody owns the box."""
        self._ownerless = card = Card(tone="brand")
        card.body.addWidget(text(say("Nobody owns this box yet"), "cardtitle"))
        card.body.addWidget(
            text(say("Open the set-up page once and you are its administrator, or make the first one here."), wrap=True)
        )
        self._copy_link = button(say("Copy the link"), lambda: self._claim(self._copied))
        card.body.addLayout(
            row(
                button(say("Open the set-up page"), lambda: self._claim(_browse), "primary"),
                self._copy_link,
                button(say("Make the first administrator…"), self._first_admin),
                None,
            )
        )
        card.hide()
        return card

    # ---- what the server says

    def shown(self) -> None:
        self._looking = True
        self._claim_asked = None
        self._maintenance_told = ""
        self._charts.watch(self._desk.watcher.condition.serves)

    def hidden(self) -> None:
        self._looking = False
        self._charts.watch(False)

    def _changed(self, condition: Condition) -> None:
        told = words.tell(condition)
        self.title.setText(told.title)
        self._trouble.setVisible(bool(told.cause or told.remedy))
        mark(self._trouble, "tone", told.tone if told.tone in ("bad", "warn") else "")
        self._cause.setText(told.cause)
        self._cause.setVisible(bool(told.cause))
        self._see_log.setVisible(bool(told.cause) and condition.kind != "stopping")
        self._to_restore.setVisible(condition.wants_restore)
        self._remedy.setText(told.remedy)
        self._remedy.setVisible(bool(told.remedy))
        up = condition.kind in ("running", "degraded")
        self._start.setVisible(
            condition.kind in ("stopped", "killed") or (condition.kind == "blocked" and not condition.alive)
        )
        blocked = condition.kind == "blocked" and condition.alive
        self._stop.setVisible(up or blocked or condition.kind in ("starting", "stopping"))
        self._stop.setEnabled(up or blocked or (condition.kind == "starting" and condition.alive))
        self._force.setVisible(condition.kind in ("frozen", "stopping"))
        self._restart.setVisible(up or blocked)
        self._close.setVisible(up)
        self._open.setVisible(up)
        self._pair.setVisible(up)  # of one that does not answer there is nothing to show but what is the matter
        self._charts.setVisible(up)
        if not up:
            self._reach.show_addresses([])
            self._ownerless.hide()
            self.maintenance.hide()
            self._components.show_health({})
        self._claim_asked = None
        self._charts.watch(self._looking and condition.serves)

    def _told(self, status: dict[str, Any] | None) -> None:
        condition = self._desk.watcher.condition
        if status is None or condition.kind in ("starting", "stopping"):
            wait = texts.span(self._desk.watcher.waited())
            busy = condition.kind in ("starting", "stopping", "frozen")
            stopped = say("Home folder: {home}", home=self._desk.home)
            self.about(say("For {time} now", time=wait) if busy else stopped)
            return
        facts = [
            say("Up {time}", time=texts.span(status["uptime_seconds"])),
            say("version {version}", version=status["version"]),
            say("process {pid}", pid=status["pid"]),
        ]
        self.about(" · ".join(facts))
        self._components.show_health(status["health"])
        if self._looking and condition.serves:
            self._follow_maintenance(str(status["health"].get("maintenance")))
        if self._claim_asked != status["pid"] and condition.serves and self._looking:
            self._claim_asked = status["pid"]
            self._desk.client.ask("addresses", lambda found: self._reach.show_addresses(found["addresses"]))
            self._desk.client.ask("users", lambda found: self._ownerless.setVisible(not found["claimed"]))

    def _follow_maintenance(self, told: str) -> None:
        """Asked when it became another one, and when somebody comes to look: it may be planned on another desk."""
        if told != self._maintenance_told:
            self._maintenance_told = told
            self.maintenance.look()

    # ---- what can be done

    def _plan_maintenance(self) -> None:
        PlanMaintenance(self, self._desk.client, self.maintenance.show_plan).open()

    def _ask_stop(self) -> None:
        words = say("Nobody can use it until it is started again. What is under way is answered first.")
        ask(self, say("Stop Ingot?"), words, say("Stop"), self._desk.launcher.stop, danger=True)

    def _ask_restart(self) -> None:
        words = say("It is away for a few seconds. What is under way is answered first; pages catch up by themselves.")
        ask(self, say("Restart Ingot?"), words, say("Restart"), self._desk.launcher.restart)

    def _ask_force(self) -> None:
        words = say("Process {pid} ends at once. What was saved stays saved; what was just being written is lost, and jobs "
                    "under way begin again.", pid=self._desk.watcher.condition.pid)  # fmt: skip
        ask(self, say("End Ingot by force?"), words, say("Force stop"), self._desk.launcher.force, danger=True)

    def _ask_open_up(self) -> None:
        words = say("Whoever is in the same network can then reach the page to sign in. Ingot restarts for it.")
        ask(self, say("Open it to the office network?"), words, say("Open and restart"), self._open_up)

    def _open_up(self) -> None:
        def saved(found: dict[str, Any]) -> None:
            if found["written"]:
                self._desk.launcher.restart()
            else:
                self._reach.say_why_not("; ".join(texts.retold(why) for why in found["problems"].values()))

        failed = self._reach.say_why_not
        self._desk.client.tell("settings", saved, lambda trouble: failed(trouble.message), values={"host": "0.0.0.0"})

    def _opened(self) -> None:
        own = (self._desk.watcher.status or {}).get("addresses") or []
        if own:
            _browse(own[0])

    def _claim(self, then: Any) -> None:
        self._desk.client.tell("claim", lambda found: then(found["link"]) if found["link"] else self.shown())

    def _copied(self, link: str) -> None:
        copy(link, self._copy_link)

    def _first_admin(self) -> None:
        FirstAdmin(self, self._desk.client, self.shown).open()


def _browse(url: str) -> None:
    QDesktopServices.openUrl(QUrl(url))
