"""A plain HTTP client for the tests, which holds every document that comes back against the specification."""

from __future__ import annotations

import itertools
from typing import Any

import requests
from document_schema import check_document

MEDIA = "application/vnd.api+json"
ATOMIC = "https://jsonapi.org/ext/atomic"
CURSOR = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/"
MEDIA_ATOMIC = f'{MEDIA}; ext="{ATOMIC}"'
_numbers = itertools.count(1)


class Api:
    """One actor at one server. `ask` asserts the status and returns the response."""

    def __init__(self, base: str, token: str | None = None, *, checks: bool = True):
        self.base, self.checks = base, checks
        self.session = requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        status: int | tuple[int, ...] | None = None,
        raw: bytes | str | None = None,
        media: str | None = MEDIA,
        **headers: str | None,
    ) -> requests.Response:
        sent: dict[str, Any] = {"Accept": MEDIA}
        if document is not None or raw is not None:
            sent["Content-Type"] = media
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {k: v for k, v in sent.items() if v is not None}
        body = {"json": document} if raw is None and document is not None else {"data": raw}
        answer = self.session.request(
            method,
            self.base + path,
            headers=sent,
            allow_redirects=False,
            timeout=30,
            **body,  # type: ignore[arg-type]
        )
        told = f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
        if status is not None:
            assert answer.status_code in (status if isinstance(status, tuple) else (status,)), told
        assert answer.status_code < 500, told
        if self.checks and answer.content and answer.headers.get("Content-Type", "").startswith(MEDIA):
            check_document(answer.json())
        if answer.status_code in (204, 304):
            assert not answer.content
        return answer

    def get(self, path: str, status: int = 200, **headers: str | None) -> Any:
        return self.ask("GET", path, status=status, **headers).json()

    def post(self, path: str, document: Any, status: int | tuple[int, ...] = 201, **headers: str | None) -> Any:
        answer = self.ask("POST", path, document, status=status, **headers)
        return answer.json() if answer.content else None

    def patch(self, path: str, document: Any, status: int | tuple[int, ...] = 200, **headers: str | None) -> Any:
        answer = self.ask("PATCH", path, document, status=status, **headers)
        return answer.json() if answer.content else None

    def delete(self, path: str, document: Any = None, status: int = 204, **headers: str | None) -> Any:
        answer = self.ask("DELETE", path, document, status=status, **headers)
        return answer.json() if answer.content else None

    def make(self, type_: str, relationships: dict[str, Any] | None = None, **attributes: Any) -> str:
        """Create a record and return its id; a name is invented when none is given."""
        attributes.setdefault("name", f"{type_} {next(_numbers)}")
        return str(self.post(f"/api/{type_}", {"data": resource(type_, None, attributes, relationships)})["data"]["id"])

    def operate(self, *operations: Any, status: int | tuple[int, ...] = 200, **headers: str | None) -> Any:
        headers = {"Accept": MEDIA_ATOMIC, **headers}
        answer = self.ask(
            "POST", "/api/operations", {"atomic:operations": list(operations)}, status=status, media=MEDIA_ATOMIC,
            **headers,
        )  # fmt: skip
        return answer.json() if answer.content else None


def resource(
    type_: str, id_: str | None = None, attributes: Any = None, relationships: Any = None, **more: Any
) -> dict[str, Any]:
    """A resource object; relationships may be given as bare linkage."""
    found: dict[str, Any] = {"type": type_, **more}
    if id_ is not None:
        found["id"] = id_
    if attributes is not None:
        found["attributes"] = attributes
    if relationships is not None:
        found["relationships"] = {name: {"data": data} for name, data in relationships.items()}
    return found


def ref(type_: str, id_: str) -> dict[str, str]:
    return {"type": type_, "id": id_}


def refs(type_: str, *ids: str) -> list[dict[str, str]]:
    return [ref(type_, i) for i in ids]


def ids(document: Any) -> list[str]:
    return [r["id"] for r in document["data"]]


def mark() -> str:
    """A word no other record has: lists in a test are narrowed to it."""
    return f"mark{next(_numbers)}"


def only_error(document: Any) -> dict[str, Any]:
    assert len(document["errors"]) == 1, document
    return dict(document["errors"][0])
