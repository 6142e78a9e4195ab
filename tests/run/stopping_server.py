"""`python stopping_server.py HOME PORT`: a whole Ingot at each line on standard input, forked from an interpreter that has
imported everything once, so that fifty starts cost what they do and not what Python's imports do. Prints its process id, and
when it has ended its exit code."""

from __future__ import annotations

import os
import sys

from appliance.cli import main


def serve(home: str, port: str) -> int:
    try:
        main(["serve", "--home", home, "--port", port], standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            os._exit(serve(*sys.argv[1:3]))
        tell(pid)
        tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
