"""A machine to install a package on. The better one is booted for it: a view of this machine's files that nothing leaves, with
systemd as its first process and a network of its own. Where that cannot be had it is this machine itself, if it may be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import control_group
from packaged import allowed_to_install

_RUNS_SYSTEMD = Path("/run/systemd/system").exists()
_BOOT = """
set -e
cd "$0"
mount --make-rprivate /
mount -t tmpfs tmpfs upper
mkdir upper/files upper/work
mount -t overlay overlay -o lowerdir=/,upperdir=upper/files,workdir=upper/work root
cd root
mount -t proc proc proc
mount --rbind /sys sys
for group in "$@"; do
    hierarchy=sys/fs/cgroup
    [ -e $hierarchy/cgroup.procs ] || hierarchy=$(echo "$group" | cut -d/ -f2-5)
    mount --bind "$group" "$hierarchy"  # its own groups, and no others, are all there is
done
mount --rbind /dev dev
mount -t tmpfs tmpfs run
rm -f usr/sbin/policy-rc.d etc/machine-id
echo 0123456789abcdef0123456789abcdef > etc/machine-id
printf '[Unit]\\nRequires=basic.target\\n' > etc/systemd/system/small.target
ip link set lo up || true
export container=ingot
exec chroot . /lib/systemd/systemd --system --unit=small.target --show-status=0
"""
_ASK = """
import json, sys, urllib.request
method, address, token, body = sys.argv[1:]
headers = {"Content-Type": "application/vnd.api+json", **({"Authorization": "Bearer " + token} if token else {})}
asked = urllib.request.Request(address, body.encode() or None, headers, method=method)
print(urllib.request.urlopen(asked, timeout=20).read().decode())
"""


class Machine:
    """`first` is the number of its first process; 0: it is this machine. `systemd`: does that start what is installed?"""

    def __init__(self, first: int = 0):
        self.systemd = bool(first) or _RUNS_SYSTEMD
        enter = ["nsenter", "-t", str(first)]
        self._inside = [*enter, "-m", "-p", "-n", "-u", "-i", "-r", "-w"] if first else []
        self._network = [*enter, "-n"] if first else []
        self.root = Path(f"/proc/{first}/root") if first else Path("/")

    def run(self, *words: str | Path, fails: bool = False) -> str:
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        done = subprocess.run([*self._inside, *words], env=environment, cwd="/", capture_output=True, text=True)
        assert fails == bool(done.returncode), done.stdout + done.stderr
        return done.stdout + done.stderr

    def ask(self, method: str, address: str, token: str = "", **attributes: Any) -> str:
        """Over its own network; attributes make a JSON:API document of the type that the address names."""
        kind = address.partition("?")[0].rpartition("/")[2]
        body = json.dumps({"data": {"type": kind, "attributes": attributes}}) if attributes else ""
        command = [*self._network, sys.executable, "-c", _ASK, method, address, token, body]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def any_machine() -> Iterator[Machine]:
    with control_group.own_groups() as groups, _booted(groups) as first:
        if first:
            yield Machine(first)
            return
    allowed_to_install()
    installed = subprocess.run(["dpkg", "-s", "ingot"], capture_output=True).returncode == 0
    assert not installed, "Ingot is installed on this machine: not ours to purge"
    try:
        yield Machine()
    finally:
        subprocess.run(["dpkg", "--purge", "ingot"], capture_output=True)


@contextmanager
def _booted(groups: list[str]) -> Iterator[int]:
    """The number of the first process, or 0 where nothing can be booted: no root, no systemd, no right to mount or to make
    control groups; or a systemd runs this machine already, which a second one had better leave alone."""
    systemd = Path("/lib/systemd/systemd").exists() and not _RUNS_SYSTEMD
    if sys.platform != "linux" or os.geteuid() != 0 or not systemd or not groups or not shutil.which("unshare"):
        yield 0
        return
    folder = Path(tempfile.mkdtemp(prefix="ingot-machine-"))
    for name in ("upper", "root"):
        (folder / name).mkdir()
    own = ["--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]
    boot = ["sh", "-c", _BOOT, folder, *groups]
    # first into the groups, then into the view of them that begins there
    join = 'count=$1; shift; for n in $(seq $count); do echo $$ > "$1/cgroup.procs"; shift; done; exec unshare "$@"'
    command = ["sh", "-c", join, "sh", str(len(groups)), *groups, *own, *boot]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _first_of(process)
    finally:
        process.kill()  # and with it its child, and with that everything in there
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _first_of(process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < end:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for first in children:
            asked = ["nsenter", "-t", first, "-m", "-p", "-r", "-w", "systemctl", "is-system-running"]
            said = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
            if said in ("running", "degraded"):
                return int(first)
        time.sleep(0.1)
    return 0
