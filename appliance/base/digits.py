"""Whole numbers as programs write them. The only place that asks whether a text is one: `"²".isdigit()` is true and `int("²")`
raises, `int("٣")` is 3, and 26 digits fit no column."""

from __future__ import annotations

from typing import TypeGuard

MOST = 18
"""Digits that fit the databases' integers, whatever they are."""


def is_digits(text: object, most: int = MOST) -> TypeGuard[str]:
    """Is this a text of 1 to `most` ASCII digits, so that int() of it is harmless? No sign, no blank, no other script."""
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= most


def is_id(text: object) -> TypeGuard[str]:
    """Is this a record's id as its address has it? From 1, without leading zeros: a record has one address."""
    return is_digits(text) and text[0] != "0"
