"""Nobody is sent elsewhere: where a request says to go on to is a page of this server, or home."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sign_in_site import ADA, PASSWORD, SignInSite, csrf

from appliance.http.redirects import local_target

ROOT = Path(__file__).resolve().parents[2]
FORGED = (
    "//evil.example", "/\t/evil.example/x", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", "/\\evil.example",
    "\\\\evil.example", "/\\/evil.example", "https://evil.example", "HTTPS:evil.example", "javascript:alert(1)", "/\x00/x",
    "/\n/x", "///evil.example", "/.//evil.example", "/x/..//evil.example", "//[", "//evil.example:x", "/\u2028/evil", "/\ud800",
    "", "evil.example", "?next=x", "#x", "/\x7f/evil.example", "/\u00a0/evil.example", " //evil.example", "/\u200b/evil.example",
    "http:///evil.example", "/" + "x" * 9_000, "/\x85/evil.example", "data:text/html,x", "//user@evil.example",
    "/\v/evil.example",
)  # fmt: skip
GOOD = ("/", "/contacts", "/contacts?sort=-name&filter[x][contains]=a%2Fb", "/files/1/my report.pdf",
        "/a?u=https://x.example//y", "/ü")  # fmt: skip


@pytest.mark.parametrize("target", FORGED)
def test_what_is_forged_goes_home(target: str) -> None:
    assert local_target(target) == "/"


@pytest.mark.parametrize("target", GOOD)
def test_what_is_ours_stays(target: str) -> None:
    assert local_target(target) == target


def as_a_browser_reads(target: str) -> str:
    """WHATWG URL: controls and spaces go at the edges, tabs and line ends everywhere, backslashes are slashes."""
    stripped = re.sub(r"[\t\n\r]", "", target.strip("".join(map(chr, range(0x21)))))
    return stripped.replace("\\", "/")


@given(st.text(alphabet=st.one_of(st.sampled_from("/\\\t\n\r .:@?#%ae[]"), st.characters()), max_size=30))
@example("/\t/evil.example")
@settings(max_examples=1_000, deadline=None)
def test_every_accepted_target_stays_on_this_server_however_it_is_read(text: str) -> None:
    for target in (text, "/" + text):
        found = local_target(target)
        assert found in (target, "/")
        for read in (found, as_a_browser_reads(found)):
            joined = urlsplit(urljoin("http://own.example/sign-in", read))
            assert (joined.scheme, joined.netloc) == ("http", "own.example")
        assert found.startswith("/") and not found.startswith(("//", "/\\"))
        found.encode()


@pytest.fixture(scope="module")
def browser(quiet_site: SignInSite) -> tuple[FlaskClient, str]:
    """Somebody signed in, and their CSRF token."""
    client = quiet_site.signed_in(ADA)
    return client, csrf(client)


@pytest.mark.parametrize("target", FORGED)
def test_every_address_that_goes_on_somewhere_answers_with_home(target: str, browser: tuple[FlaskClient, str]) -> None:
    client, token = browser
    sent = target.encode("utf-8", "replace").decode()
    seen = client.get("/sign-in", query_string={"next": sent})
    assert (seen.status_code, seen.headers["Location"]) == (303, "/")
    answer = client.post("/account/theme", data={"csrf": token, "back": sent, "theme": ""})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_after_the_password_was_confirmed_one_goes_home_too(browser: tuple[FlaskClient, str]) -> None:
    client, token = browser
    form = {"csrf": token, "password": PASSWORD}
    for back, target in (("/\t/evil.example", "/"), ("///evil.example", "/"), ("/contacts", "/contacts")):
        answer = client.post("/account/confirm", data={**form, "back": back})
        assert (answer.status_code, answer.headers["Location"]) == (303, target)


def test_signing_in_goes_home_from_a_forged_link(quiet_site: SignInSite) -> None:
    form = {"email": ADA, "password": PASSWORD, "next": "/\t/evil.example/x"}
    answer = quiet_site.client().post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    answer = quiet_site.client().post("/sign-in", data={**form, "next": "/contacts?sort=name"})
    assert answer.headers["Location"] == "/contacts?sort=name"


OWN = {"local_target", "back", "compose", "address"}
"""Functions whose answer is a path of ours: the last three put a page's own path before what was sent."""


def begins_with_a_path_of_ours(target: ast.expr) -> bool:
    if isinstance(target, ast.JoinedStr):
        first, second = target.values[0], target.values[1]
        entity = isinstance(second, ast.FormattedValue) and ast.unparse(second.value) == "entity.type"
        return isinstance(first, ast.Constant) and (entity or len(first.value) > 1) and str(first.value).startswith("/")
    if isinstance(target, ast.IfExp):
        return begins_with_a_path_of_ours(target.body) and begins_with_a_path_of_ours(target.orelse)
    if isinstance(target, ast.BinOp):
        return begins_with_a_path_of_ours(target.left)
    if isinstance(target, ast.Call):
        return isinstance(target.func, ast.Name) and target.func.id in OWN
    return isinstance(target, ast.Constant) and str(target.value).startswith("/")


def test_a_target_out_of_a_request_passes_this_one_function() -> None:
    """Every `redirect` in the tree goes to a path that is written there, or through `local_target`."""
    strange = []
    for file in sorted((ROOT / "appliance").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "redirect"
            if named and not begins_with_a_path_of_ours(call.args[0]):
                strange.append(f"{file.relative_to(ROOT / 'appliance').as_posix()}: {ast.unparse(call.args[0])}")
    assert strange == [
        "features/forms/pages.py: location",  # made a few lines before, of the entity's type
        "features/grid/pages.py: address",  # of a view that was kept: the entity's type before it
        "features/identity/door.py: target",  # each caller gives a path, or `local_target`
    ]
