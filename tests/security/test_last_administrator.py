"""The last enabled administrator cannot be disabled, demoted or deleted, on any path: the rule holds before each commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from appliance import apart, assembly
from appliance.base.errors import Invalid
from appliance.base.settings import load
from appliance.cli import main
from appliance.features.identity import accounts, looking_after
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


@pytest.fixture
def house(tmp_path: Path) -> assembly.House:
    found = assembly.open_house(load(tmp_path / "home", environment={}))
    with found.records.work(SYSTEM) as work:
        accounts.add_user(work, "root@example.org", roles=["admin"])
        accounts.add_user(work, "eve@example.org", roles=["editor"])
    return found


def work(what: Callable[[Any], Any]) -> Callable[[Records], Any]:
    def run(records: Records) -> None:
        with records.work(SYSTEM) as work:
            what(work)

    return run


WAYS: dict[str, Callable[[Records], Any]] = {
    "disabled": work(lambda w: w.update("user", 1, {"active": False})),
    "demoted": work(lambda w: w.update("user", 1, {"roles": ["editor"]})),
    "without roles": work(lambda w: w.update("user", 1, {"roles": []})),
    "for one entity alone": work(lambda w: w.update("user", 1, {"roles": ["user:admin"]})),
    "deleted": work(lambda w: w.delete("user", 1)),
    "by the panel": lambda records: looking_after.set_active(records, 1, False),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_last_one_stays(house: assembly.House, way: str) -> None:
    with pytest.raises(Invalid) as caught:
        WAYS[way](house.records)
    assert caught.value.problems[0].code == "last_admin"
    assert house.database.rows("SELECT id, active, roles FROM ingot_user WHERE id = 1") == [(1, 1, '["admin"]')]


@pytest.mark.parametrize("way", WAYS)
def test_one_of_two_may_go(house: assembly.House, way: str) -> None:
    with house.records.work(SYSTEM) as work:
        work.update("user", 2, {"roles": ["admin", "editor"]})
    WAYS[way](house.records)


def test_two_that_go_together_are_the_last(house: assembly.House) -> None:
    with house.records.work(SYSTEM) as work:
        work.update("user", 2, {"roles": ["admin"]})
    with pytest.raises(Invalid), house.records.work(SYSTEM) as work:
        work.update("user", 1, {"active": False})
        work.update("user", 2, {"active": False})


def test_a_hand_over_in_one_work_is_fine(house: assembly.House) -> None:
    with house.records.work(SYSTEM) as work:
        work.update("user", 1, {"roles": ["editor"]})
        work.update("user", 2, {"roles": ["admin"]})


def test_the_helper_process_holds_the_same_rule_and_tells_of_what_changes(house: assembly.House) -> None:
    apart._opened.cache_clear()
    records, _ = apart._opened(str(house.settings.home.root))
    with pytest.raises(Invalid):
        WAYS["demoted"](records)
    with records.work(SYSTEM) as work:
        work.update("user", 2, {"roles": ["admin"]})
    rows = house.database.rows("SELECT account FROM ingot_security_event WHERE kind = 'roles_changed'")
    assert rows == [(2,)]
    records.database.close()
    apart._opened.cache_clear()


def test_the_shell_says_so_in_a_sentence(house: assembly.House) -> None:
    done = CliRunner().invoke(main, ["user", "disable", "root@example.org", "--home", str(house.settings.home.root)])
    assert done.exit_code == 1
    assert "somebody must remain administrator" in done.output
