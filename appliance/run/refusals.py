"""Answers to requests that never reach the application: too large, not HTTP, or refused by our own channel."""

from __future__ import annotations

import json

from markupsafe import escape
from waitress.task import ErrorTask
from waitress.utilities import Error

from appliance.base.text import Text, best_language, say

_TEXTS = {
    400: ("bad_request", say("The request is not valid HTTP.")),
    413: ("too_large", say("The request is larger than this server accepts.")),
    429: ("too_many_requests", say("Too many requests at once. Try again in a moment.")),
    431: ("headers_too_large", say("The request's headers are larger than this server accepts.")),
    500: ("crashed", say("Something went wrong on the server. It is in the server's log.")),
    501: ("not_implemented", say("The server does not know this way of sending a body.")),
    503: ("unavailable", say("The server is busy or about to stop. Try again in a moment.")),
}
_PAGE = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{status}</title><style>body{{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;"
    'padding:0 1rem}}</style><h1>{status}</h1><p>{text}</p><p><a href="/">Ingot</a></p></html>'
)


class Unavailable(Error):
    """503 in waitress's own vocabulary."""

    code = 503
    reason = "Service Unavailable"


class TooManyConnections(Error):
    """429 likewise."""

    code = 429
    reason = "Too Many Requests"


class Refusal(ErrorTask):
    """A page for people, a JSON:API error for programs; the connection ends after it."""

    def execute(self) -> None:
        asked = self.channel.requests[0]  # after a crash, self.request is an empty one that waitress made up
        error, headers = self.request.error, asked.headers
        code, text = _TEXTS.get(error.code, _TEXTS[400])
        path = getattr(asked, "path", "")  # not there when the first line was not understood
        json_wanted = path.startswith("/api") or "json" in headers.get("ACCEPT", "")
        language = best_language(headers.get("ACCEPT_LANGUAGE", ""))
        self.status = f"{error.code} {error.reason}"
        kind, body = _api(error, code, text, language) if json_wanted else _page(self.status, text, language)
        self.response_headers += [
            ("Content-Type", kind),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.refused = True
        self.write(body)


def _api(error: Error, code: str, text: Text, language: str) -> tuple[str, bytes]:
    problem = {"status": str(error.code), "code": code, "title": error.reason, "detail": text.render(language)}
    return "application/vnd.api+json", json.dumps({"errors": [problem]}).encode()


def _page(status: str, text: Text, language: str) -> tuple[str, bytes]:
    page = _PAGE.format(language=language, status=status, text=escape(text.render(language)))
    return "text/html; charset=utf-8", page.encode()
