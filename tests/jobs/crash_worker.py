"""A process that works until it is killed: `crash_worker.py URL THREADS`. Run by test_jobs_crash.py."""

from __future__ import annotations

import sys
import time
from typing import Any

import heavy_bodies
from job_parts import Shop
from private_databases import open_database

from appliance.jobs.kind import JobKind
from appliance.jobs.run import Run


def nap(run: Run, number: int) -> dict[str, Any]:
    run.progress(0, 1)
    time.sleep(0.02)
    return {"number": number}


def long_nap(run: Run, number: int) -> dict[str, Any]:
    time.sleep(0.5)
    return {"number": number}


NAP = JobKind("nap", nap)
LONG = JobKind("long", long_nap)
PID = JobKind("pid", heavy_bodies.tell_pid, heavy=True)

if __name__ == "__main__":
    Shop(open_database(sys.argv[1]), [NAP, LONG, PID], threads=int(sys.argv[2])).start()
    sys.stdout.write("up\n")
    sys.stdout.flush()
    time.sleep(300)
