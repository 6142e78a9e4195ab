"""Asks the control door, over its Unix socket or its loopback address. The only file that does network. Nothing here waits:
an answer comes later as a call of `done`, a refusal or a silence as a call of `failed`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from PySide6.QtCore import QByteArray, QObject, QUrl
from PySide6.QtNetwork import QNetworkAccessManager, QNetworkReply, QNetworkRequest

from gui import places, texts
from gui.texts import say

_ERROR = QNetworkReply.NetworkError
_NOBODY = (_ERROR.ConnectionRefusedError, _ERROR.HostNotFoundError, _ERROR.RemoteHostClosedError)
USUAL_WAIT = 15_000  # ms


@dataclass(frozen=True)
class Trouble:
    """`code`: the server's own, or `nobody` (no process listens), `silent` (it did not answer in time)."""

    code: str
    message: str


Done = Callable[[Any], None]
Failed = Callable[[Trouble], None]


class ControlClient(QObject):
    def __init__(self, home: Path, parent: QObject | None = None):
        super().__init__(parent)
        self.home = home
        self._network = QNetworkAccessManager(self)
        self._under_way: set[QNetworkReply] = set()

    def ask(
        self, query: str, done: Done, failed: Failed | None = None, /, *, patience: int = USUAL_WAIT, **asked: Any
    ) -> None:
        self._send("GET", query + ("?" + urlencode(asked) if asked else ""), None, done, failed, patience)

    def tell(
        self, command: str, done: Done, failed: Failed | None = None, /, *, patience: int = USUAL_WAIT, **arguments: Any
    ) -> None:
        self._send("POST", command, arguments, done, failed, patience)

    def forget(self) -> None:
        """Whatever is under way will not be answered any more: the panel goes, or looks at another home."""
        for reply in list(self._under_way):
            self._under_way.discard(reply)
            reply.abort()

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, done: Done, failed: Failed | None, patience: int
    ) -> None:
        run = places.run_file(self.home)
        request = _request(run, path, patience) if run else None
        if request is None:
            if failed:
                failed(Trouble("nobody", say("Ingot is not running.")))
            return
        if method == "GET":
            reply = self._network.get(request)
        else:
            reply = self._network.post(request, QByteArray(json.dumps(body).encode()))
        self._under_way.add(reply)
        reply.finished.connect(lambda: self._finished(reply, done, failed))

    def _finished(self, reply: QNetworkReply, done: Done, failed: Failed | None) -> None:
        reply.deleteLater()
        if reply not in self._under_way:
            return
        self._under_way.discard(reply)
        answer = _read(reply)
        if isinstance(answer, Trouble):
            if failed:
                failed(answer)
        else:
            done(answer[0])


def _request(run: places.RunFile, path: str, patience: int) -> QNetworkRequest | None:
    request = QNetworkRequest()
    if run.control_socket:
        request.setUrl(QUrl("unix+http://ingot/" + path))
        request.setAttribute(QNetworkRequest.Attribute.FullLocalServerNameAttribute, run.control_socket)
    elif run.control_address:
        request.setUrl(QUrl(run.control_address + "/" + path))
        request.setRawHeader(b"Authorization", f"Bearer {run.control_token}".encode())
    else:
        return None
    request.setHeader(QNetworkRequest.KnownHeaders.ContentTypeHeader, "application/json")
    request.setRawHeader(b"Accept-Language", texts.language().encode())
    request.setTransferTimeout(patience)
    return request


def _read(reply: QNetworkReply) -> tuple[Any] | Trouble:
    """The answer in a box of one, for it may be anything, None too."""
    status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    if status is None:
        if reply.error() in _NOBODY:
            return Trouble("nobody", say("Ingot is not running."))
        return Trouble("silent", say("Ingot does not answer."))
    try:
        found = json.loads(bytes(reply.readAll().data()))
    except ValueError:
        return Trouble("garbled", say("The server's answer cannot be understood; is the panel of another version?"))
    if status == 200:
        return (found,)
    error = found.get("error", {}) if isinstance(found, dict) else {}
    return Trouble(str(error.get("code", status)), texts.retold(str(error.get("message", f"HTTP {status}"))))
