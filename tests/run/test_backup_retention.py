"""What pruning may take: shown on made-up histories, over every mixture of kinds, lineages and damage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from appliance.base import clock
from appliance.run.backup import retention
from appliance.run.backup.archive import Manifest
from appliance.run.backup.listing import Backup, Kind
from appliance.run.backup.retention import Policy

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
USUAL = Policy()


def made(days: float, kind: Kind = "automatic", lineage: str = "now", *, damaged: bool = False, position: int = 0,
         began: float = 1000) -> Backup:  # fmt: skip
    at = NOW - timedelta(days=days)
    manifest = Manifest("1", [], clock.wire(at), position or int(100_000 - days * 10), {}, kind, lineage,
                        clock.wire(NOW - timedelta(days=began)), "i")  # fmt: skip
    return Backup(Path(f"{kind}-{lineage}-{days}"), kind, at, None if damaged else manifest)


def left(backups: list[Backup], policy: Policy = USUAL, lineage: str = "now", now: datetime = NOW) -> list[Backup]:
    gone = retention.surplus(backups, lineage, policy, now)
    return [one for one in backups if one.place not in gone]


def test_seven_days_four_weeks_six_months() -> None:
    kept = sorted((NOW - one.created).days for one in left([made(day) for day in range(500)]))
    assert kept[:7] == list(range(7))
    assert len(kept) == 7 + 4 + 6
    assert kept[-1] > 150


def test_a_year_of_nights_pruned_every_night_leaves_the_same() -> None:
    """Pruning each night must not starve the weeks and months: what leaves one class has to reach the next."""
    there: list[Backup] = []
    for day in range(400, -1, -1):
        at = NOW - timedelta(days=day)
        there.append(made(day))
        there = left(there, now=at)
    ages = sorted((NOW - one.created).days for one in there)
    assert len(ages) == 7 + 4 + 6 and ages[:7] == list(range(7)) and ages[-1] > 150


def test_many_in_one_day_take_no_other_days_place() -> None:
    """Seven more clicks, or a schedule of every minute: the nights before are still there."""
    nights = [made(day) for day in range(1, 7)]
    kept = left(nights + [made(n / 1440) for n in range(60)])
    assert set(nights) <= set(kept) and len(kept) == 7


def test_the_last_that_lacks_no_files_outlives_all_that_do() -> None:
    """A disk of files that is not mounted for a year: each night makes a backup without them."""
    whole = made(400)
    lacking = [replace(one, manifest=replace(one.manifest, lost=3)) for one in map(made, range(400)) if one.manifest]
    assert whole in left([whole, *lacking])
    assert whole not in retention.first_to_go([whole, *lacking], "now", NOW)
    assert whole not in left([whole, *lacking, made(0.5)])


def test_an_empty_new_history_takes_nothing_of_the_one_before() -> None:
    """B1 of the review: seven backups after a restore by mistake took all seven good ones."""
    before = [made(day, lineage="before") for day in range(8, 15)]
    after = [made(day, lineage="now", position=3, began=7.5) for day in range(7)]
    assert set(before) <= set(left(before + after))
    later = NOW + timedelta(days=82)
    assert before[0] in left(before + after, now=later)
    long_after = NOW + timedelta(days=99)
    assert before[0] not in left(before + after, now=long_after)


def test_a_lineage_that_was_old_when_it_ended_is_kept_for_as_long() -> None:
    """A box that was off for a year: its last backup is a year old on the day of the restore."""
    old, new = made(365, lineage="before"), made(0.5, began=1)
    assert old in left([old, new])


def test_what_holds_more_than_the_newest_stays() -> None:
    more = [made(day, position=5_000) for day in range(20, 40)]
    kept = left([*more, made(0, position=3), made(1, position=2)])
    assert set(more) <= set(kept)


KINDS = st.sampled_from(["automatic", "automatic", "automatic", "manual", "unknown", "snapshot"])
BACKUPS = st.lists(
    st.builds(made, st.floats(0, 900), KINDS, st.sampled_from(["now", "before", "earlier", ""]), damaged=st.booleans(),
              position=st.integers(1, 50), began=st.floats(0, 900)),
    max_size=40, unique_by=lambda one: one.place,
)  # fmt: skip
POLICIES = st.builds(Policy, st.integers(1, 9), st.integers(0, 5), st.integers(0, 7))


@given(BACKUPS, POLICIES)
def test_whatever_there_is(backups: list[Backup], policy: Policy) -> None:
    for gone in (
        {b for b in backups if b.place in retention.surplus(backups, "now", policy, NOW)},
        set(retention.first_to_go(backups, "now", NOW)),
    ):
        kept = [one for one in backups if one not in gone]
        assert all(one.kind == "automatic" for one in gone)
        whole = [one for one in backups if not one.damaged and one.kind != "snapshot"]
        if whole:
            assert max(whole, key=lambda one: (one.created, one.place.name)) in kept, "the last good one"
        mine = [one for one in whole if one.kind == "automatic" and one.lineage == "now"]
        if mine:
            assert max(mine, key=lambda one: (one.created, one.place.name)) in kept
    once = left(backups, policy)
    assert left(once, policy) == once, "pruning again takes nothing more"
