"""What goes into the archive for whoever helps: no secret among it. Plain data, no Qt."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

DOTS = "••••"
_IN_URL = re.compile(r"(\w+://[^\s:/@]*:)\S+@")  # a password in an address
_BEARER = re.compile(r"(Bearer |token=|password=|/claim/)[^\s\"&]+", re.IGNORECASE)


def contents(
    diagnostics: dict[str, Any], settings: list[dict[str, Any]], lines: list[dict[str, Any]]
) -> dict[str, str]:
    """{name of the file in the archive: its text}"""
    values = [
        {key: DOTS if one["secret"] and key in ("value", "written") and one[key] is not None else one[key]
         for key in ("name", "value", "written", "origin")}
        for one in settings
    ]  # fmt: skip
    found = {
        "diagnostics.json": json.dumps(diagnostics | {"settings": "settings.json"}, indent=1, ensure_ascii=False),
        "settings.json": json.dumps(values, indent=1, ensure_ascii=False),
        "log.jsonl": "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n",
    }
    return {name: without_secrets(words) for name, words in found.items()}


def without_secrets(words: str) -> str:
    return _BEARER.sub(rf"\1{DOTS}", _IN_URL.sub(rf"\1{DOTS}@", words))


def write(place: Path, files: dict[str, str]) -> None:
    """Raises OSError when it cannot."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in files.items():
            archive.writestr(name, words)
