"""Answers that carry a file: in parts when asked, nothing when the client has it, and never anything that could run in
our name."""

from __future__ import annotations

from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from appliance.engines.files.protocol import FileStore
from appliance.features.files.types import TEXT, shown

# sandbox: even a script that slipped in has no origin, no cookies and no way to ask us anything. Styles, because
# browsers show a lone picture with some of their own.
POLICY = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
MONTH = 30 * 86_400


def content(store: FileStore, *, name: str, mime: str, size: int, sha: str, public: bool) -> Response:
    """GET and HEAD of a file's bytes: 200, 206, 304 or 416. Raises NotFound when the store has lost them."""
    path = store.path(sha)
    file: BinaryIO = path.open("rb") if path else store.open(sha)
    response = Response(wrap_file(request.environ, file), direct_passthrough=True)
    response.headers.update(_headers(name, mime, sha, public))
    response.content_length = size
    environ = dict(request.environ)
    if "," in environ.get("HTTP_RANGE", ""):
        del environ["HTTP_RANGE"]  # several ranges at once: the whole file is an answer too
    try:
        return response.make_conditional(environ, accept_ranges=True, complete_length=size)  # type: ignore[return-value]
    except RequestedRangeNotSatisfiable:
        response.close()
        refusal = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes", "Content-Security-Policy": POLICY}
        return Response(status=416, headers=refusal)


def content_link(file_id: int, name: str) -> str:
    return f"/files/{file_id}/{quote(name, safe='')}"


def _headers(name: str, mime: str, sha: str, public: bool) -> dict[str, str]:
    inline = shown(mime, asked="inline" in request.args) and "download" not in request.args
    plain = "".join(c if " " <= c < "\x7f" and c not in '"\\%' else "_" for c in name)
    filename = f'filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}")
    return {
        "Content-Type": f"{mime}; charset=utf-8" if mime == TEXT else mime,
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {filename}",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin" if public else "same-origin",
        "ETag": f'"{sha}"',
        "Cache-Control": f"public, max-age={MONTH}, immutable" if public else "private, no-cache",
        **({} if public else {"Vary": "Authorization, Cookie"}),
    }
