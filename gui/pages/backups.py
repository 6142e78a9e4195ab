"""Backups: those there are, one more now, is one whole, and back to one of them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QDateTime, QProcess, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
from gui.launcher import ingot
from gui.state import Condition
from gui.texts import say
from gui.widgets.parts import Page, ask, button, tell
from gui.widgets.table import Table


class Backups(Page):
    name = "backups"

    def __init__(self, desk: Desk):
        self._folder = button(say("Open folder"), self._open_folder)
        self._verify = button(say("Verify"), self._do_verify)
        self._restore = button(say("Restore…"), self._ask_restore, "danger")
        self._back = button(say("One step back…"), self._ask_back, name=say("Take the last restore back"))
        self._now = button(say("Back up now"), self.back_up, "primary")
        super().__init__(say("Backups"), self._folder, self._verify, self._back, self._restore, self._now, scroll=False)
        self._desk = desk
        self._backups: list[dict[str, Any]] = []
        self._verdicts: dict[str, str] = {}
        self._busy = ""
        self._job: int | None = None
        self._process: QProcess | None = None
        columns = (say("Made"), say("File"), say("Size"), say("Ingot"), say("Verdict"))
        self.table = Table(say("Backups"), columns, wide=1)
        self.table.itemSelectionChanged.connect(self._state)
        self.body.addWidget(self.table, 1)
        self._polling = QTimer(self)
        self._polling.setInterval(700)
        self._polling.timeout.connect(self._ask_job)
        desk.watcher.changed.connect(self._changed)
        self._state()

    def shown(self) -> None:
        if self._desk.watcher.condition.answers:
            self._desk.client.ask("backups", lambda found: self._came(found["backups"]), self._failed)
        self._state()

    def _changed(self, _condition: Condition) -> None:
        if self.isVisible():
            self.shown()
        self._state()

    def _came(self, backups: list[dict[str, Any]]) -> None:
        self._backups = sorted(backups, key=lambda one: str(one.get("created_at", "")), reverse=True)
        self.table.show_rows([self._row(one) for one in self._backups])
        self._state()

    def _row(self, one: dict[str, Any]) -> tuple[str, ...]:
        at = QDateTime.fromString(str(one.get("created_at", "")), Qt.DateFormat.ISODateWithMs).toLocalTime()
        made = texts.locale().toString(at, texts.locale().FormatType.ShortFormat) if at.isValid() else "–"
        verdict = say("Damaged") if one.get("damaged") else self._verdicts.get(one["file"], say("Read back when made"))
        return made, one["file"], texts.size(one["bytes"]), str(one.get("version", "")), verdict

    def chosen(self) -> dict[str, Any] | None:
        row = self.table.currentRow()
        return self._backups[row] if 0 <= row < len(self._backups) else None

    def _state(self) -> None:
        answers, one = self._desk.watcher.condition.answers, self.chosen()
        self._now.setEnabled(answers and not self._busy)
        self._verify.setEnabled(answers and one is not None and not self._busy)
        self._back.setVisible((self._desk.home / "previous").is_dir())
        self._back.setEnabled(not self._busy)
        self._restore.setEnabled(one is not None and not self._busy)
        if self._busy:
            self.about(self._busy)
        elif self._backups:
            self.about(say("One is made every night; they lie in {folder}.", folder=self._desk.home / "backups"))
        else:
            self.about(say("There is no backup yet.") if answers else say("Backups show here while Ingot runs."))

    def _failed(self, trouble: Trouble) -> None:
        self._doing("")
        self.about(trouble.message)

    def _doing(self, words: str) -> None:
        self._busy = words
        self._state()

    # ---- one more

    def back_up(self) -> None:
        self._doing(say("A backup is being made; everybody can go on working."))
        self._desk.client.tell("backup", self._queued, self._failed)

    def _queued(self, found: dict[str, Any]) -> None:
        self._job = found["job"]
        self._polling.start()

    def _ask_job(self) -> None:
        self._desk.client.ask("jobs", self._job_told, self._failed)

    def _job_told(self, found: dict[str, Any]) -> None:
        mine = next((job for job in found["recent"] if job["id"] == self._job), None)
        if mine and mine["state"] in ("new", "waiting", "running", "retrying"):
            return
        self._polling.stop()
        self._doing("")
        if mine and mine["state"] != "success":
            self.about(say("The backup failed: {why}", why=mine["message"] or mine["state"]))
        else:
            self.shown()

    # ---- is it whole

    def _do_verify(self) -> None:
        if one := self.chosen():
            file = one["file"]
            self._doing(say("Every byte of {file} is being read.", file=file))
            self._desk.client.tell(
                "verify", lambda _: self._verified(file, say("Whole")),
                lambda trouble: self._verified(file, trouble.message), patience=600_000, file=file,
            )  # fmt: skip

    def _verified(self, file: str, verdict: str) -> None:
        self._verdicts[file] = verdict
        self._doing("")
        self._came(self._backups)

    # ---- and back to one

    def _ask_restore(self) -> None:
        if one := self.chosen():
            words = say(
                "Everything becomes as it was when {file} was made; what was entered since is gone from view. Ingot is stopped "
                "for it and started again. The present state is kept: one step back is possible.", file=one["file"],
            )  # fmt: skip
            ask(
                self, say("Restore this backup?"), words, say("Restore"), lambda: self.restore(one["file"]), danger=True
            )

    def _ask_back(self) -> None:
        words = say("Everything becomes as it was before the last restore; the present state is kept in its place. Ingot is "
                    "stopped for it and started again.")  # fmt: skip
        ask(
            self,
            say("Take the last restore back?"),
            words,
            say("Take it back"),
            lambda: self.restore(None),
            danger=True,
        )

    def restore(self, file: str | None) -> None:
        """Stops the server first; it must be gone before its files are swapped. None takes the last restore back."""
        self._doing(say("Ingot is being stopped for the restore."))
        if self._desk.watcher.condition.alive:
            self._desk.launcher.stop(lambda: self._run_restore(file))
        else:
            self._run_restore(file)

    def _run_restore(self, file: str | None) -> None:
        self._doing(say("{file} is being verified and restored.", file=file or self._desk.home / "previous"))
        self._process = process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.finished.connect(lambda code, _status: self._restored(code))
        what = "--back" if file is None else str(self._desk.home / "backups" / file)
        program, arguments = ingot("restore", what, "--home", str(self._desk.home))
        process.setWorkingDirectory(str(self._desk.home))
        process.start(program, arguments)

    def _restored(self, code: int) -> None:
        assert self._process
        said = bytes(self._process.readAll().data()).decode("utf-8", "replace").strip()
        self._process = None
        self._doing("")
        if code == 0:
            tell(
                self,
                say("Restored"),
                say('Ingot starts again. The state before is kept: "One step back" returns to it.'),
            )
        else:
            tell(
                self,
                say("Nothing was restored"),
                said.splitlines()[-1] if said else say("It failed with code {code}.", code=code),
            )
        self._desk.launcher.start()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._desk.home / "backups")))
