"""The panel in a real window on a real (virtual) screen: it opens, follows a running server, and every page is drawn."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from box import Box
from PySide6.QtGui import QImage

pytestmark = pytest.mark.slow

PAGES = ("overview", "logs", "configuration", "https", "users", "backups", "autostart", "diagnostics")


def test_every_page_is_drawn_on_a_screen(box: Box, tmp_path: Path) -> None:
    xvfb = shutil.which("Xvfb")
    if not xvfb:
        if os.environ.get("CI"):
            pytest.fail("Xvfb is not installed, and CI must open a window")
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    options = ["-displayfd", str(writing), "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]
    screen = subprocess.Popen([xvfb, *options], pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            display = f":{told.readline().strip()}"
        script = Path(__file__).with_name("pictures.py")
        environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LANG": "C.UTF-8"}
        folder = Path(os.environ.get("INGOT_PICTURES") or tmp_path)
        top = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, script, box.home, folder], env=environment | {"PYTHONPATH": str(top)}, timeout=100
        )
        assert done.returncode == 0
    finally:
        screen.kill()
        screen.wait()
    for name in PAGES:
        light, dark = (QImage(str(folder / f"{name}-{theme}.png")) for theme in ("light", "dark"))
        assert light.width() == 1180 and light.height() >= 800, name
        tones = {light.pixelColor(x, y).name() for x in range(0, 1180, 7) for y in range(0, 800, 7)}
        assert len(tones) > 8, f"{name} is blank"
        assert light.pixelColor(400, 10).lightness() > 200 > 60 > dark.pixelColor(400, 10).lightness(), name
