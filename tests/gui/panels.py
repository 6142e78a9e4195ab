"""What the panel's tests share by name."""

from collections.abc import Callable
from pathlib import Path

from gui.window import Window

Open = Callable[[Path], Window]
"""The fixture `open_panel`: a panel on a home, shown."""
