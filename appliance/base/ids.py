"""Ids and secrets that cannot be guessed."""

from __future__ import annotations

import hashlib
import os
import secrets


def token(bytes_: int = 32) -> str:
    """A URL-safe secret with `8 * bytes_` bits."""
    return secrets.token_urlsafe(bytes_)


def digest(secret: str) -> str:
    """What is stored instead of a random secret. Plain SHA-256 is enough: there is nothing to guess in 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def short() -> str:
    """Eight bytes in hex: marks a transaction, a request, a process."""
    return os.urandom(8).hex()
