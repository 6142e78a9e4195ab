"""What travels through the queue: a JSON text that names a kind and a job, nothing else. Never a pickle."""

from __future__ import annotations

import json
from typing import Any

from huey.registry import Message, Registry
from huey.serializer import Serializer


class KindRegistry(Registry):
    """huey's registry of tasks, by the kind's name alone: a moved module does not orphan what waits."""

    def task_to_string(self, task_class: type) -> str:
        return task_class.__name__


class JsonMessages(Serializer):
    """Keeps id, name, retries left, priority and {"job": id}. The rest of huey's message (pipelines, chords, expiry) is
    refused: the job table does these, and dropping them silently would be worse."""

    def _serialize(self, data: Any) -> bytes:
        kept = {"id", "name", "retries", "priority", "kwargs"}
        extra = [
            f for f in Message._fields if f not in kept | {"eta", "retry_delay", "retry_backoff"} and getattr(data, f)
        ]
        if extra:
            raise ValueError(f"a job's message has no place for {', '.join(extra)}")
        return json.dumps({name: getattr(data, name) for name in sorted(kept)}, separators=(",", ":")).encode()

    def _deserialize(self, data: bytes) -> Message:
        """Raises ValueError for what we cannot have written."""
        values = json.loads(data)
        try:
            message = Message(
                id=str(values["id"]),
                name=str(values["name"]),
                retries=int(values["retries"]),
                priority=int(values["priority"]),
                args=(),
                kwargs={"job": int(values["kwargs"]["job"])},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a message of ours: {error!r}") from None
        return message
