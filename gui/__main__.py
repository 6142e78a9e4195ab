"""`python -m gui [--home FOLDER]` is `ingot panel`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gui import preflight


def main() -> int:
    parser = argparse.ArgumentParser(prog="ingot panel")
    parser.add_argument("--home", type=Path)
    home = parser.parse_args().home
    if obstacle := preflight.obstacle():
        sys.stderr.write(obstacle + "\n")
        return 1
    from gui import app  # Qt is loaded only where it can work

    return app.run(home.absolute() if home else None)


if __name__ == "__main__":
    sys.exit(main())
