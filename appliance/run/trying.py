"""New settings are tried before they are written: can the port be had, does the database answer, is there such an engine?"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from appliance.base.errors import StartRefused
from appliance.base.reasons import why
from appliance.base.settings import SETTINGS, Settings
from appliance.base.text import Text, say, verbatim
from appliance.engines.database.protocol import Database
from appliance.jobs.due import zone
from appliance.run import ports
from appliance.run.forwarded import network
from appliance.run.settings_door import SHOWN_SECRET, Check
from appliance.run.tls.authority import spelled
from appliance.run.tls.own import Unusable, read_pair

PATIENCE = 5  # seconds for a database to answer
DEFAULTS = {s.name: s.default for s in SETTINGS}
_OF_CERTIFICATE = ("certificate", "certificate_key", "certificate_password", "https")


def checks(
    settings: Settings,
    values: Mapping[str, Any],
    open_database: Callable[[str], Database],
    engines: Mapping[str, Sequence[str]],
) -> dict[str, Check]:
    """What can be tried, by setting. `values` are all that are to be changed together: a port is tried on its new host.
    `engines`: by setting, those there are."""

    def wanted(name: str) -> Any:
        value = values.get(name, settings.values[name])
        return DEFAULTS[name] if value is None else value

    host, secure = str(wanted("host")), wanted("https") == "on"
    found: dict[str, Check] = {name: _one_of(known) for name, known in engines.items()}
    if secure:
        # one sentence is enough, beside the first of them that changes
        named = next((name for name in _OF_CERTIFICATE if name in values), "")
        words = [str(wanted(name)) for name in _OF_CERTIFICATE[:3]]
        if words[2] == SHOWN_SECRET:
            words[2] = settings.certificate_password
        found |= {named: lambda _: _certificate_serves(*words)} if words[0] else {}
        found["http_port"] = lambda number: (
            number and (_is_another(number, wanted("port")) or port_is_free(host)(number))
        )
    return found | {
        "host": _host_is_ours,
        "port": lambda number: (secure and _is_another(number, wanted("http_port"))) or port_is_free(host)(number),
        "hosts": lambda names: next((wrong for name in names if (wrong := _host_has_a_name(name))), None),
        "proxies": lambda listed: next((wrong for one in listed if (wrong := _network_is_one(one))), None),
        "timezone": _zone_is_known,
        "database": lambda url: _database_answers(url, open_database),
    }


def port_is_free(host: str) -> Check:
    def check(port: Any) -> Text | None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM):
                with socket.socket(family) as one:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind(address)
        except (OSError, OverflowError) as error:
            pid = ports.holder(int(port))
            if pid == os.getpid():
                return None
            if pid is not None:
                name = ports.program(pid)
                return say("Port {port} is taken by {name} (process {pid}).", port=port, name=name, pid=pid)
            return say("Port {port} cannot be used: {why}", port=port, why=why(error))
        return None

    return check


def _is_another(number: Any, taken: Any) -> Text | None:
    return say("port and http_port must be two different ones") if number and number == taken else None


def _certificate_serves(certificate: str, key: str, password: str) -> Text | None:
    try:
        read_pair(certificate, key, password)
    except Unusable as error:
        return error.message
    return None


def _host_has_a_name(name: str) -> Text | None:
    try:
        spelled(name)
    except StartRefused as refused:
        return refused.message
    return None


def _network_is_one(text: str) -> Text | None:
    try:
        network(text)
    except StartRefused as refused:
        return refused.message
    return None


def _one_of(known: Sequence[str]) -> Check:
    return lambda value: None if value in known else say("must be one of {choices}", choices=", ".join(known))


def _host_is_ours(host: Any) -> Text | None:
    try:
        for family, _, _, _, address in socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
            with socket.socket(family) as one:
                one.bind(address)
    except OSError as error:
        return say("Cannot listen on {host}: {why}", host=host, why=why(error))
    return None


def _zone_is_known(value: Any) -> Text | None:
    try:
        zone(value)
    except ValueError:
        return say("must be a name like Europe/Berlin")
    return None


def _database_answers(url: Any, open_database: Callable[[str], Database]) -> Text | None:
    """Connects, asks for its version, and goes away: nothing is created there."""
    if "://" in url and "connect_timeout" not in url:
        url += ("&" if "?" in url else "?") + f"connect_timeout={PATIENCE}"
    try:
        database = open_database(url)
    except StartRefused as refused:
        return refused.message
    if url == "sqlite":
        return None
    try:
        state, reason = database.check()
    finally:
        database.release()
        database.close()
    if state == "down":
        return say("The database does not answer: {why}", why=verbatim(reason.splitlines()[0] if reason else state))
    return None
