"""Lines of a file that hold letters beyond plain ones, as an encoding reads them: by these a person sees whether it is right."""

from __future__ import annotations

from pathlib import Path

SHOWN, WIDE = 8, 200
MOST = 4 << 20
"""Bytes of the file that are looked through for them."""


def odd_lines(path: Path, encoding: str) -> list[dict[str, object]]:
    """[{"line", "text"}], such with letters not shown yet first come. A byte that is none of the encoding is shown as �."""
    found: list[dict[str, object]] = []
    seen: set[str] = set()
    with path.open("r", encoding=encoding, errors="replace") as file:
        for number, text in enumerate(file.read(MOST).split("\n"), 1):
            odd = {c for c in text[: WIDE * 4] if not c.isascii()}
            if odd - seen and len(found) < SHOWN:
                seen |= odd
                first = next(n for n, c in enumerate(text) if not c.isascii())
                start = max(0, first - WIDE // 2)
                found.append({"line": number, "text": text[start : start + WIDE].strip("\r\ufeff").replace("\0", "�")})
    return found
