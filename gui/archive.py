"""What goes into the archive for whoever helps: everything in it has passed the redaction. Plain data, no Qt."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from gui import places
from gui.redaction import DOTS, redact_lines, redact_value

MOST_LOG = 4_000_000  # bytes of log files in all, the newest first
_MOST_START = 64_000
_ROTATED = 20  # files that are looked for; the server keeps five
_ADDRESS = re.compile(r"://[^\s:/@]*:(.+)@")
_IS_SECRET = re.compile(r"password|secret|token|key", re.IGNORECASE)


def contents(
    diagnostics: dict[str, Any],
    settings: list[dict[str, Any]],
    lines: list[dict[str, Any]],
    home: Path | None = None,
) -> dict[str, str]:
    """{name of the file in the archive: its text}. The log files and the start log are read from `home`; where the log cannot
    be read, `lines`, which the server gave, stand for it. Takes seconds for megabytes of log."""
    known = _known(settings)
    # As one text of lines: a key that was logged over several lines is found only so.
    errors = [json.dumps(one, ensure_ascii=False) for one in diagnostics.get("errors", [])]
    about = diagnostics | {"settings": "settings.json", "errors": "errors.jsonl"}
    values = [_setting(redact_value(one, known)) for one in settings]
    files = {
        "diagnostics.json": json.dumps(redact_value(about, known), indent=1, ensure_ascii=False),
        "settings.json": json.dumps(values, indent=1, ensure_ascii=False),
        "errors.jsonl": redact_lines(errors, known),
    }
    logs = log_files(home) if home else {}
    if "ingot.log" not in logs:
        files["log.jsonl"] = redact_lines([json.dumps(line, ensure_ascii=False) for line in lines], known)
    files |= {f"logs/{name}": redact_lines(words.splitlines(), known) for name, words in logs.items()}
    if home and (said := _end_of(places.start_log(home), _MOST_START)):
        files["start.txt"] = redact_lines(said.splitlines(), known)
    return files


def log_files(home: Path) -> dict[str, str]:
    """{name: text} of the log and the rotated ones, the newest first, up to MOST_LOG bytes in all; what cannot be read is left
    out. The text is as it was written: not redacted."""
    found, room = dict[str, str](), MOST_LOG
    for name in ("ingot.log", *(f"ingot.log.{number}" for number in range(1, _ROTATED))):
        if room > 0 and (words := _end_of(home / "logs" / name, room)):
            found[name] = words
            room -= len(words.encode())
    return found


def write(place: Path, files: dict[str, str]) -> None:
    """Raises OSError when it cannot."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in files.items():
            archive.writestr(name, words)


def _end_of(file: Path, most: int) -> str:
    """Whole lines only: half a line may begin in the middle of a secret. Empty when it cannot be read."""
    try:
        with file.open("rb") as opened:
            start = max(0, file.stat().st_size - most)
            opened.seek(start)
            data = opened.read(most)
    except OSError:
        return ""
    if start:
        data = data.partition(b"\n")[2]
    return data.decode("utf-8", "replace")


def _setting(one: dict[str, Any]) -> dict[str, Any]:
    return {key: one.get(key) for key in ("name", "value", "written", "origin")}


def _known(settings: list[dict[str, Any]]) -> set[str]:
    """Secrets that stand in the settings in plain letters: the password of an address, a password. Not `sqlite` or `memory`."""
    found = set[str]()
    for one in settings:
        for value in (one.get("value"), one.get("written")):
            if not isinstance(value, str) or DOTS in value:
                continue
            found |= set(_ADDRESS.findall(value))
            if one.get("secret") and _IS_SECRET.search(str(one.get("name"))):
                found.add(value)
    return found
