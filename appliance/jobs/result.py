"""What a job leaves as its result: JSON of bounded size. Work that was done is never reported as failed because there is much to
tell of it; detail is dropped instead, and counted."""

from __future__ import annotations

import heapq
from typing import Any

from appliance.jobs.table import as_json

MOST = 64 * 1024
"""Characters of JSON."""
LEFT_OUT = "left_out"
KEYS = "keys"
_SHORTEST = 200


def result_text(value: Any) -> str | None:
    """The JSON that is kept. What is too long loses the ends of its longest lists and texts, and the last of its keys where they
    are too many, and says how many in {"left_out": {"errors": 700, "keys": 12}}. Raises TypeError or ValueError for what is no
    JSON at all."""
    if value is None:
        return None
    text = as_json(value)
    if len(text) <= MOST:
        return text
    return as_json(_shortened(value if isinstance(value, dict) else {"result": value}))


def _shortened(value: dict[str, Any]) -> dict[str, Any]:
    """Each value is encoded once, and once more each time that it is halved."""
    kept, left_out = dict(value), dict[str, int]()
    sizes = {key: len(as_json({key: part})) for key, part in kept.items()}
    longest = [(-size, number, key) for number, (key, size) in enumerate(sizes.items())]
    heapq.heapify(longest)
    total = sum(sizes.values())
    while total > MOST - _SHORTEST and longest and -longest[0][0] > _SHORTEST:
        _, number, key = heapq.heappop(longest)
        part = kept[key]
        halved = isinstance(part, list | str) and len(part) > 1
        kept[key] = part[: len(part) // 2] if halved else None
        left_out[key] = left_out.get(key, 0) + (len(part) - len(part) // 2 if halved else 1)
        before, sizes[key] = sizes[key], len(as_json({key: kept[key]})) + len(as_json({key: left_out[key]}))
        total += sizes[key] - before
        if halved:
            heapq.heappush(longest, (-sizes[key], number, key))
    while kept and len(as_json({**kept, LEFT_OUT: left_out})) > MOST:  # no long values, but many, or long keys
        last = list(kept)[len(kept) // 2 :]
        for key in last:
            del kept[key]
            left_out.pop(key, None)
        left_out[KEYS] = left_out.get(KEYS, 0) + len(last)
    return {**kept, LEFT_OUT: left_out}
