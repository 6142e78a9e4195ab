"""/static/<file>: style sheets and the like, as they lie in web/static. Read at each request: they are small, and a
page must not show yesterday's style after an upgrade."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.security import safe_join

from appliance.base import paths
from appliance.base.errors import NotFound
from appliance.base.text import say


def make_assets(folder: Path = paths.WEB / "static") -> Blueprint:
    """Anybody may have them: the sign-in page needs them."""
    assets = Blueprint("assets", __name__)

    @assets.get("/static/<path:name>")
    def asset(name: str) -> Response:
        place = safe_join(str(folder), name)
        if place is None or not Path(place).is_file():
            raise NotFound(say("There is nothing at this address."))
        body = Path(place).read_bytes()
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = Response(body, mimetype=mime, headers={"Cache-Control": "public, no-cache"})
        response.set_etag(hashlib.blake2b(body, digest_size=9).hexdigest())
        return response.make_conditional(request)  # type: ignore[return-value]

    return assets
