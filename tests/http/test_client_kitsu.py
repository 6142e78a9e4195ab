"""kitsu, a JavaScript client nobody here wrote, works with the server as it would with any other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from api_client import mark
from api_server import Server

NODE = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def node() -> str:
    """Where node is; its modules are installed when they are not there yet."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if not found or not npm:
        if os.environ.get("CI"):
            pytest.fail("Node.js is not installed, and CI must test with it")
        pytest.skip("Node.js is not installed")
    if not (NODE / "node_modules" / "kitsu").is_dir():
        subprocess.run([npm, "ci", "--ignore-scripts"], cwd=NODE, check=True, capture_output=True, timeout=200)
    return found


@pytest.mark.node
def test_kitsu_lists_pages_filters_sorts_includes_creates_relates_patches_and_deletes(
    server: Server, node: str
) -> None:
    command = [node, "kitsu.mjs", server.base, server.token, mark()]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["created"] == ["made by kitsu", "12.50", 1]
    assert (seen["page"], seen["next"], seen["total"]) == ("dcb", "a", 4)
    assert seen["cursor"] == [None, True]
    assert seen["operators"] == 2
    assert seen["included"] == ["made by kitsu", "cd"]
    assert (seen["related"], seen["linkage"]) == (2, True)
    assert seen["patched"] == ["patched", 2]
    assert seen["unlinked"] is None
    assert seen["replaced"] == 204
    assert (seen["stale"], seen["missing"], seen["invalid"], seen["conflict"]) == (412, 404, 422, [201, 409])
    assert seen["deleted"] == [204, 404]


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((NODE / "package-lock.json").read_text("utf-8"))
    assert not [name for name, words in lock["packages"].items() if "resolved" in words]
    assert lock["packages"]["node_modules/kitsu"]["integrity"]
