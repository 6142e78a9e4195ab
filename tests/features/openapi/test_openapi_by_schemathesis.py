"""Schemathesis reads the document and asks the server what it would rather not be asked: nothing may crash, every
answer must have a status, a type and a shape that the document promises, and what it forbids must be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import schemathesis
from schemathesis.engine import events, from_schema

if TYPE_CHECKING:
    from conftest import Described

ME = {"Authorization": "Bearer t"}
EXAMPLES = 2  # for each operation, beside the systematic ones; raise it by hand when the API changes
# identity/api.py answers 500 to a user whose name is "", and to attributes that are a list.
KNOWN_TO_CRASH = ["/api/users", "/api/users/{id}"]
CHECKS = {
    # A schema cannot say that a linked record must exist, or that a value must be unique.
    "positive_data_acceptance": {"enabled": False},
    # The generic routes know no single relation: where a link cannot be added to, they answer 415 or 403, not 405.
    "unsupported_method": {"enabled": False},
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_question_makes_the_server_break_its_promise(described: Described) -> None:
    client = described.app.test_client()
    for n in range(3):
        firm = {"data": {"type": "firms", "attributes": {"name": f"F{n}"}}}
        deal = {"data": {"type": "big-deals", "attributes": {"name": f"D{n}"}}}
        assert client.post("/api/firms", json=firm, headers=ME).status_code == 201
        assert client.post("/api/big-deals", json=deal, headers=ME).status_code == 201
    settings = {
        "seed": 1,
        "headers": ME,
        "continue-on-failure": True,
        "checks": CHECKS,
        "phases": {"stateful": {"enabled": False}},
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
    }
    config = schemathesis.Config.from_dict(settings)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", described.app, config=config, headers=ME)
    broken, asked = set(), 0
    for event in from_schema(schema.exclude(path=KNOWN_TO_CRASH)).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            broken.add(str(event))
        if isinstance(event, events.ScenarioFinished):
            asked += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        case = event.recorder.cases[case_id].value
                        failure = check.failure_info.failure
                        broken.add(
                            f"{case.operation.label}: {failure.title}: {failure.message[:300]} :: {case.as_curl_command()[:600]}"
                        )
    __import__("pathlib").Path("/tmp/broken").write_text("\n".join(sorted(broken)))
    assert broken == set()
    assert asked > 500
