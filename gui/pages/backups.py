"""Backups: those there are, one more now, is one whole, and back to one of them, whether the server runs, cannot start or is
stopped. What is restored is verified before anybody is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from gui import texts
from gui.client import Trouble
from gui.desk import Desk
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
        self._other = button(say("Restore a file…"), self._choose, name=say("Restore a backup from another folder"))
        self._back = button(say("One step back…"), self._ask_back, name=say("Take the last restore back"))
        self._now = button(say("Back up now"), self.back_up, "primary")
        super().__init__(
            say("Backups"), self._folder, self._verify, self._back, self._other, self._restore, self._now, scroll=False
        )
        self._desk, self._commands = desk, desk.backups
        self._reading = False
        self._backups: list[dict[str, Any]] = []
        self._verdicts: dict[str, tuple[bool, str]] = {}
        self._busy = self._problem = ""
        self._job: int | None = None
        columns = (say("Made"), say("File"), say("Kind"), say("Size"), say("Ingot"), say("Verdict"))
        self.table = Table(say("Backups"), columns, wide=1)
        self.table.itemSelectionChanged.connect(self._state)
        self.body.addWidget(self.table, 1)
        self._polling = QTimer(self)
        self._polling.setInterval(700)
        self._polling.timeout.connect(self._ask_job)
        desk.watcher.changed.connect(self._changed)
        self._state()

    # ---- what there is

    def shown(self) -> None:
        """The server is asked as long as it answers, else the folder is read beside it."""
        if self._desk.watcher.condition.answers:
            self._desk.client.ask("backups", lambda found: self._came(found["backups"]), lambda _: self._read_folder())
        else:
            self._read_folder()
        self._state()

    def _read_folder(self) -> None:
        if not self._desk.home.is_dir():
            self._came([])
        elif not self._reading:
            self._reading = True
            self._commands.list(self._read, self._not_read)

    def _read(self, found: list[dict[str, Any]]) -> None:
        self._reading = False
        self._came(found)

    def _not_read(self, why: str) -> None:
        self._reading = False
        self._say_problem(why)

    def _changed(self, _condition: Condition) -> None:
        if self.isVisible():
            self.shown()
        self._state()

    def _came(self, backups: list[dict[str, Any]]) -> None:
        self._backups = sorted(backups, key=lambda one: str(one.get("created_at", "")), reverse=True)
        self.table.show_rows([self._row(one) for one in self._backups])
        self._state()

    def _row(self, one: dict[str, Any]) -> tuple[str, ...]:
        made = _moment(str(one.get("created_at", "")))
        kind = {"manual": say("By hand"), "automatic": say("Nightly"), "snapshot": say("Before an update")}
        return (
            made, one["file"], kind.get(str(one.get("kind")), "–"), texts.size(one["bytes"]), str(one.get("version", "")),
            self._verdict(one),
        )  # fmt: skip

    def _verdict(self, one: dict[str, Any]) -> str:
        known = self._verdicts.get(one["file"])
        if known:
            return known[1]
        verified = one.get("verified") or {}
        if one.get("damaged"):
            return texts.retold(str(verified.get("why") or "")) or say("Damaged")
        if verified.get("whole"):
            return say("Whole, read {moment}", moment=_moment(str(verified.get("at", ""))))
        return say("Not read again yet")

    def _is_damaged(self, one: dict[str, Any]) -> bool:
        known = self._verdicts.get(one["file"])
        return not known[0] if known else bool(one.get("damaged"))

    def chosen(self) -> dict[str, Any] | None:
        row = self.table.currentRow()
        return self._backups[row] if 0 <= row < len(self._backups) else None

    def _state(self) -> None:
        one, free, there = self.chosen(), not self._busy, not self._desk.watcher.known.gone(self._desk.home)
        self._now.setEnabled(self._desk.watcher.condition.serves and free)
        self._verify.setEnabled(one is not None and free)
        self._back.setVisible(_can_go_back(self._desk.home))
        self._back.setEnabled(free)
        self._restore.setEnabled(one is not None and not self._is_damaged(one) and free and there)
        self._other.setEnabled(free and there)
        if self._busy or self._problem:
            self.about(self._busy or self._problem)
        elif self._backups:
            self.about(say("One is made every night; they lie in {folder}.", folder=self._desk.home / "backups"))
        else:
            self.about(say("There is no backup yet."))

    def _failed(self, trouble: Trouble) -> None:
        self._say_problem(trouble.message)

    def _say_problem(self, why: str) -> None:
        self._polling.stop()
        self._problem = why
        self._busy = ""
        self._state()

    def _doing(self, words: str) -> None:
        self._busy, self._problem = words, ""
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
            self._say_problem(say("The backup failed: {why}", why=mine["message"] or mine["state"]))
        else:
            self.shown()

    # ---- is it whole

    def _do_verify(self) -> None:
        if one := self.chosen():
            file = one["file"]
            self._doing(say("Every byte of {file} is being read.", file=file))
            if self._desk.watcher.condition.answers:  # then what is found is kept beside it
                self._desk.client.tell(
                    "verify", lambda _: self._verified(file, True, say("Whole")),
                    lambda trouble: self._verified(file, False, trouble.message), patience=600_000, file=file,
                )  # fmt: skip
            else:
                self._commands.verify(
                    self._place(file), lambda _: self._verified(file, True, say("Whole")),
                    lambda why: self._verified(file, False, why),
                )  # fmt: skip

    def _verified(self, file: str, whole: bool, verdict: str) -> None:
        self._verdicts[file] = (whole, verdict)
        self._doing("")
        self._came(self._backups)

    def _place(self, file: str) -> Path:
        return self._desk.home / "backups" / file

    # ---- and back to one

    def _choose(self) -> None:
        dialog = QFileDialog(self, say("Restore a backup from another folder"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([say("Backups of Ingot") + " (*.ingot *.db)", say("All files") + " (*)"])
        dialog.fileSelected.connect(lambda file: self._ask_for(Path(file)))
        dialog.open()

    def _ask_restore(self) -> None:
        if (one := self.chosen()) and not self._is_damaged(one):
            self._ask_for(self._place(one["file"]))

    def _ask_for(self, place: Path) -> None:
        words = say(
            "Everything becomes as it was when {file} was made; what was entered since is gone from view. The file is read "
            "through first; only then is Ingot stopped, and started again. The present state is kept.", file=place.name,
        )  # fmt: skip
        ask(self, say("Restore this backup?"), words, say("Restore"), lambda: self.restore(place), danger=True)

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

    def restore(self, place: Path | None) -> None:
        """Verifies first, then stops the server: it must be gone before its files are swapped. None: the last restore is taken
        back."""
        if place is None:
            self._stop_for(None)
            return
        self._doing(say("Every byte of {file} is being read.", file=place.name))
        self._commands.verify(place, lambda _: self._stop_for(place), lambda why: self._is_not_whole(place, why))

    def _is_not_whole(self, place: Path, why: str) -> None:
        if place.parent == self._desk.home / "backups":
            self._verdicts[place.name] = (False, why)
        self._doing("")
        self._came(self._backups)
        tell(self, say("Nothing was restored"), why)

    def _stop_for(self, place: Path | None) -> None:
        if self._desk.watcher.condition.alive:
            self._doing(say("Ingot is being stopped for the restore."))
            self._desk.launcher.stop(lambda: self._run_restore(place, was_up=True))
        else:
            self._run_restore(place, was_up=False)

    def _run_restore(self, place: Path | None, *, was_up: bool) -> None:
        self._doing(say("{file} is being restored.", file=place.name if place else self._desk.home / "previous"))
        self._commands.restore(place, lambda _: self._restored(), lambda why: self._not_restored(why, was_up))

    def _restored(self) -> None:
        self._doing("")
        kept = say('The state before is kept: "One step back" returns to it.') if _can_go_back(self._desk.home) else ""
        tell(self, say("Restored"), " ".join(filter(None, (say("Ingot starts again."), kept))))
        self._desk.launcher.start()

    def _not_restored(self, why: str, was_up: bool) -> None:
        self._doing("")
        tell(self, say("Nothing was restored"), why)
        if was_up:
            self._desk.launcher.start()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._desk.home / "backups")))


def _can_go_back(home: Path) -> bool:
    """Is there a state before the last restore? A folder without a database is none."""
    try:
        return (home / "previous" / "ingot.db").stat().st_size > 0
    except OSError:
        return False


def _moment(wire: str) -> str:
    at = QDateTime.fromString(wire, Qt.DateFormat.ISODateWithMs).toLocalTime()
    return texts.locale().toString(at, texts.locale().FormatType.ShortFormat) if at.isValid() else "–"
