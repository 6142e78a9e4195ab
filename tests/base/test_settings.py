"""Settings: where they come from, in which order, and what is said when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.base.errors import StartRefused
from appliance.base.settings import SETTINGS_WRONG, load, read


def test_flags_win_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('port = 1\nthreads = 2\nhosts = ["a", "b"]\n')
    found = load(tmp_path, {"workers": 9}, {"INGOT_THREADS": "3", "INGOT_WORKERS": "4"})
    assert (found.port, found.threads, found.workers, found.hosts) == (1, 3, 9, ["a", "b"])
    assert found.host == "127.0.0.1"


def test_a_value_may_be_kept_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql://u:p@h/n\n")
    found = load(tmp_path, environment={"INGOT_DATABASE_FILE": str(tmp_path / "secret")})
    assert found.database == "postgresql://u:p@h/n"
    assert "p@h" not in str(found.shown())


@pytest.mark.parametrize(
    ("text", "environment", "said"),
    [
        ("port = 'x'", {}, "settings.toml: port must be a whole number"),
        ("port = true", {}, "port must be a whole number"),
        ("mdns = 7", {}, "mdns must be true or false"),
        ("hosts = [['a']]", {}, "hosts must be a list of texts"),
        ("[hosts]\na = 1", {}, "hosts must be a list of texts"),
        ('certificate = "a\\u0000b"', {}, "certificate must be a text"),
        ("", {"INGOT_DATABASE_FILE": "/nowhere/at/all"}, "INGOT_DATABASE_FILE names the file"),
        ("prot = 1", {}, "has no setting called prot"),
        ("port = ", {}, "cannot be read"),
        ("", {"INGOT_PORT": "many"}, "INGOT_PORT: port must be a whole number"),
        ("synchronous = 'sometimes'", {}, "must be one of full, normal"),
    ],
)
def test_a_wrong_value_is_refused_with_its_source(
    tmp_path: Path, text: str, environment: dict[str, str], said: str
) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(StartRefused, match=said) as refusal:
        load(tmp_path, environment=environment)
    assert refusal.value.exit_code == SETTINGS_WRONG


def test_of_a_file_in_pieces_all_that_can_be_read_is(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('port = 8499\nhost = "\nworkers = 5\nthreads = "many"\nprot = 1\n')
    found, wrong = read(tmp_path, environment={})
    assert (found.port, found.host, found.workers, found.threads) == (8499, "127.0.0.1", 5, 4)
    assert wrong and "cannot be read" in str(wrong.message)
    (tmp_path / "settings.toml").unlink()
    (tmp_path / "settings.toml").mkdir()
    assert "cannot be read" in str(read(tmp_path, environment={})[1])
