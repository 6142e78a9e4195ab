"""Addresses of other rooms keep the same promises as the generic ones."""

from __future__ import annotations

import pytest
from api_client import Api
from document_schema import check_document


@pytest.mark.parametrize("path", ["/api/log?page[size]=1&filter[entity]=tag", "/api/jobs?page[size]=1"])
def test_must_encode_brackets_in_links_and_keep_the_question(api: Api, path: str) -> None:
    api.make("tags")
    api.patch("/api/tags", {"data": [{"type": "tags", "attributes": {"name": "x"}}]}, status=202)
    document = api.ask("GET", path, status=200).json()
    check_document(document)
    assert "page%5Bsize%5D=1" in document["links"]["next"]


def test_a_token_s_name_with_nul_is_refused(api: Api) -> None:
    document = {"data": {"type": "tokens", "attributes": {"name": "a\x00b"}}}
    head = {"Content-Type": "application/vnd.api+json"}
    assert api.session.post(f"{api.base}/api/tokens", json=document, headers=head, timeout=10).status_code == 422
