"""A whole process for the tests: `python tiny_server.py HOME PORT [MODE]`. MODE spoils something."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import flask

from appliance.base import logs
from appliance.base.errors import StartRefused
from appliance.base.paths import Home
from appliance.run import process
from appliance.run.exit_codes import MIGRATION_FAILED
from appliance.run.services import Health, Service
from appliance.run.web import WebServer


class Sleeper:
    """A service that can refuse to start or to stop."""

    name = "sleeper"

    def __init__(self, mode: str):
        self.mode = mode

    def start(self) -> None:
        if self.mode == "refuses":
            raise StartRefused("The sleeper cannot sleep.", 1)
        if self.mode == "crashes":
            raise ZeroDivisionError("by zero")

    def stop(self, deadline_seconds: float) -> None:
        if self.mode == "hangs":
            threading.Thread(target=time.sleep, args=(600,), daemon=False).start()  # keeps the interpreter alive
            time.sleep(600)

    def health(self) -> Health:
        return Health("degraded", "it yawns")


def build(parent: process.Process, port: int, mode: str) -> list[Service]:
    if mode == "migration":
        raise StartRefused("Migration 3 failed.", MIGRATION_FAILED)
    app = flask.Flask("tiny")
    entered = threading.Event()

    @app.get("/slow")
    def slow() -> str:
        entered.set()
        time.sleep(0.7)
        return "whole"

    parent.queries["entered"] = lambda _: {"entered": entered.is_set()}
    parent.commands["add"] = lambda asked: {"sum": asked["a"] + asked["b"]}
    parent.components = lambda: {"database": Health()}
    return [Sleeper(mode), WebServer(app, "127.0.0.1", port)]


if __name__ == "__main__":
    home, port, mode = Home(Path(sys.argv[1])), int(sys.argv[2]), (sys.argv[3:] or [""])[0]
    home.create()
    logs.start(home.logs, console=False)
    sys.exit(
        process.run(
            home,
            lambda parent: build(parent, port, mode),
            version="1.2.3",
            exit_when_blocked=mode != "migration",
            stop_seconds=3 if mode == "hangs" else 9,
        )
    )
