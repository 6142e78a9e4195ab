"""A certificate with its key and the chain above it: what it says, and the TLS context made of it."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from appliance.base import ids


@dataclass(frozen=True)
class Pair:
    certificate: x509.Certificate
    key: PrivateKeyTypes = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names and addresses it is good for."""
        try:
            san = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return []
        return [*san.get_values_for_type(x509.DNSName), *(str(a) for a in san.get_values_for_type(x509.IPAddress))]

    def good_at(self, moment: datetime) -> bool:
        return self.certificate.not_valid_before_utc <= moment < self.certificate.not_valid_after_utc

    def context(self, folder: Path) -> ssl.SSLContext:
        """Raises ssl.SSLError for a key that OpenSSL finds too weak. OpenSSL's Python door takes files alone, so the pair
        lies in `folder` (0700) for that moment."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.options |= ssl.OP_NO_RENEGOTIATION  # a client could keep us computing in the loop's thread
        made.set_alpn_protocols(["http/1.1"])
        passing = folder / f".{ids.short()}.pem"
        try:
            write_private(passing, key_pem(self.key) + pem(self.certificate, *self.chain))
            made.load_cert_chain(passing)
        finally:
            passing.unlink(missing_ok=True)
        return made


def belong_together(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    def der(public: Any) -> bytes:
        return bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    return der(certificate.public_key()) == der(key.public_key())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(Encoding.PEM) for c in certificates)


def key_pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as people compare it: AB:CD:..."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def titled(certificate: x509.Certificate) -> str:
    """Whom it speaks of, in words."""
    return _words(certificate.subject)


def issuer(certificate: x509.Certificate) -> str:
    """Who signed it, in words."""
    return _words(certificate.issuer)


def _words(name: x509.Name) -> str:
    wanted = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    found = (str(attribute.value) for oid in wanted for attribute in name.get_attributes_for_oid(oid))
    return next(found, name.rfc4514_string())


def write_private(file: Path, data: bytes) -> None:
    """Replace a file as a whole; nobody but the owner can read it, not even while it is written."""
    beside = file.with_name(f"{file.name}.{ids.short()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def now() -> datetime:
    return datetime.now(UTC)
