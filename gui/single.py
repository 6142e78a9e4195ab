"""One panel for one home: a second start brings the first one forward and ends."""

from __future__ import annotations

import getpass
import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket


class Single(QObject):
    """`called` when somebody started the panel once more."""

    called = Signal()

    def __init__(self, home: Path, parent: QObject | None = None):
        super().__init__(parent)
        digest = hashlib.sha256(f"{getpass.getuser()} {home}".encode()).hexdigest()[:16]
        self._name = f"ingot-panel-{digest}"
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._came)

    def first(self) -> bool:
        """Is this the first one? If not, the first has been told. Waits half a second at most, before there is any window."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(500):
            socket.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)  # of one that was killed
        self._server.listen(self._name)
        return True

    def _came(self) -> None:
        while socket := self._server.nextPendingConnection():
            socket.deleteLater()
            self.called.emit()
