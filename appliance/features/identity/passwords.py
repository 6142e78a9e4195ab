"""Passwords: which ones are taken, how they are stored and checked. Hashing is slow and large on purpose (64 MB, argon2id), so
one gate in front of it holds for the whole process, whoever hashes or checks."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from appliance.base.errors import Invalid, Problem, TooManyRequests
from appliance.base.text import Text, say

SHORTEST, ADVISED, LONGEST = 10, 12, 500
AT_ONCE = 2
"""Hashes that are computed at the same time: 128 MB, and the other threads go on answering."""
WAIT_SECONDS = 2.0
RETRY_SECONDS = 3
_SHORTEST_PART = 3
"""Letters of one's own name that a password may not contain: shorter ones stand in any sentence."""

_hasher = PasswordHasher()  # argon2id with the library's current parameters


class HashGate:
    """Lets `at_once` in; the next `waiting` wait up to `seconds` for a place (all of them when it is None), and the rest are told
    to come again at once."""

    def __init__(self, at_once: int = AT_ONCE, waiting: int | None = None, seconds: float = WAIT_SECONDS):
        self._at_once, self._most_waiting, self._seconds = at_once, waiting, seconds
        self._inside = self._waiting = 0
        self._changed = threading.Condition()

    def fit(self, threads: int) -> None:
        """Of so many threads that answer requests, leave at least one that neither hashes nor waits, and half of them, if
        there are few, to those who are signed in."""
        with self._changed:
            self._at_once = max(1, min(AT_ONCE, threads // 2))
            self._most_waiting = max(0, threads - 1 - self._at_once)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Raises TooManyRequests when none is free in time."""
        with self._changed:
            if not self._enter():
                text = say(
                    "Too many people sign in at this moment. Try again in {seconds} seconds.", seconds=RETRY_SECONDS
                )
                raise TooManyRequests(text, retry_after=RETRY_SECONDS, code="busy")
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def _enter(self) -> bool:
        """Take a place, waiting for one if need be; False when there is none."""
        if self._inside >= self._at_once:
            if self._most_waiting is not None and self._waiting >= self._most_waiting:
                return False
            self._waiting += 1
            try:
                if not self._changed.wait_for(lambda: self._inside < self._at_once, self._seconds):
                    return False
            finally:
                self._waiting -= 1
        self._inside += 1
        return True


gate = HashGate()


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that does, and its hash: made before the write transaction, which must not wait for it."""

    text: str
    hash: str


def new_password(text: str) -> NewPassword:
    """Invalid as `check_password` says, as far as one can tell without knowing whose it is; TooManyRequests as `HashGate`."""
    check_password(text)
    return NewPassword(text, hash_password(text))


def hash_password(password: str) -> str:
    """What is stored. Raises TooManyRequests as `HashGate` does."""
    with gate.place():
        return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Does the password fit what is stored? Takes equally long when nothing is. Raises TooManyRequests."""
    with gate.place():
        try:
            return (
                _hasher.verify(stored or _nobody(), password[:LONGEST].encode("utf-8", "replace"))
                and stored is not None
            )
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Was it made with other parameters than today's?"""
    return _hasher.check_needs_rehash(stored)


@lru_cache
def _nobody() -> str:
    """A hash that nobody's password fits. At first use: it is slow, as it should be."""
    return _hasher.hash("nobody has this password")


def check_password(password: str, *, name: str = "", email: str = "") -> None:
    """Invalid for a password that is too short, too long, among the commonest, or made of its owner's own name or address."""
    if len(password) < SHORTEST:
        _refuse("too_short", say("must be at least {min} characters", min=SHORTEST))
    if len(password) > LONGEST:
        _refuse("too_long", say("must be at most {max} characters", max=LONGEST))
    if not password.isascii() and any("\ud800" <= c <= "\udfff" for c in password):  # a terminal's broken bytes
        _refuse("characters", say("holds characters that cannot be stored"))
    folded = fold(password)
    if len(set(folded)) == 1 or folded in common_passwords():
        _refuse(
            "common", say("is among the passwords that are tried first; take a few words that do not belong together")
        )
    if any(part in folded for part in _own_parts(name, email)):
        _refuse("own_name", say("must not contain your name or e-mail address"))


def fold(password: str) -> str:
    """The form in which passwords are compared with lists and names. Never what is stored."""
    return unicodedata.normalize("NFKC", password).casefold().strip()


def _own_parts(name: str, email: str) -> set[str]:
    """Of "Ada Lovelace", ada.l@example.org: the whole name, its words, what stands before the @, and the whole address."""
    name, email = fold(name), fold(email)
    parts = {name, name.replace(" ", ""), *name.split(), email, email.partition("@")[0]}
    return {part for part in parts if len(part) >= _SHORTEST_PART}


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """The 30,000 commonest, of which only those matter that are long enough. At first use: the lists take 70 ms to load."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(fold(p) for p in FREQUENCY_LISTS["passwords"] if len(p) >= SHORTEST)


def _refuse(code: str, message: Text) -> None:
    raise Invalid([Problem("password", message, code)])
