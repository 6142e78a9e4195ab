"""Which backups may go. Pure: a listing in, a list of what is surplus out.

Made by hand: never. Automatic: the newest of each of the last `daily` days, then of `weekly` weeks, then of `monthly` months that
have any. It is counted within one lineage, for a restore begins another history; of an earlier lineage what would be kept stays
for 90 days after it ended. What no manifest calls automatic, and whose name does not either, counts as made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from appliance.run.backup.listing import Backup

EARLIER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Policy:
    daily: int = 7
    weekly: int = 4
    monthly: int = 6


def surplus(backups: Iterable[Backup], lineage: str, policy: Policy, now: datetime) -> list[Path]:
    """What the next pruning deletes, oldest first. `lineage` is the database's."""
    listing = _newest_first(backups)
    kept = _protected(listing, lineage, now)
    for name, members in _by_lineage(listing).items():
        if name == lineage or not _over(name, members, listing, now):
            kept |= _counted(members, policy)
    return [one.place for one in _expendable(listing, kept, policy, now)]


def first_to_go(backups: Iterable[Backup], lineage: str, now: datetime) -> list[Backup]:
    """What may go when there is no room for the next backup, oldest first: automatic ones, but the last good of each lineage."""
    listing = _newest_first(backups)
    kept = _protected(listing, lineage, now)
    return [one for one in reversed(listing) if one.kind == "automatic" and one.place not in kept]


def _newest_first(backups: Iterable[Backup]) -> list[Backup]:
    return sorted(backups, key=lambda one: (one.created, one.place.name), reverse=True)


def _by_lineage(listing: list[Backup]) -> dict[str, list[Backup]]:
    found: dict[str, list[Backup]] = {}
    for one in listing:
        if one.kind == "automatic" and not one.damaged:
            found.setdefault(one.lineage, []).append(one)
    return found


def _protected(listing: list[Backup], lineage: str, now: datetime) -> set[Path]:
    """The last good one of all, of the present lineage, and of each earlier one for a while; the last of each that lacks no
    contents of files, for those after it may lack them since a disk was not mounted; and what holds more than the newest of its
    lineage, which no counting explains."""
    kept = {one.place for one in listing if not one.damaged and one.kind != "snapshot"}
    kept = {next(one.place for one in listing if one.place in kept)} if kept else set()
    for name, members in _by_lineage(listing).items():
        if name == lineage or not _over(name, members, listing, now):
            kept.add(members[0].place)
            kept |= {one.place for one in [m for m in members if m.manifest and not m.manifest.lost][:1]}
            last = members[0].manifest.position if members[0].manifest else 0
            kept |= {one.place for one in members if one.manifest and one.manifest.position > last}
    return kept


def _over(lineage: str, members: list[Backup], listing: list[Backup], now: datetime) -> bool:
    """Did this lineage end longer ago than it is kept? It ended when the next one after its last backup began."""
    began = []
    for one in listing:
        if one.manifest and one.lineage != lineage and one.manifest.lineage_at:
            at = datetime.fromisoformat(one.manifest.lineage_at)
            if at >= members[0].created:
                began.append(at)
    return now - (min(began) if began else max(members[0].created, now - EARLIER)) > EARLIER


def _counted(members: list[Backup], policy: Policy) -> set[Path]:
    """Of one lineage's good ones, newest first: by day, then by week, then by month."""
    kept: set[Path] = set()
    rest = members
    for count, period in ((policy.daily, "%Y-%m-%d"), (policy.weekly, "%G-%V"), (policy.monthly, "%Y-%m")):
        periods: dict[str, Backup] = {}
        later = []
        for one in rest:
            name = one.created.strftime(period)
            if name not in periods and len(periods) < count:
                periods[name] = one
            elif name not in periods:
                later.append(one)
        kept |= {one.place for one in periods.values()}
        rest = later
    return kept


def _expendable(listing: list[Backup], kept: set[Path], policy: Policy, now: datetime) -> list[Backup]:
    """A damaged one is good for nothing but to be looked at: it goes once there are newer good ones for all of the days."""
    newest_good = next((one.created for one in listing if not one.damaged), None)
    found = []
    for one in reversed(listing):
        if one.kind != "automatic" or one.place in kept:
            continue
        old = one.created < now - timedelta(days=max(policy.daily, 1))
        if not one.damaged or (old and newest_good is not None and newest_good > one.created):
            found.append(one)
    return found
