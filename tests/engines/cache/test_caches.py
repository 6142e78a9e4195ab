"""The contract of appliance.engines.cache.protocol: every cache passes it."""

import math
import pickle
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import diskcache
import pytest

from appliance.engines.cache.disk import DiskCache
from appliance.engines.cache.memory import MemoryCache
from appliance.engines.cache.protocol import Cache

CACHES: dict[str, Callable[[Path], Cache]] = {"disk": DiskCache, "memory": lambda _: MemoryCache()}


@pytest.fixture(params=CACHES)
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cache]:
    cache = CACHES[request.param](tmp_path / "cache")
    yield cache
    cache.close()


@pytest.mark.parametrize(
    "value",
    [
        *(b"", b"J1", b"Bytes", b"\x80\x04." * 20_000, "", "é", "x" * 100_000, 0, -(2**63), 2**63 - 1, 0.5, math.inf),
        *(True, False, None, [], {}, [1, [2.5, None, "ä"]], {"a": {"b": [True]}}),
    ],
)
def test_a_value_comes_back_as_it_was(cache: Cache, value: Any) -> None:
    assert cache.set("key", value)
    back = cache.get("key", "default")
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [object(), {1, 2}, 2**64, "\ud800", {"a": b"bytes"}])
def test_what_cannot_be_stored_is_told_to_the_caller(cache: Cache, value: Any) -> None:
    with pytest.raises(TypeError):
        cache.set("key", value)


@pytest.mark.parametrize("key", [1, ("a", 1), b"key", None, "\ud800"])
def test_a_key_is_text(cache: Cache, key: Any) -> None:
    for call in (cache.get, cache.delete, cache.incr, lambda key: cache.set(key, 1)):
        with pytest.raises(TypeError):
            call(key)


def test_json_decides_what_becomes_of_a_tuple_and_of_nan(cache: Cache) -> None:
    cache.set("tuple", (1, 2))
    cache.set("nan", math.nan)
    assert (cache.get("tuple"), cache.get("nan", 1)) == ([1, 2], None)


def test_changing_what_was_read_does_not_change_the_cache(cache: Cache) -> None:
    value = {"a": [1]}
    cache.set("key", value)
    value["a"].append(2)
    cache.get("key")["a"].append(3)
    assert cache.get("key") == {"a": [1]}


def test_an_entry_ends_with_its_ttl(cache: Cache) -> None:
    cache.set("long", 1, ttl=1000)
    cache.set("short", 1, ttl=0.02)
    assert cache.set("never", 1, ttl=0) is False
    cache.set("taken back", 1)
    cache.set("taken back", 1, ttl=-1)
    deadline = time.monotonic() + 10
    while cache.get("short") is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [cache.get(key) for key in ("long", "short", "never", "taken back")] == [1, None, None, None]


def test_evicting_a_tag_takes_its_entries_alone(cache: Cache) -> None:
    for number in range(20):
        cache.set(f"c{number}", number, tag="contact")
    cache.set("c0", "moved", tag="offer")
    cache.set("plain", 1)
    assert cache.evict("contact") == 19
    assert cache.evict("contact") == 0
    assert [cache.get(key) for key in ("c0", "c1", "plain")] == ["moved", None, 1]


def test_delete_and_clear(cache: Cache) -> None:
    cache.set("a", 1)
    cache.set("b", 2, tag="t")
    assert (cache.delete("a"), cache.delete("a"), cache.get("a")) == (True, False, None)
    cache.clear()
    assert (cache.get("b"), cache.evict("t")) == (None, 0)


def test_counting_from_many_threads_loses_nothing(cache: Cache) -> None:
    def count() -> None:
        for _ in range(25):
            cache.incr("hits")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.incr("hits", 0) == 100
    assert cache.incr("hits", -10) == 90


def test_a_counter_starts_anew_when_its_ttl_is_over_and_does_not_prolong_itself(cache: Cache) -> None:
    assert cache.incr("tries", ttl=0.3) == 1
    deadline = time.monotonic() + 10
    while cache.incr("tries", ttl=0.3) != 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert time.monotonic() < deadline


@pytest.mark.parametrize("value", ["text", b"bytes", [1], None, 2**63 - 1, "x" * 100_000])
def test_counting_on_something_else_starts_at_0(cache: Cache, value: Any) -> None:
    cache.set("key", value)
    assert cache.incr("key", 5) == 5
    assert cache.get("key") == 5


def test_a_closed_cache_is_empty_and_keeps_quiet(cache: Cache) -> None:
    cache.set("a", 1, tag="t")
    cache.close()
    cache.close()
    assert (cache.get("a", "miss"), cache.set("a", 1), cache.incr("n", 3), cache.evict("t")) == ("miss", False, 3, 0)
    cache.clear()


def test_memory_stays_within_its_bounds_and_forgets_the_least_used() -> None:
    cache = MemoryCache(entries=3, size=10_000)
    for key in "abc":
        cache.set(key, key)
    cache.get("a")
    cache.set("d", "d", tag="t")
    assert [cache.get(key) for key in "abcd"] == ["a", None, "c", "d"]
    assert cache.set("huge", b"x" * 20_000) is False
    cache.set("big", b"x" * 9_500)
    assert (cache.get("big"), cache.get("a"), cache.evict("t")) == (b"x" * 9_500, None, 1)


def test_disk_entries_survive_a_restart_and_are_shared(tmp_path: Path) -> None:
    first, second = DiskCache(tmp_path), DiskCache(tmp_path)
    first.set("a", {"b": 1}, tag="t")
    assert second.get("a") == {"b": 1}
    first.close()
    second.close()
    assert DiskCache(tmp_path).get("a") == {"b": 1}


def garbage(root: Path) -> None:
    (root / "cache.db").write_bytes(b"no database at all" * 1000)
    for rest in root.glob("cache.db-*"):
        rest.unlink()


def without_tables(root: Path) -> None:
    with closing(sqlite3.connect(root / "cache.db")) as db:
        db.execute("DROP TABLE Cache")


def strange_settings(root: Path) -> None:
    with closing(sqlite3.connect(root / "cache.db", isolation_level=None)) as db:
        db.execute("UPDATE Settings SET value = 'nonsense' WHERE key IN ('eviction_policy', 'size', 'cull_limit')")
        db.execute("INSERT OR REPLACE INTO Settings VALUES ('disk_surprise', X'80')")


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("damage", [shutil.rmtree, garbage, without_tables, strange_settings])
def test_a_damaged_or_deleted_disk_cache_is_no_error(tmp_path: Path, damage, running: bool) -> None:
    root = tmp_path / "cache"
    cache = DiskCache(root)
    cache.set("old", "x" * 100_000)
    if not running:
        cache.close()
    damage(root)
    if not running:
        cache = DiskCache(root)

    def use() -> None:
        cache.get("old")
        cache.incr("n")
        cache.set("new", b"y" * 100_000, tag="t")
        cache.evict("nothing")

    use()
    other = threading.Thread(target=use)  # with a connection of its own
    other.start()
    other.join()
    cache.set("new", 1)
    assert cache.get("new") == 1
    cache.close()


def test_a_value_file_that_is_gone_is_a_miss(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.set("a", b"x" * 100_000)
    for file in tmp_path.rglob("*.val"):
        file.unlink()
    assert cache.get("a", "miss") == "miss"
    cache.close()


def test_a_folder_that_cannot_be_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = DiskCache(tmp_path / "file")
    assert (cache.set("a", 1), cache.get("a", 2), cache.incr("n")) == (False, 2, 1)
    cache.close()
    assert (tmp_path / "file").read_text() == "in the way"


class Bomb:
    def __init__(self, crater: Path, size: int = 0):
        self.crater, self.ballast = crater, "x" * size

    def __reduce__(self):
        return open, (str(self.crater), "w"), {"ballast": self.ballast}


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_planted_pickle_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    root, crater = tmp_path / "cache", tmp_path / "crater"
    DiskCache(root).close()
    with diskcache.Cache(str(root)) as planted:
        planted.set("value", Bomb(crater, size), tag="t")
        planted.set(("tuple", "key"), 1)
    DiskCache(root).close()

    def reached(*_: Any, **__: Any) -> None:
        raise AssertionError("a pickle was opened")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, reached)
    cache = DiskCache(root)
    assert cache.get("value", "miss") == "miss"
    assert cache.get("value", "miss") == "miss"
    assert cache.incr("value") == 1
    assert cache.evict("t") == 0
    cache.clear()
    cache.close()
    assert not crater.exists()


def test_a_planted_row_cannot_name_a_file_outside_the_cache(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("Jsecret")
    cache = DiskCache(tmp_path / "cache")
    cache.set("a", "x" * 100_000)
    for name in ("../secret", str(tmp_path / "secret")):
        with closing(sqlite3.connect(tmp_path / "cache" / "cache.db", isolation_level=None)) as db:
            db.execute("UPDATE Cache SET filename = ?", [name])
        assert cache.get("a", "miss") == "miss"
    cache.close()
