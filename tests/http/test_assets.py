"""What the pages are made of: found by plain names, kept for good by browsers, small on the wire, nothing from outside."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance.base import paths
from appliance.base.errors import StartRefused
from appliance.http.app import create_app
from appliance.http.assets import Assets, make_assets
from appliance.http.hosts import Hosts

ASSETS = Assets()


@pytest.fixture
def client() -> FlaskClient:
    door = {
        "authenticate": lambda: None,
        "hosts": Hosts([], "127.0.0.1"),
        "templates": paths.TEMPLATES,
        "max_body": 1_000,
    }
    return create_app(blueprints=[make_assets(ASSETS)], **door).test_client()


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg", "font"])
def test_a_browser_may_keep_what_its_name_tells_apart(client: FlaskClient, name: str) -> None:
    answer = client.get(ASSETS.url(name))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert re.search(r"-[A-Z0-9]{8}\.", ASSETS.url(name))


def test_they_are_sent_precompressed_to_whoever_takes_it(client: FlaskClient) -> None:
    plain = client.get(ASSETS.url("app.css")).data
    zipped = client.get(ASSETS.url("app.css"), headers={"Accept-Encoding": "gzip"})
    brotli = client.get(ASSETS.url("app.css"), headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(zipped.data) == plain
    assert (zipped.headers["Content-Encoding"], brotli.headers["Content-Encoding"]) == ("gzip", "br")
    assert len(brotli.data) < len(zipped.data) < len(plain) / 2
    assert "Accept-Encoding" in brotli.headers["Vary"]


def test_no_style_or_script_names_an_address_outside(client: FlaskClient) -> None:
    for name, body in ASSETS.files.items():
        if name.endswith((".css", ".js")):
            found = re.findall(rb"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", body.replace(b"http://www.w3.org", b""))
            assert not found, (name, found)


def test_the_translations_of_scripts_have_a_name_that_changes_with_them(client: FlaskClient) -> None:
    address = ASSETS.texts_url("de")
    assert client.get(address).get_json()["Close"] == "Schließen"
    assert client.get(address.replace("de-", "de-0")).status_code == 404
    assert ASSETS.texts_url("en") == ""


@pytest.mark.parametrize(
    "path", ["/static/", "/static/../templates/layout.html", "/static/%2e%2e/package.json", "/static//etc/passwd",
             "/static/.stamp"]
)  # fmt: skip
def test_what_lies_outside_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_pages_that_were_never_built_are_a_sentence_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="The pages are not built") as refused:
        Assets(tmp_path)
    assert refused.value.exit_code == 8
