"""What a client may say, and what it is told. Notices carry what changed, never the data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from appliance.base.errors import BadRequest
from appliance.base.text import say
from appliance.records.log import Entry
from appliance.records.registry import Registry

MOST_TOPICS = 200
JOBS = "jobs"
NOTICES = "notices"
"""A topic of its own: how many notices this person has not read."""
SCHEMA = {"entity": "entities", "field": "fields"}
"""Entries about the schema itself, and their types. Everybody who signs in may read those."""
_TOPIC = re.compile(r"([a-z0-9-]+)(?:/([0-9]{1,18}))?")


@dataclass(frozen=True, slots=True)
class Wish:
    """`after`: the last position the client knows of; None to begin now. `presence`: it wants to be told who else is on the
    records it subscribes to, and a person is seen there."""

    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    after: int | None = None
    presence: bool = False


def read_wish(message: str | bytes) -> Wish:
    """What a client asks for. BadRequest with the reason when it cannot be understood."""
    try:
        words = orjson.loads(message)
    except orjson.JSONDecodeError as error:
        raise BadRequest(say("The message is not JSON: {why}.", why=error)) from None
    if not isinstance(words, dict):
        raise BadRequest(say("The message must be a JSON object."))
    for word in words:
        if word not in ("subscribe", "unsubscribe", "after", "presence"):
            raise BadRequest(say("{name} is no word of a message.", name=str(word)[:100]))
    after = words.get("after")
    if after is not None and (type(after) is not int or not 0 <= after < 2**63):
        raise BadRequest(say("{name} must be a position of the log.", name="after"))
    presence = words.get("presence", False)
    if type(presence) is not bool:
        raise BadRequest(say("{name} must be true or false.", name="presence"))
    wish = Wish(_topics(words, "subscribe"), _topics(words, "unsubscribe"), after, presence)
    if not (wish.subscribe or wish.unsubscribe):
        raise BadRequest(say("Send {example}.", example='{"subscribe": ["contacts", "contacts/42"]}'))
    return wish


def _topics(words: dict[str, Any], key: str) -> tuple[str, ...]:
    listed = words.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(topic, str) for topic in listed):
        raise BadRequest(say("{name} must be a list of texts.", name=key))
    for topic in listed:
        if not _TOPIC.fullmatch(topic):
            raise BadRequest(say("{topic} is no topic: say contacts, or contacts/42.", topic=topic[:100]))
    return tuple(dict.fromkeys(listed))


def type_of(topic: str) -> str:
    return topic.partition("/")[0]


def type_of_entry(registry: Registry, entry: Entry) -> str | None:
    """The type of the resource that an entry is about; None for what is no resource."""
    entity = registry.entities.get(entry.entity)
    return entity.type if entity else SCHEMA.get(entry.entity)


def check_topics(registry: Registry, topics: tuple[str, ...]) -> None:
    """Does every topic name a type? BadRequest for the first that does not."""
    for topic in topics:
        if type_of(topic) not in registry.by_type and type_of(topic) not in (JOBS, NOTICES, *SCHEMA.values()):
            raise BadRequest(say("There is no resource type {type}.", type=type_of(topic)[:100]))


def notice(position: int, type_: str, record: int, action: str) -> str:
    return f'{{"position":{position},"entity":"{type_}","id":"{record}","action":"{action}"}}'


def job_notice(job: int, state: str) -> str:
    return f'{{"entity":"{JOBS}","id":"{job}","action":"{state}"}}'


def presence_notice(topic: str, users: list[dict[str, str]], more: int) -> str:
    """Who else is on a record; `more` are those beyond the ones that are named."""
    return written({"presence": topic, "users": users} | ({"more": more} if more else {}))


def unread_notice(count: int) -> str:
    return f'{{"notices":{count}}}'


def reset(position: int) -> str:
    """Too much has happened to tell it one by one: read anew what you show, then go on from `position`."""
    return f'{{"reset":true,"position":{position}}}'


def written(words: dict[str, Any]) -> str:
    return orjson.dumps(words).decode()
