"""What a job leaves as its result: JSON of bounded size. Work that was done is never reported as failed because there is much to
tell of it; detail is dropped instead, and counted."""

from __future__ import annotations

from typing import Any

from appliance.jobs.table import as_json

MOST = 64 * 1024
"""Characters of JSON."""
LEFT_OUT = "left_out"
_SHORTEST = 200


def result_text(value: Any) -> str | None:
    """The JSON that is kept. What is too long loses the ends of its longest lists and texts, and says how many in
    {"left_out": {"errors": 700}}. Raises TypeError or ValueError for what is no JSON at all."""
    if value is None:
        return None
    text = as_json(value)
    if len(text) <= MOST:
        return text
    kept: Any = dict(value) if isinstance(value, dict) else {"result": value}
    left_out: dict[str, int] = {}
    while len(text) > MOST:
        longest = max(kept, key=lambda key: len(as_json(kept[key])))
        kept[longest] = _shortened(kept[longest], longest, left_out)
        text = as_json({**kept, LEFT_OUT: left_out})
    return text


def _shortened(value: Any, key: str, left_out: dict[str, int]) -> Any:
    """About half of it; nothing of what cannot be halved."""
    if isinstance(value, list | str) and len(value) > 1 and (isinstance(value, list) or len(value) > _SHORTEST):
        half = len(value) // 2
        left_out[key] = left_out.get(key, 0) + len(value) - half
        return value[:half]
    left_out[key] = left_out.get(key, 0) + 1
    return None
