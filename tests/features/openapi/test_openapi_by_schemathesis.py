"""Schemathesis reads the document and asks the server what it would rather not be asked: nothing may crash, every
answer must have a status, a type and a shape that the document promises, and what it forbids must be refused.

Usually one operation of each sort is asked a little; with INGOT_ASK_EVERYTHING=1 all of them at length: a minute."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from werkzeug.serving import make_server

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from conftest import Described

ME = {"Authorization": "Bearer t"}
CHECKS = {
    # A schema cannot say that a linked record must exist, or that a value must be unique.
    "positive_data_acceptance": {"enabled": False},
    # The generic routes know no single relation: where a link cannot be added to, they answer 415 or 403, not 405.
    "unsupported_method": {"enabled": False},
    "allow_header_conformance": {"enabled": False},
}
EVERYTHING = bool(os.environ.get("INGOT_ASK_EVERYTHING"))
SETTINGS = {
    "seed": 1,
    "headers": ME,
    "continue-on-failure": True,
    "checks": CHECKS,
    "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": EVERYTHING, "unexpected-methods": []}},
    "generation": {"max-examples": 4, "deterministic": True, "database": "none"},
}
# One of each sort: a list, a record, links of both kinds, their records, history, and every fixed address.
SOME = r"^/(api$|files|api/(big-deals|big-deals/\{id\}(/history|(/relationships)?/(firm|papers))?|files|files/\{id\})$)"
SOME_MORE = r"^/(api/(log|search|tokens|users|roles|trash|operations|openapi.json|docs|entities$|fields$)|readyz)"
BACKGROUND = r"^/api/(jobs|schedules|imports|import-mappings|exports)"
# What other rooms have to mend; an entry that is no longer true does no harm.
KNOWN = {("POST /api/entities", "Schema-violating request accepted")}  # "fields": null is taken for no fields
DECLARING = r"^/api/(entities|fields)/\{id\}|^/api/trash/"  # changes what the document was made of


@contextmanager
def served(described: Described) -> Iterator[str]:
    """By HTTP: schemathesis 4.32 hands WSGI applications an argument they do not take, and skips what fails then."""
    server = make_server("127.0.0.1", 0, described.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(schema: Any) -> tuple[dict[tuple[str, str], str], int]:
    """(what was wrong: an example for each operation and sort of wrong, how much was asked)."""
    broken: dict[tuple[str, str], str] = {}
    asked = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            broken[("schemathesis", type(event).__name__)] = repr(event)
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        case, failure = event.recorder.cases[case_id].value, check.failure_info.failure
                        example = f"{failure.message[:400]}\n{case.as_curl_command()[:600]}"
                        broken.setdefault((case.operation.label, failure.title), example)
    return broken, asked


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_question_makes_the_server_break_its_promise(described: Described) -> None:
    client = described.app.test_client()
    for n in range(3):
        firm = {"data": {"type": "firms", "attributes": {"name": f"F{n}"}}}
        deal = {"data": {"type": "big-deals", "attributes": {"name": f"D{n}"}}}
        assert client.post("/api/firms", json=firm, headers=ME).status_code == 201
        assert client.post("/api/big-deals", json=deal, headers=ME).status_code == 201
    with served(described) as address:
        config = schemathesis.Config.from_dict(SETTINGS)
        schema = schemathesis.openapi.from_url(f"{address}/api/openapi.json", config=config, headers=ME)
        steady = schema.exclude(path_regex=DECLARING)
        if not EVERYTHING:
            steady = steady.include(path_regex=f"{SOME}|{SOME_MORE}|{BACKGROUND}")
        broken, asked = ask(steady)
        more, _ = ask(schema.include(path_regex=DECLARING))
    wrong = {key: example for key, example in (broken | more).items() if key not in KNOWN}
    assert not wrong, "\n\n".join(f"{' '.join(key)}: {example}" for key, example in wrong.items())
    assert asked > (2_000 if EVERYTHING else 100)
