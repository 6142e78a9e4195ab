"""Answers: bytes with a media type, an ETag and 304 where the client has it already; lists kept in memory while the
versions of the entities they hang on stand still."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, request

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.engines.database.limits import MOST_BYTES, AnswerTooLarge
from appliance.http.jsonapi.media import choose
from appliance.records.work import Work

OPTIONS = orjson.OPT_NON_STR_KEYS
MEMORY = 32 * 1024 * 1024
VARY = "Accept, Authorization, Cookie, Accept-Language"


@dataclass(frozen=True, slots=True)
class Kept:
    depends: tuple[str, ...]
    versions: tuple[int, ...]
    etag: str
    body: bytes
    cursor: bool = False


class Memory:
    """Recently given answers, least recently used out first, at most 32 MB."""

    def __init__(self, limit: int = MEMORY):
        self._kept: OrderedDict[Any, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._size, self._limit = 0, limit

    def get(self, key: Any) -> Kept | None:
        with self._lock:
            found = self._kept.get(key)
            if found:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Any, kept: Kept) -> None:
        if len(kept.body) > self._limit // 16:
            return
        with self._lock:
            old = self._kept.pop(key, None)
            self._size += len(kept.body) - (len(old.body) if old else 0)
            self._kept[key] = kept
            while self._size > self._limit:
                _, gone = self._kept.popitem(last=False)
                self._size -= len(gone.body)


class Answer(Response):
    """A response whose headers are complete as they are. Werkzeug would look once more for what to correct in them, which
    costs a write with a Location header 60 µs."""

    automatically_set_content_length = False

    def get_wsgi_headers(self, environ: Any) -> Any:
        return self.headers


def answer(
    document: Any, status: int = 200, *, etag: str | None = None, location: str | None = None, media: str | None = None
) -> Response:
    """A document as a response, 304 when the client's copy is current."""
    return answer_bytes(orjson.dumps(document, option=OPTIONS), status, etag=etag, location=location, media=media)


def answer_bytes(
    body: bytes, status: int = 200, *, etag: str | None = None, location: str | None = None, media: str | None = None
) -> Response:
    if len(body) > MOST_BYTES:
        raise AnswerTooLarge
    media = media or choose(request.headers.get("Accept", ""))
    headers = {
        "Content-Type": media,
        "Vary": VARY,
        "Cache-Control": "private, no-cache",
    }
    if etag:
        headers["ETag"] = etag
        if status == 200 and request.method in ("GET", "HEAD") and _client_has(etag):
            del headers["Content-Type"]
            return Answer(status=304, headers=headers, mimetype=None)
    if location:
        headers["Location"] = location
    headers["Content-Length"] = str(len(body))
    return Answer((body,), status, headers)


def no_content() -> Response:
    return Answer(status=204, headers={"Vary": VARY}, mimetype=None)


def of_work(response: Response, work: Work) -> Response:
    """The answer to a write names its transaction, by which it can be undone (POST /api/undo); nothing when nothing
    changed."""
    if work.touched:
        response.headers["Ingot-Transaction"] = work.transaction
    return response


def check_accept() -> None:
    """NotAcceptable before anything is changed: a write must not happen and then be answered with 406."""
    choose(request.headers.get("Accept", ""))


def no_parameters(*known: str) -> None:
    """BadRequest for a query parameter at an address that takes none but these."""
    for name in request.args if request.query_string else ():
        if name not in known:
            raise BadRequest(say("There is no parameter {name} here.", name=name[:100]), parameter=name[:100])


def _client_has(etag: str) -> bool:
    header = request.headers.get("If-None-Match", "")
    return bool(header) and (
        header == "*" or any(part.strip().removeprefix("W/") == etag for part in header.split(","))
    )
