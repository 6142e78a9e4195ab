"""Can a window be opened here at all? Asked before Qt is, for Qt ends the process where it cannot. No Qt in here."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Mapping

ALWAYS = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libxkbcommon.so.0": "libxkbcommon0", "libdbus-1.so.3": "libdbus-1-3",
          "libfontconfig.so.1": "libfontconfig1", "libglib-2.0.so.0": "libglib2.0-0"}  # fmt: skip
ON_X = {
    "libxcb-cursor.so.0": "libxcb-cursor0", "libxcb-icccm.so.4": "libxcb-icccm4", "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1", "libxcb-randr.so.0": "libxcb-randr0", "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-render-util.so.0": "libxcb-render-util0", "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}  # fmt: skip


def obstacle(environment: Mapping[str, str] | None = None) -> str:
    """A sentence that says what is missing and how to get it; empty when nothing is."""
    found = os.environ if environment is None else environment
    if importlib.util.find_spec("PySide6") is None:
        return "The panel needs PySide6, which is not installed here: pip install pyside6-essentials"
    if not sys.platform.startswith("linux"):
        return ""
    platform = found.get("QT_QPA_PLATFORM", "")
    if not platform and not found.get("DISPLAY") and not found.get("WAYLAND_DISPLAY"):
        return "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set); `ingot status` works without one."
    on_x = platform.startswith("xcb") or (not platform and not found.get("WAYLAND_DISPLAY"))
    wanted = ALWAYS | (ON_X if on_x else {})
    missing = [package for library, package in wanted.items() if not _there(library)]
    return f"The panel needs libraries of the system: sudo apt install {' '.join(missing)}" if missing else ""


def _there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
