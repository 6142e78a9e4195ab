"""Ids and whole numbers have one form, everywhere: what is none is refused or not found, and never an error of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from walk import UNSAFE, Site, steps

import appliance
from appliance.base.digits import is_digits, is_id
from appliance.base.json_text import HIGHEST, LOWEST, TooBig, loads

NO_IDS = ["²", "٣", "9" * 26, "-1", "01", "1.0", "9223372036854775808"]
NUMBERS = ("page[size]", "page[number]", "page[after]", "filter[id]", "before", "position", "_saved", "account")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("numbers") / "home")


@pytest.mark.parametrize("word", NO_IDS)
def test_no_route_takes_what_is_no_id(site: Site, word: str) -> None:
    token, before = site.token(), site.fingerprint()
    names = dict.fromkeys(("id_", "key", "job_id", "token_id", "notice_id", "comment_id", "name"), quote(word))
    for step in steps(site.app, "GET", *UNSAFE, **names):
        if quote(word) not in step.path:
            continue
        document = {"data": {"type": step.path.split("/")[2] if step.path.startswith("/api") else "x", "id": word}}
        answer = site.ask(token, step.method, step.path, None if step.method == "GET" else document)
        assert 400 <= answer.status_code < 500, f"{step}: {answer.status_code} {answer.text[:300]}"
    assert site.fingerprint() == before


@pytest.mark.parametrize("word", ["²", "9" * 26, "-1", ""])
def test_no_parameter_or_form_field_breaks_a_route(site: Site, word: str) -> None:
    token = site.token()
    for step in steps(site.app, "GET"):
        for name in NUMBERS:
            answer = site.ask(token, "GET", f"{step.path}?{quote(name)}={quote(word)}")
            assert answer.status_code < 500, f"{step}?{name}: {answer.text[:300]}"
    form = dict.fromkeys(
        ("id", "version", "_version", "_id", "before", "upto", "position", "file", "mention", "to"), word
    )
    for step in steps(site.app, "POST"):
        if not step.path.startswith("/api"):
            headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
            answer = site.app.test_client().post(step.path, data=form, headers=headers)
            assert answer.status_code < 500, f"{step} {form}: {answer.text[:300]}"


def document(value: str) -> str:
    return '{"data": {"type": "contacts", "attributes": {"last_name": "x", "extra": ' + value + "}}}"


@given(st.integers())
def test_whole_numbers_of_json_are_exact_or_refused(number: int) -> None:
    data = b'{"a": [1, %d]}' % number
    if LOWEST <= number <= HIGHEST:
        assert loads(data) == {"a": [1, number]}
    else:
        with pytest.raises(TooBig):
            loads(data)
    text = b'{"a": "%d"}' % number
    assert loads(text) == {"a": str(number)}


@given(st.text(max_size=30))
def test_digits_are_what_int_takes_and_gives_back(text: str) -> None:
    if is_digits(text):
        assert text.isascii() and int(text) < 10**18
    if is_id(text):
        assert str(int(text)) == text and int(text) > 0


@given(st.integers(1, 10**18 - 1))
def test_every_id_is_one(number: int) -> None:
    assert is_id(str(number)) and is_digits(str(number))


READS_TEXTS = {
    "base/digits.py", "base/text.py", "engines/search/words.py", "features/imports/declaring.py",
    "features/imports/guessing.py", "features/imports/proposing.py", "features/imports/values.py", "http/pages/formats.py",
    "records/kinds/patterns.py",
}  # fmt: skip
"""Where digits inside a text are looked at, and no number is made of them unasked."""


def test_nobody_else_asks_whether_a_text_is_a_number() -> None:
    root = Path(appliance.__file__).parent
    asked = re.compile(r"\.is(digit|decimal|numeric)\(\)")
    found = [str(f.relative_to(root)) for f in root.rglob("*.py") if asked.search(f.read_text("utf-8"))]
    assert sorted(set(found) - READS_TEXTS) == []


def test_a_body_with_a_number_beyond_64_bits_is_refused(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token()}", "Content-Type": "application/vnd.api+json"}
    client: Any = site.app.test_client()
    for value, status in (("123456789012345678901234567890", 400), ('"123456789012345678901234567890"', 422)):
        answer = client.post("/api/contacts", data=document(value), headers=headers)
        assert answer.status_code == status, answer.text
