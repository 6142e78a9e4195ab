"""/static/<file>: the bundles of web/dist under names that hold their digest, so that a browser may keep them for good."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from pathlib import Path

import orjson
from flask import Blueprint, Response, request

from appliance.base import paths
from appliance.base.errors import NotFound, StartRefused
from appliance.base.text import LANGUAGES, catalog, say
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare

ASSETS_MISSING = 8
FOREVER = "public, max-age=31536000, immutable"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


class Assets:
    """What the build left, by plain name: `url("app.css")`. Held in memory (600 kB), so that an upgrade of the files under a
    running process leaves its pages whole. Raises StartRefused when nothing was built."""

    def __init__(self, folder: Path = paths.DIST):
        try:
            self._manifest = orjson.loads((folder / "manifest.json").read_bytes())
        except FileNotFoundError:
            text = say("The pages are not built. In a checkout, run: python packaging/webassets.py")
            raise StartRefused(text, ASSETS_MISSING) from None

        self.files = {f.name: f.read_bytes() for f in sorted(folder.iterdir()) if f.name[0] != "."}
        sentences = orjson.loads(self.files["sentences.json"])
        self.texts = {language: _texts(sentences, language) for language in LANGUAGES}

    def url(self, name: str) -> str:
        return f"/static/{self._manifest[name]['file']}"

    def texts_url(self, language: str) -> str:
        """Where scripts find their sentences in a language; empty for the one they are written in."""
        body = self.texts.get(language)
        return f"/static/texts-{language}-{_digest(body)}.json" if body else ""

    def imports(self, name: str) -> list[str]:
        """What a script will ask for next: fetched at once, it saves a round trip."""
        return ["/static/" + file for file in self._manifest[name]["imports"]]

    def icons(self) -> frozenset[str]:
        """The names in the sprite."""
        sprite = self.files[self._manifest["icons.svg"]["file"]].decode()
        return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite))


def _texts(sentences: list[str], language: str) -> bytes:
    known = catalog(language)
    found = {sentence: known[sentence] for sentence in sentences if sentence in known}
    return orjson.dumps(found) if found else b""


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=6).hexdigest()


def make_assets(assets: Assets) -> Blueprint:
    """Anybody may have them: the sign-in page needs them."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/texts-<language>-<digest>.json")
    def texts(language: str, digest: str) -> Response:
        found = assets.texts.get(language)
        if not found or digest != _digest(found):
            raise NotFound(say("There is nothing at this address."))
        return Response(found, mimetype="application/json", headers={"Cache-Control": FOREVER})

    @blueprint.get("/static/<name>")
    def asset(name: str) -> Response:
        body = assets.files.get(name)
        if body is None:
            raise NotFound(say("There is nothing at this address."))
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        for encoding, suffix in _ENCODINGS:
            if request.accept_encodings[encoding] and (smaller := assets.files.get(name + suffix)):
                body, headers["Content-Encoding"] = smaller, encoding
                break
        mime = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(body, mimetype=mime, headers=headers)

    @blueprint.get("/favicon.ico")
    def favicon() -> Response:
        return Response(status=303, headers={"Location": assets.url("ingot.svg")})

    return declare(blueprint, RoutePolicy(ANYBODY))
