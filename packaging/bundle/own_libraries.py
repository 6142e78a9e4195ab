"""The bundle's start finds its libraries by LD_LIBRARY_PATH. Programs of the system that we start (a browser, systemctl) must
not find ours: the variable becomes what it was. This process has read it already."""

import os

before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = before
