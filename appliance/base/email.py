"""The canonical form of an e-mail address: what two addresses are compared by. What somebody typed is stored as typed."""

from __future__ import annotations

import unicodedata

_ROUNDS = 4
"""Of folding: one is enough for nearly every text, and each is the identity once the form is reached."""


def canonical_email(text: str) -> str:
    """Trimmed, NFKC, case-folded, without invisible characters (Unicode's Cf), as Unicode's own folding for names has it. Two
    addresses with the same form are the same account everywhere: at sign-in, in the throttle, in the database's unique index, at
    the command line. `canonical_email(canonical_email(x)) == canonical_email(x)`."""
    for _ in range(_ROUNDS):  # NFKC after folding may give letters that fold again, and a space at an edge
        seen = "".join(c for c in text if unicodedata.category(c) != "Cf") if not text.isascii() else text
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold()).strip()
        if folded == text:
            break
        text = folded
    return text
