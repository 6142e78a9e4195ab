"""How a condition is told: a word, a tone, what it means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from gui import texts
from gui.state import Condition
from gui.texts import say


@dataclass(frozen=True)
class Telling:
    word: str
    tone: str
    title: str
    cause: str = ""
    remedy: str = ""


def tell(condition: Condition) -> Telling:
    match condition.kind:
        case "running":
            return Telling(say("Running"), "ok", say("Ingot is running"))
        case "degraded" if condition.down:
            parts = ", ".join(part(name) for name in condition.down)
            return Telling(
                say("Impaired"), "bad", say("Ingot runs, but something does not work"),
                say("Down: {parts}.", parts=parts), texts.retold(condition.reason),
            )  # fmt: skip
        case "degraded":
            parts = ", ".join(part(name) for name in condition.ailing)
            return Telling(
                say("Degraded"), "warn", say("Ingot runs, but not all of it"), say("In trouble: {parts}.", parts=parts),
                say("The list below says why. The log has the details."),
            )  # fmt: skip
        case "starting":
            return Telling(say("Starting"), "brand", say("Ingot is starting"))
        case "stopping":
            return Telling(
                say("Stopping"), "brand", say("Ingot is stopping"),
                say("What is under way is answered first; nothing is lost."),
            )  # fmt: skip
        case "blocked":
            return Telling(
                say("Cannot start"), "bad", say("Ingot cannot start"), texts.retold(condition.reason),
                say("Put that right, then start it again. Settings can be changed under Configuration.")
                if condition.alive else say("Put that right, then start it again."),
            )  # fmt: skip
        case "frozen":
            return Telling(
                say("Does not answer"), "bad", say("Ingot does not answer"),
                say("Process {pid} is there, but silent.", pid=condition.pid),
                say("It may be overloaded and come back by itself. If it does not, end it by force and start it again; "
                    "what was saved stays saved."),
            )  # fmt: skip
        case "killed":
            return Telling(
                say("Was ended"), "bad", say("Ingot was ended from outside"),
                say("Process {pid} is gone without having stopped: it was killed, or the computer was switched off.",
                    pid=condition.pid),
                say("Start it again; what was saved is there."),
            )  # fmt: skip
    return Telling(say("Stopped"), "", say("Ingot is stopped"), "", say("Nobody can use it until you start it."))


def part(name: str) -> str:
    """What a component is called; one that this panel does not know is called as the server calls it."""
    known = {
        "web": say("Web server"), "worker": say("Jobs"), "database": say("Database"), "search index": say("Search"),
        "live": say("Live pages"), "notices": say("Notices"), "log tail": say("Change log"),
        "sampler": say("Measurements"), "control": say("Control door"), "certificate": say("Certificate"),
        "plain door": say("Trust page"), "mdns": say("Name on the network"), "home": say("Home folder"), "disk": say("Disk"),
        "clock": say("Clock"), "maintenance": say("Maintenance"),
        "backups": say("Backups"), "database watch": say("Check of the database"),
    }  # fmt: skip
    return known.get(name) or name.replace("_", " ").capitalize()


def health(state: str) -> tuple[str, str]:
    """The word and the tone of a component's state."""
    known = {
        "ok": (say("In order"), "ok"), "degraded": (say("Degraded"), "warn"), "down": (say("Down"), "bad"),
    }  # fmt: skip
    return known.get(state, (state, ""))
