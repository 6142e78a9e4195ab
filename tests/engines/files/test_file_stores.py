"""The contract of appliance.engines.files.protocol: every store passes it."""

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.base.errors import NotFound, TooLarge
from appliance.engines.files.local import CHUNK, LocalFiles
from appliance.engines.files.protocol import FileStore

STORES: dict[str, Callable[[Path], FileStore]] = {"local": LocalFiles}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    return STORES[request.param](tmp_path / "files")


def every(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(CHUNK), os.urandom(3 * CHUNK + 7)])
def test_what_was_put_comes_back_under_its_sha256(store: FileStore, data: bytes) -> None:
    stored = store.put(io.BytesIO(data), len(data))
    assert (stored.sha256, stored.size) == (hashlib.sha256(data).hexdigest(), len(data))
    with store.open(stored.sha256) as file:
        assert file.read() == data
        file.seek(len(data) // 2)
        assert file.read() == data[len(data) // 2 :]
    assert store.exists(stored.sha256)
    assert store.size() == len(data)
    path = store.path(stored.sha256)
    assert path is None or path.read_bytes() == data


def test_the_same_bytes_are_kept_once_and_private_and_public_apart(store: FileStore) -> None:
    first, second = store.put(io.BytesIO(b"twice")), store.put(io.BytesIO(b"twice"))
    assert first == second
    assert store.size() == 5
    assert (store.exists(first.sha256, public=False), store.exists(first.sha256, public=True)) == (True, False)
    store.put(io.BytesIO(b"twice"), public=True)
    assert (store.exists(first.sha256, public=False), store.exists(first.sha256, public=True)) == (True, True)
    assert store.delete(first.sha256) is True
    assert (store.exists(first.sha256), store.delete(first.sha256), store.size()) == (False, False, 0)


def test_a_file_above_the_limit_is_refused_before_it_is_read_whole_and_leaves_nothing(tmp_path: Path) -> None:
    store, stream = LocalFiles(tmp_path), io.BytesIO(bytes(10 * CHUNK))
    with pytest.raises(TooLarge):
        store.put(stream, CHUNK)
    assert stream.tell() == 2 * CHUNK
    assert every(tmp_path) == []


def test_a_stream_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    store = LocalFiles(tmp_path)
    with pytest.raises(ConnectionResetError):
        store.put(Broken())
    assert every(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["", "..", "../../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "ab/cd/" + "a" * 58],
)
def test_a_name_that_is_no_sha_is_no_file(store: FileStore, name: str) -> None:
    with pytest.raises(NotFound):
        store.open(name)
    assert (store.exists(name), store.path(name), store.delete(name)) == (False, None, False)


def test_an_unknown_sha_is_not_found(store: FileStore) -> None:
    with pytest.raises(NotFound):
        store.open("0" * 64)


def test_a_deleted_file_can_still_be_read_by_who_has_it_open(store: FileStore) -> None:
    sha = store.put(io.BytesIO(b"bye")).sha256
    with store.open(sha) as file:
        store.delete(sha)
        assert file.read() == b"bye"


def test_sweep_spares_what_is_wanted_or_young(store: FileStore) -> None:
    wanted, waste = store.put(io.BytesIO(b"wanted")).sha256, store.put(io.BytesIO(b"waste"), public=True).sha256
    assert store.sweep(lambda sha: sha == wanted, 3600) == 0
    assert store.exists(waste)
    assert store.sweep(lambda sha: sha == wanted, 0) == 1
    assert (store.exists(wanted), store.exists(waste)) == (True, False)


def test_sweep_deletes_nothing_when_it_cannot_ask(store: FileStore) -> None:
    def broken(sha: str) -> bool:
        raise OSError("the database is away")

    sha = store.put(io.BytesIO(b"precious")).sha256
    with pytest.raises(OSError, match="away"):
        store.sweep(broken, 0)
    assert store.exists(sha)


def test_bytes_that_were_put_again_count_as_young(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path)
    sha = store.put(io.BytesIO(b"again")).sha256
    os.utime(store.path(sha) or "", (0, 0))
    store.put(io.BytesIO(b"again"))
    assert store.sweep(lambda _: False, 3600) == 0
    os.utime(store.path(sha) or "", (0, 0))

    def put_meanwhile(_: str) -> bool:
        store.put(io.BytesIO(b"again"))
        return False

    assert store.sweep(put_meanwhile, 3600) == 0
    assert store.exists(sha)


def test_threads_that_put_the_same_and_other_bytes_do_not_disturb_each_other(store: FileStore) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                store.put(io.BytesIO(b"shared"))
                store.put(io.BytesIO(b"%d %d" % (number, turn)))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.sweep(lambda _: False, -10) == 21


def test_opening_sweeps_what_a_crash_left_and_spares_a_running_upload(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path)
    (tmp_path / "uploads" / "left").write_bytes(b"half")
    old = time.time() - 3600

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            for upload in every(tmp_path / "uploads"):
                os.utime(upload, (old, old))
            LocalFiles(tmp_path)
            return super().read(size)

    sha = store.put(Slow(b"whole")).sha256
    assert [path.name for path in every(tmp_path)] == [sha]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_nobody_else_on_the_machine_may_enter(tmp_path: Path) -> None:
    store = LocalFiles(tmp_path / "files")
    path = store.path(store.put(io.BytesIO(b"secret")).sha256)
    assert path is not None
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in list(path.parents)[:3])
