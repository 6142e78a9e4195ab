"""Backups without a server: the panel runs `ingot backup --list`, `verify` and `restore` as processes beside it, so that it can
list, verify and restore exactly when the server cannot start."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment

from gui import texts
from gui.launcher import ingot
from gui.texts import say

_LONGEST = 600_000  # ms that a restore may take while the panel waits to go
Done = Callable[[Any], None]
Failed = Callable[[str], None]


class BackupCommands(QObject):
    """`done` gets what was printed as JSON, `failed` the last sentence that was said."""

    def __init__(self, home: Path, parent: QObject | None = None):
        super().__init__(parent)
        self._home = home
        self._processes: set[QProcess] = set()
        self._restoring: QProcess | None = None

    def list(self, done: Done, failed: Failed) -> None:
        self._run(("backup", "--list", "--json"), done, failed)

    def verify(self, file: Path, done: Done, failed: Failed) -> None:
        """Every byte; a server that runs is not touched."""
        self._run(("verify", "--json", str(file)), done, failed)

    def restore(self, file: Path | None, done: Done, failed: Failed) -> None:
        """The server must have gone. None takes the last restore back."""
        words = ("restore", "--back") if file is None else ("restore", "--json", str(file))
        self._restoring = self._run(words, done, failed)

    def forget(self) -> None:
        """The panel goes: nobody waits for an answer any more. A restore is let finish first."""
        for process in list(self._processes):
            process.blockSignals(True)
            if process is not self._restoring:
                process.kill()
            process.waitForFinished(_LONGEST)
        self._processes.clear()

    def _run(self, words: tuple[str, ...], done: Done, failed: Failed) -> QProcess:
        program, arguments = ingot(*words, "--home", str(self._home))
        process = QProcess(self)
        self._processes.add(process)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("LC_ALL", texts.language())  # its sentences are shown as they are
        environment.insert("PYTHONUTF8", "1")
        process.setProcessEnvironment(environment)
        if self._home.is_dir():
            process.setWorkingDirectory(str(self._home))

        def finished(code: int, how: QProcess.ExitStatus) -> None:
            printed = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace")
            said = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip()
            gone()
            if code == 0 and how == QProcess.ExitStatus.NormalExit:
                done(_read(printed))
            else:
                failed(said.splitlines()[-1] if said else say("It failed with code {code}.", code=code))

        def wrong(error: QProcess.ProcessError) -> None:
            if error == QProcess.ProcessError.FailedToStart:  # of all others `finished` tells
                gone()
                failed(say("{program} cannot be started.", program=program))

        def gone() -> None:
            self._processes.discard(process)
            process.deleteLater()

        process.finished.connect(finished)
        process.errorOccurred.connect(wrong)
        process.start(program, arguments)
        return process


def _read(printed: str) -> Any:
    try:
        return json.loads(printed)
    except ValueError:
        return printed
