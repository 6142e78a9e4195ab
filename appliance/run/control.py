"""The private control door: JSON over HTTP on a Unix socket only the owner can open (elsewhere: loopback and a token).

    GET /status   GET /logs?lines=N   POST /stop   POST /restart   POST /<command> {arguments}

Commands come from assembly as name -> callable(arguments): this file knows no feature. What they answer for people (Text)
is said in the language of the request's Accept-Language."""

from __future__ import annotations

import hmac
import ipaddress
import logging
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson

from appliance.base import ids, logs, origin
from appliance.base.disk import is_disk_full
from appliance.base.errors import BadRequest, IngotError, NotAllowed, NotFound
from appliance.base.paths import Home
from appliance.base.text import best_language, in_language, say
from appliance.run.http_loop import HttpLoop
from appliance.run.services import Health

_log = logging.getLogger(__name__)
Command = Callable[[dict[str, Any]], Any]  # arguments of the call -> anything JSON can say

_LONGEST_PATH = 100  # bytes; the kernel's limit is 108 on Linux, 104 on macOS
_MOST_LINES = 5000
_SENTENCES = orjson.OPT_PASSTHROUGH_SUBCLASS | orjson.OPT_PASSTHROUGH_DATACLASS
_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<host>[\w.-]{1,253}))(?::\d{1,5})?", re.ASCII)
_UNIX = hasattr(socket, "AF_UNIX") and os.name == "posix"


class ControlDoor:
    """`queries` answer GET and must be harmless; `commands` answer POST. Both mappings are looked up at each call, so
    assembly may add to them later."""

    name = "control"

    def __init__(self, home: Home, queries: Mapping[str, Command], commands: Mapping[str, Command], unix: bool = _UNIX):
        self._home, self._queries, self._commands, self._unix = home, queries, commands, unix
        self._temporary: Path | None = None
        self._loop: HttpLoop | None = None
        self.socket_path: str | None = None
        self.address: str | None = None
        self.token: str | None = None

    def start(self) -> None:
        """Call it with the home's lock held: a socket file that is in the way belongs to a dead process."""
        sock = self._unix_socket() if self._unix else self._loopback_socket()
        self._loop = HttpLoop(self._answer, [sock], name="control", threads=6)
        self._loop.start()

    def stop(self, deadline_seconds: float) -> None:
        if self._loop:
            self._loop.stop(deadline_seconds)
        if self.socket_path:
            Path(self.socket_path).unlink(missing_ok=True)
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def health(self) -> Health:
        trouble = self._loop.trouble if self._loop else "not started"
        return Health("down", trouble) if trouble else Health()

    def _unix_socket(self) -> socket.socket:
        place = self._home.run / "control.sock"
        if len(os.fsencode(place)) > _LONGEST_PATH:
            self._temporary = Path(tempfile.mkdtemp(prefix="ingot-"))  # mode 0700
            place = self._temporary / "control.sock"
        place.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind(str(place))  # between this and the next line the folder's 0700 protects it
        place.chmod(0o600)
        sock.listen(64)
        self.socket_path = str(place)
        return sock

    def _loopback_socket(self) -> socket.socket:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        sock.listen(64)
        self.address, self.token = f"http://127.0.0.1:{sock.getsockname()[1]}", ids.token()
        return sock

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        language = best_language(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        logs.about_request(logs.tidy_request(environ.get("HTTP_X_REQUEST_ID")), actor="control")
        origin.from_operator("control")
        try:
            self._admit(environ)
            status, answer = "200 OK", self._called(environ)
        except IngotError as error:
            status = {"not_found": "404 Not Found", "not_allowed": "403 Forbidden"}.get(error.code, "400 Bad Request")
            answer = {"error": {"code": error.code, "message": error.message}}
        except Exception as error:
            _log.exception("control door: %s", environ.get("PATH_INFO"))
            status = "500 Internal Server Error"
            answer = {"error": {"code": "crashed", "message": f"{type(error).__name__}: {error}"}}
            if is_disk_full(error):
                answer = {"error": {"code": "disk_full", "message": say(
                    "Nothing was changed: the disk is full. Delete what is not needed there, old backups first, and try again."
                )}}  # fmt: skip
        # Sentences anywhere in an answer are said here, where the reader is known.
        body = orjson.dumps(answer, default=lambda value: in_language(value, language), option=_SENTENCES)
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _admit(self, environ: dict[str, Any]) -> None:
        if self.token is None:
            return
        # A page in a browser reaches loopback too: by a name of its own that resolves there, or from its own origin.
        if "HTTP_ORIGIN" in environ or not _is_loopback(environ.get("HTTP_HOST", "")):
            raise NotAllowed(say("The control API answers programs of this computer, not web pages."))
        shown = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode(), self.token.encode()):
            raise NotAllowed(say("The control door wants the token that stands in the run file."))

    def _called(self, environ: dict[str, Any]) -> Any:
        method, name = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "").strip("/")
        known = {"GET": self._queries, "POST": self._commands}.get(method, {})
        if name not in known:
            raise NotFound(say("The control door knows no {method} /{name}.", method=method, name=name))
        if method == "GET":
            asked = parse_qs(environ.get("QUERY_STRING", ""))
            return known[name]({key: values[-1] for key, values in asked.items()})
        try:
            arguments = orjson.loads(environ["wsgi.input"].read() or b"{}")
        except orjson.JSONDecodeError:
            arguments = None
        if not isinstance(arguments, dict):
            raise BadRequest(say("The body must be a JSON object."))
        return known[name](arguments)


def _is_loopback(header: str) -> bool:
    """Is this Host header (with or without a port) a name or an address of loopback? None at all is not."""
    found = _HOST.fullmatch(header)
    if found is None:
        return False
    host = (found["six"] or found["host"]).removesuffix(".").lower()
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tail(file: Path, lines: int) -> list[str]:
    """The last lines of a log file, oldest first; reads from the end, so the file's size does not matter."""
    wanted, data = max(1, min(lines, _MOST_LINES)), b""
    try:
        with file.open("rb") as log:
            at = log.seek(0, os.SEEK_END)
            while at > 0 and data.count(b"\n") <= wanted:
                step = min(65536, at)
                at -= step
                log.seek(at)
                data = log.read(step) + data
    except FileNotFoundError:
        return []
    return data.decode("utf-8", "replace").splitlines()[-wanted:]
