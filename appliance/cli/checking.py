"""What `ingot check` looks at: the ground, the port, the database read through once, the backups; and, when a server runs, what
that has met."""

from __future__ import annotations

from appliance import assembly
from appliance.base.errors import IngotError, StartRefused
from appliance.base.settings import Settings
from appliance.base.text import Text, say, told
from appliance.engines.database.damage import is_damage
from appliance.features.identity.accounts import shared_emails
from appliance.records.entity import Entity, Field
from appliance.run import installation, preflight
from appliance.run.backup import restoring
from appliance.run.backup.health import BackupHealth
from appliance.run.client import ControlClient
from appliance.run.exit_codes import DATABASE_DAMAGED
from appliance.run.services import Health


def look(settings: Settings, running: ControlClient) -> tuple[dict[str, Health], int]:
    """(how each part does, the exit code). Writes nothing."""
    found = preflight.Ground(settings.home).health()
    found["port"] = preflight.port(settings.home, settings.host, settings.port)
    try:
        parts, code = _database(settings), 0
    except StartRefused as refused:
        parts, code = {"database": _down(refused.message)}, refused.exit_code
    except IngotError as error:
        parts, code = {"database": _down(error.message)}, 1
    except Exception as error:
        # whatever the driver raises: a check that ends in a traceback has checked nothing
        broken = installation.damaged(settings.home, error).message
        parts, code = ({"database": _down(broken)}, DATABASE_DAMAGED) if is_damage(error) else (
            {"database": _down(say("The database cannot be read: {why}", why=str(error).strip()))}, 1)  # fmt: skip
    found |= parts
    found |= {name: health for name, health in _met(running).items() if found.get(name, health).state != "down"}
    return found, code or int(any(h.state == "down" for h in found.values()))


def _database(settings: Settings) -> dict[str, Health]:
    if restoring.broken_off(settings.home):
        return {"database": _down(say("A restore was broken off here; `ingot serve` finishes it."))}
    house = assembly.look_at(settings)
    faults = house.database.inspect(quick=True)
    if faults:
        raise installation.damaged(settings.home, RuntimeError(faults[0]))
    parts = {"database": Health(*house.database.check())}  # type: ignore[arg-type]
    if settings.database == "sqlite" and settings.backups:
        parts["backups"] = BackupHealth(settings, house.jobs).check()
    if shared := shared_emails(house.database):
        parts["users"] = Health("degraded", told(_shared(shared)))
    if refused := house.records.registry.refused_patterns():
        parts["patterns"] = Health("degraded", told(_refused(refused)))
    return parts


def _shared(pairs: list[tuple[tuple[int, str], tuple[int, str]]]) -> Text:
    named = "; ".join(f"{first[0]} {first[1]} = {later[0]} {later[1]}" for first, later in pairs)
    return say(
        "These users have the same e-mail address: {named}. The later one cannot sign in until an administrator "
        "changes the address, on the page Users (/users); `ingot user disable` turns the account off.",
        named=named,
    )


def _refused(fields: list[tuple[Entity, Field]]) -> Text:
    return say(
        "The patterns of these fields cannot be applied: {named}. Change them to ones that need no look-ahead or back-reference.",
        named=", ".join(f"{entity.name}.{field.name}" for entity, field in fields),
    )


def _met(running: ControlClient) -> dict[str, Health]:
    """The parts that a running server has found down: it may have met what a look does not."""
    try:
        told_of = running.status()["health"]
    except (IngotError, KeyError):
        return {}
    return {name: Health("down", one["reason"]) for name, one in told_of.items() if one["state"] == "down"}


def _down(text: Text) -> Health:
    return Health("down", told(text))
