"""What the bundle's `ingot-panel` begins with."""

import sys

import own_libraries  # noqa: F401  before anything starts another program

from gui.__main__ import main

sys.exit(main())
