"""Schemathesis asks a real server process everything that its /api/openapi.json promises; nothing may answer with 5xx.

Usually a few questions for each operation; with INGOT_ASK_EVERYTHING=1 twenty-five. tests/features/openapi asks in
process whether answers have the promised shapes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from api_client import Api, ref, refs
from api_server import Server, start
from openapi_spec_validator import validate
from schemathesis.engine import events, from_schema

pytestmark = pytest.mark.slow

EXAMPLES = 25 if os.environ.get("INGOT_ASK_EVERYTHING") else 2
KNOWN: set[tuple[str, str]] = set()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: entities, fields and users come and go while it is asked."""
    server = start(tmp_path_factory.mktemp("asked"), None)
    api = server.api
    for _ in range(3):
        account, tag = api.make("accounts"), api.make("tags")
        contact = api.make("contacts", {"account": ref("accounts", account), "tags": refs("tags", tag)})
        api.make("site-visits", {"contact": ref("contacts", contact)})
    yield server
    server.stop()


def test_the_document_is_a_sound_openapi_document(asked: Server) -> None:
    document = Api(asked.base, asked.token, checks=False).get("/api/openapi.json")
    assert document["openapi"].startswith("3.1")
    validate(document)
    assert {"/api/contacts", "/api/site-visits/{id}", "/api/operations"} <= set(document["paths"])


def test_nothing_that_is_promised_answers_with_5xx(asked: Server) -> None:
    headers = {"Authorization": f"Bearer {asked.token}"}
    settings = {
        "seed": 1,
        "headers": headers,
        "continue-on-failure": True,
        "checks": {"enabled": False, "not_a_server_error": {"enabled": True}},
        "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": EXAMPLES > 2, "unexpected-methods": []}},
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    }
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_url(f"{asked.base}/api/openapi.json", config=config, headers=headers)
    # disabling or demoting the one who asks, or taking the token away, would end the questions
    schema = schema.exclude(path_regex=r"^/api/tokens/\{id\}", method="DELETE").exclude(
        path_regex=r"^/api/users/\{id\}"
    )
    broken: dict[tuple[str, str], str] = {}
    counted = 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            broken[("schemathesis", type(event).__name__)] = repr(event)[:800]
        if isinstance(event, events.ScenarioFinished):
            counted += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        case, failure = event.recorder.cases[case_id].value, check.failure_info.failure
                        example = f"{failure.message[:400]}\n{case.as_curl_command()[:600]}"
                        broken.setdefault((case.operation.label, failure.title), example)
    assert {key: example for key, example in broken.items() if key not in KNOWN} == {}
    assert counted > 60
    Api(asked.base, asked.token).get("/api/contacts")
