"""Certificates as an office might bring them: from an authority of somebody else, as PEM or PFX, good and bad."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from appliance.run.tls.pair import now


class Office:
    """An authority and one certificate for `names`, valid from `start` to `end` days from now. Files lie in `folder`."""

    def __init__(self, folder: Path, *names: str, start: int = -1, end: int = 90):
        self.folder = folder
        top = ec.generate_private_key(ec.SECP256R1())
        self.key = rsa.generate_private_key(65537, 2048)
        self.ca = _certificate("Office CA", "Office CA", top.public_key(), top, -1, 1000, authority=True)
        self.leaf = _certificate(
            "box", "Office CA", self.key.public_key(), top, start, end, names=names or ("localhost",)
        )
        self.ca_file = self.write("office-ca.pem", self.ca.public_bytes(Encoding.PEM))

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def chain(self) -> bytes:
        return self.leaf.public_bytes(Encoding.PEM) + self.ca.public_bytes(Encoding.PEM)

    def private(self, password: str = "") -> bytes:
        lock = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    def pfx(self, password: str) -> str:
        lock = BestAvailableEncryption(password.encode())
        data = pkcs12.serialize_key_and_certificates(b"box", self.key, self.leaf, [self.ca], lock)
        return self.write("box.pfx", data)


def _certificate(subject, issuer, public, signer, start, end, *, names=(), authority=False):  # type: ignore[no-untyped-def]
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() + timedelta(days=start))
        .not_valid_after(now() + timedelta(days=end))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(signer, hashes.SHA256())
