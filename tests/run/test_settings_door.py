"""Settings that stop a start are put right at the control door, and nothing that stood in the file is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.base.errors import BadRequest
from appliance.base.settings import load, read
from appliance.engines.database.protocol import Database
from appliance.run import settings_door, trying


def test_a_file_in_pieces_is_written_anew_and_kept_beside(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('# ours\nport = 8499\nhost = "\n')
    settings, wrong = read(tmp_path, environment={})
    assert wrong and str(settings_door.trouble(settings)) == str(wrong.message)
    answer = settings_door.change(settings, {"workers": 5}, {}, dry_run=False)
    assert answer["written"] and Path(answer["aside"]).read_text() == '# ours\nport = 8499\nhost = "\n'
    assert Path(answer["aside"]).stat().st_mode & 0o777 == 0o600
    found = load(tmp_path, environment={})
    assert (found.port, found.workers) == (8499, 5) and settings_door.trouble(settings) is None
    assert "aside" not in settings_door.change(settings, {"workers": 6}, {}, dry_run=False)


def test_what_stands_there_wrongly_is_named_and_a_stranger_goes(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('prot = 8499\nworkers = "many"\n')
    settings, _ = read(tmp_path, environment={})
    (told,) = [one for one in settings_door.shown(settings) if one["name"] == "workers"]
    assert told["written"] == "many" and "whole number" in str(told["problem"])
    tried = settings_door.change(settings, {"threads": 2}, {}, dry_run=False)
    assert set(tried["problems"]) == {"workers"} and "prot" in file.read_text()
    assert settings_door.change(settings, {"workers": 4}, {}, dry_run=False)["aside"]
    assert file.read_text() == "workers = 4\n"


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    settings = load(tmp_path / "gone", environment={})
    with pytest.raises(BadRequest, match=r"settings\.toml cannot be written"):
        settings_door.change(settings, {"workers": 4}, {}, dry_run=False)


@pytest.mark.parametrize(
    ("values", "name", "why"),
    [
        ({"https": "on", "certificate": "/nowhere.pem"}, "https", "cannot be read"),
        ({"https": "on", "port": 8480}, "port", "two different ones"),
        ({"hosts": ["ü..b"]}, "hosts", "no name like"),
        ({"proxies": ["next door"]}, "proxies", "no address"),
    ],
)
def test_what_the_next_start_would_refuse_is_refused_before_it_is_written(
    tmp_path: Path, values: dict[str, object], name: str, why: str
) -> None:
    def never(_: str) -> Database:
        raise AssertionError

    settings = load(tmp_path, environment={})
    found = settings_door.change(settings, values, trying.checks(settings, values, never, {}), dry_run=False)
    assert why in str(found["problems"].get(name) or found["problems"].get("certificate")), found
    assert not (tmp_path / "settings.toml").exists()
