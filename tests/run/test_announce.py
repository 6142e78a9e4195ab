"""The box's name on the LAN, seen by avahi from another machine: a network namespace with a cable to ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_site import until
from zeroconf import AddressResolverIPv4, Zeroconf

from appliance.base import machine
from appliance.run.announce import Announcer

HERE, THERE = "10.213.47.1", "10.213.47.2"
SPACE, CARD = f"ingot{os.getpid()}", f"ing{os.getpid() % 100_000}a"
OTHER_CARD = CARD[:-1] + "b"
AVAHI = """
[server]
host-name=neighbour
use-ipv6=no
allow-interfaces={card}
enable-dbus=yes
[wide-area]
enable-wide-area=no
[rlimits]
"""
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"""


class Neighbour:
    """Another machine on our network, as far as the kernel and mDNS are concerned."""

    def __init__(self, folder: Path):
        self._folder, self._bus = folder, folder / "bus"
        self._programs: list[subprocess.Popen[bytes]] = []

    def move_in(self) -> None:
        for line in (
            f"ip link add {CARD} type veth peer name {OTHER_CARD}",
            f"ip link set {OTHER_CARD} netns {SPACE}",
            f"ip addr add {HERE}/24 dev {CARD}",
            f"ip link set {CARD} up",
            f"ip -n {SPACE} addr add {THERE}/24 dev {OTHER_CARD}",
            f"ip -n {SPACE} link set {OTHER_CARD} up",
            f"ip -n {SPACE} link set lo up",
            f"ip -n {SPACE} route add default via {HERE}",
        ):
            subprocess.run(line.split(), check=True, capture_output=True)
        (self._folder / "bus.conf").write_text(BUS.format(socket=self._bus))
        (self._folder / "avahi.conf").write_text(AVAHI.format(card=OTHER_CARD))
        self._start("dbus-daemon", f"--config-file={self._folder}/bus.conf", "--nofork", "--nopidfile")
        until(self._bus.exists)
        # its pid file has a fixed place: a mount namespace of its own keeps it out of the way of a real one
        avahi = (
            f"mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon --no-drop-root \
            --no-chroot --no-rlimits --no-proc-title -f {self._folder}/avahi.conf"
        )
        self._start("unshare", "--mount", "sh", "-c", avahi)
        until(lambda: self._asks("avahi-resolve", "-4", "-n", "neighbour.local"))

    def resolve(self, name: str) -> str:
        """The address behind a name, as a program over there sees it; empty when nobody answers to it."""
        return self._asks("avahi-resolve", "-4", "-n", name).partition("\t")[2].strip()

    def services(self, kind: str) -> str:
        return self._asks("avahi-browse", "-rtp", kind)

    def publish(self, name: str, address: str) -> None:
        self._start("avahi-publish", "-a", "-R", name, address)

    def move_out(self) -> None:
        for program in reversed(self._programs):
            program.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(5)
        subprocess.run(["ip", "link", "del", CARD], capture_output=True)
        subprocess.run(["ip", "netns", "del", SPACE], capture_output=True)

    def _start(self, *command: str) -> None:
        inside = ["ip", "netns", "exec", SPACE, *command]
        quiet = subprocess.DEVNULL
        self._programs.append(subprocess.Popen(inside, env=self._environment(), stdout=quiet, stderr=quiet))

    def _asks(self, *command: str) -> str:
        inside = ["ip", "netns", "exec", SPACE, *command]
        done = subprocess.run(inside, env=self._environment(), capture_output=True, text=True, timeout=30)
        return done.stdout.strip()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self._bus}"}


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbour]:
    needed = ("ip", "unshare", "dbus-daemon", "avahi-daemon", "avahi-resolve", "avahi-browse", "avahi-publish")
    missing = [name for name in needed if not shutil.which(name)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if subprocess.run(["ip", "netns", "add", SPACE], capture_output=True).returncode:
        pytest.skip("this machine lets us make no network namespace")
    found = Neighbour(tmp_path_factory.mktemp("lan"))
    try:
        found.move_in()
        yield found
    finally:
        found.move_out()


def announcer(folder: Path, *, secure: bool = True, host: str = HERE, title: str = "Dr. Müller & Co") -> Announcer:
    return Announcer(host, lambda: 8400, secure=secure, title=lambda: title, memory=folder / "name")


@contextlib.contextmanager
def announced(found: Announcer) -> Iterator[Announcer]:
    heard: list[str] = []
    found.on_name.append(heard.append)
    began = time.monotonic()
    found.start()
    assert time.monotonic() - began < 1  # a start does not wait for the network
    until(lambda: heard or found.health().state == "ok")
    try:
        yield found
    finally:
        began = time.monotonic()
        found.stop(5)
        assert time.monotonic() - began < 2


@pytest.mark.slow
def test_avahi_on_another_machine_finds_the_name_and_the_service(neighbour: Neighbour, tmp_path: Path) -> None:
    with announced(announcer(tmp_path)) as found:
        assert found.host_name == "ingot.local"
        assert until(lambda: neighbour.resolve("ingot.local")) == HERE
        listed = until(lambda: neighbour.services("_https._tcp"))
        assert f";ingot.local;{HERE};8400;" in listed
    until(lambda: not neighbour.services("_https._tcp"))  # taken back, and not left to run out in an hour


@pytest.mark.slow
def test_a_name_that_is_taken_is_left_to_its_owner_and_the_next_one_is_kept(
    neighbour: Neighbour, tmp_path: Path
) -> None:
    neighbour.publish("ingot.local", THERE)
    until(lambda: neighbour.resolve("ingot.local") == THERE)
    first = announcer(tmp_path, secure=False)
    with announced(first):
        assert first.host_name == "ingot-2.local"
        assert until(lambda: neighbour.resolve("ingot-2.local")) == HERE
        assert neighbour.resolve("ingot.local") == THERE
        assert "M\\195\\188ller" in until(lambda: neighbour.services("_http._tcp"))
    assert announcer(tmp_path).wished == "ingot-2.local"


@pytest.mark.slow
def test_a_program_on_this_machine_finds_the_name_too(tmp_path: Path) -> None:
    here = next((a.ip for a in machine.addresses() if a.outside and a.version == 4), "127.0.0.1")
    with announced(announcer(tmp_path, host=here)) as found:
        answers: list[str] = []

        def ask() -> None:
            asking = Zeroconf(interfaces=[here])
            asked = AddressResolverIPv4(found.host_name + ".")
            if asked.request(asking, 5000):
                answers.extend(asked.parsed_addresses())
            asking.close()

        asker = threading.Thread(target=ask)  # a browser test before us may have left its event loop in this thread
        asker.start()
        asker.join(20)
        assert answers == [here]


def test_no_network_to_announce_on_is_said_and_ends_nothing(tmp_path: Path) -> None:
    nowhere = announcer(tmp_path, host="203.0.113.9")
    nowhere.start()
    until(lambda: "no address" in nowhere.health().reason)
    assert nowhere.health().state == "degraded"
    nowhere.stop(5)


def test_a_network_without_multicast_is_a_reason_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, *_: object) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(Announcer, "_addresses", lambda self: ["127.0.0.1"])
    monkeypatch.setattr(socket.socket, "bind", refuse)
    broken = announcer(tmp_path, host="0.0.0.0")
    broken.start()
    until(lambda: "(mDNS)" in broken.health().reason)
    broken.stop(5)
