"""A certificate that the office brought along: PEM with its chain, or PFX. Whatever can be wrong with it has a sentence."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_pkcs12

from appliance.base.errors import IngotError
from appliance.base.reasons import why
from appliance.base.text import say
from appliance.run.tls.pair import Pair, belong_together, now

_LARGEST = 1 << 20


class Unusable(IngotError):
    """This certificate cannot be used; the message says why and what to do."""

    code = "certificate"


def read_pair(certificate: str, key: str = "", password: str = "") -> Pair:
    """Certificate and key out of files. `key` is needed where the certificate's file holds none. Raises Unusable."""
    if not certificate:
        raise Unusable(say("No file is named."))
    file = place(certificate)
    data = _bytes(file)
    if b"-----BEGIN" in data:
        found = _certificates(file, data)
        private = _key(place(key) if key else file, password)
    else:
        found, private = _from_pfx(file, data, password)
    if key and b"-----BEGIN" not in data:
        raise Unusable(say("{file} holds its own key: leave certificate_key empty.", file=file))
    leaf = next((c for c in found if belong_together(c, private)), None)
    if leaf is None:
        raise Unusable(say("The key {key} does not belong to the certificate {file}.", key=key or file, file=file))
    pair = Pair(leaf, private, tuple(c for c in found if c is not leaf))
    _in_time(pair, file)
    if not pair.names:
        raise Unusable(say("The certificate {file} names no host: browsers would refuse it.", file=file))
    return pair


def place(words: str) -> Path:
    """`~` is the home of whoever Ingot runs as; that of somebody nobody knows stays as it is, and is not found."""
    try:
        return Path(words).expanduser()
    except RuntimeError:
        return Path(words)


def _in_time(pair: Pair, file: Path) -> None:
    start, end = pair.certificate.not_valid_before_utc, pair.certificate.not_valid_after_utc
    if now() >= end:
        raise Unusable(say("The certificate {file} ran out on {date}.", file=file, date=end.date().isoformat()))
    if now() < start:
        raise Unusable(
            say(
                "The certificate {file} is not valid before {date}. Is this machine's clock right?",
                file=file,
                date=start.date().isoformat(),
            )
        )


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_LARGEST)
    except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
        raise Unusable(say("{file} cannot be read: {why}", file=file, why=why(error))) from None


def _certificates(file: Path, data: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise Unusable(say("{file} holds no certificate. A PEM or a PFX file is needed.", file=file)) from None


def _key(file: Path, password: str) -> PrivateKeyTypes:
    data = _bytes(file)
    if b"PRIVATE KEY-----" not in data:
        raise Unusable(say("{file} holds no private key. Name its file in the setting certificate_key.", file=file))
    try:
        return _unlocked(data, password)
    except (ValueError, UnsupportedAlgorithm) as error:
        if password and b"ENCRYPTED" in data:
            raise Unusable(say("The password does not open {file}.", file=file)) from None
        raise Unusable(say("The key in {file} cannot be read: {why}", file=file, why=error)) from None
    except TypeError:  # encrypted, and no password given
        raise Unusable(say("{file} is locked: the setting certificate_password is needed.", file=file)) from None


def _unlocked(data: bytes, password: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(data, password.encode() or None)
    except TypeError:
        if not password:
            raise
        return load_pem_private_key(data, None)  # a password that is not needed does no harm


def _from_pfx(file: Path, data: bytes, password: str) -> tuple[list[x509.Certificate], PrivateKeyTypes]:
    try:
        found = load_pkcs12(data, password.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if data[:1] != b"\x30":  # every PFX is a DER sequence
            raise Unusable(say("{file} holds no certificate. A PEM or a PFX file is needed.", file=file)) from None
        if not password:
            raise Unusable(say("{file} is locked: the setting certificate_password is needed.", file=file)) from None
        raise Unusable(say("The password does not open {file}.", file=file)) from None
    if found.key is None or found.cert is None:
        raise Unusable(say("{file} holds no private key. Name its file in the setting certificate_key.", file=file))
    return [found.cert.certificate, *(c.certificate for c in found.additional_certs)], found.key
