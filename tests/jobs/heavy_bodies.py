"""Bodies for the helper process: functions at the top of a module, as heavy kinds want them."""

from __future__ import annotations

import os
import sys
import time

from appliance.base.errors import Conflict
from appliance.base.text import say


def add(run, a, b):
    run.progress(1, 2, "half")
    run.progress(2, 2, "all")
    return {"sum": a + b, "pid": os.getpid(), "flask": "flask" in sys.modules, "context": dict(run.context)}


def fail(run):
    raise OSError("no answer")


def refuse(run):
    raise Conflict(say("There is no field called {name}.", name="c"))


def abort(run):
    os.abort()


def leave(run):
    print("a word that must not break the pipe")  # noqa: T201
    sys.exit(3)


def sleep(run):
    time.sleep(600)


def count(run):
    for n in range(100_000):
        run.progress(n, 100_000)
        time.sleep(0.01)


def tell_pid(run):
    run.progress(0, 1, str(os.getpid()))
    time.sleep(600)
