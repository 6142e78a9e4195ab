"""The box's own certificate authority, made at its first use, and the server certificates it signs.

Whoever trusts the authority once trusts every certificate of this box, also after its addresses changed. Its key lies in the
home, readable by its owner alone like everything there; it may sign servers only, no further authorities."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from appliance.base import ids
from appliance.base.errors import StartRefused
from appliance.base.text import say
from appliance.run.exit_codes import SETTINGS_WRONG
from appliance.run.tls.pair import Pair, belong_together, key_pem, now, pem, write_private

AUTHORITY_DAYS = 3652
SERVER_DAYS = 397
"""Apple's systems refuse server certificates that are valid for more than 398 days, 825 under an authority one added oneself."""
RENEW_DAYS = 30
_NAME = re.compile(r"(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


class Authority:
    """Lives in `folder`: authority.pem, authority.key, server.pem, server.key."""

    def __init__(self, folder: Path):
        self.folder, self.file = folder, folder / "authority.pem"
        self._key_file, self._server, self._server_key = (
            folder / name for name in ("authority.key", "server.pem", "server.key")
        )
        self._pair: Pair | None = None

    @property
    def certificate(self) -> x509.Certificate:
        return self._open().certificate

    def server_pair(self, names: Sequence[str], *, fresh: bool = False) -> tuple[Pair, bool]:
        """A certificate good for all `names` for at least 30 days, and whether it is a new one. Raises StartRefused when
        the authority's files cannot be read."""
        kept = None if fresh else self._kept()
        if kept and covers(kept, names):
            return kept, False
        pair = self._issue(names)
        write_private(self._server_key, key_pem(pair.key))
        write_private(self._server, pem(pair.certificate, *pair.chain))
        return pair, True

    def _open(self) -> Pair:
        if self._pair is None or not self._pair.good_at(now() + timedelta(days=RENEW_DAYS)):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._pair = self._read() or self._make()
        return self._pair

    def _read(self) -> Pair | None:
        """None when there is none yet, or after its ten years: people must trust a new one then."""
        if not self.file.exists():
            return None
        try:
            pair = _load(self.file, self._key_file)
            assert belong_together(pair.certificate, pair.key), "certificate and key do not belong together"
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm, AssertionError) as error:
            text = say(
                "The box's certificate authority in {folder} cannot be read: {why}. Take it from a backup; or remove the "
                "folder, then a new one is made, which everybody has to trust again.",
                folder=self.folder,
                why=error,
            )
            raise StartRefused(text, SETTINGS_WRONG) from None
        return pair if pair.certificate.not_valid_after_utc > now() + timedelta(days=RENEW_DAYS) else None

    def _make(self) -> Pair:
        # Two boxes must not look the same in a list of authorities: the host's name, and a few letters by chance.
        name = f"Ingot {socket.gethostname().split('.')[0][:30]} {ids.short()[:6]}"
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Ingot"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        key, start = ec.generate_private_key(ec.SECP256R1()), now() - timedelta(days=1)
        builder = _builder(subject, subject, key.public_key(), start, start + timedelta(days=AUTHORITY_DAYS))
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        # The key first: a crash in between leaves a key that nobody has heard of, and a new one is made.
        write_private(self._key_file, key_pem(key))
        write_private(self.file, pem(certificate))
        return Pair(certificate, key)

    def _kept(self) -> Pair | None:
        """The server certificate of last time; None when there is none of use."""
        authority = self._open()
        try:
            pair = _load(self._server, self._server_key)
            pair.certificate.verify_directly_issued_by(authority.certificate)
        except Exception:  # missing, damaged, or another authority's: a new one costs a millisecond
            return None
        in_time = pair.good_at(now()) and pair.good_at(now() + timedelta(days=RENEW_DAYS))
        return pair if in_time and belong_together(pair.certificate, pair.key) else None

    def _issue(self, names: Sequence[str]) -> Pair:
        authority = self._open()
        signer: CertificateIssuerPrivateKeyTypes = authority.key  # type: ignore[assignment]
        key, start = ec.generate_private_key(ec.SECP256R1()), now() - timedelta(days=1)  # clocks on a LAN differ
        end = min(start + timedelta(days=SERVER_DAYS), authority.certificate.not_valid_after_utc)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ingot")])
        issuer = authority.certificate.subject
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.certificate.public_key())  # type: ignore[arg-type]
        certificate = (
            _builder(subject, issuer, key.public_key(), start, end)
            .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(above, critical=False)
            .sign(signer, hashes.SHA256())
        )
        return Pair(certificate, key, (authority.certificate,))


def covers(pair: Pair, names: Sequence[str]) -> bool:
    """Too many names do no harm: a laptop that comes back to the office keeps the certificate it had there."""
    return set(map(spelled, names)) <= set(pair.names)


def spelled(name: str) -> str:
    """A name or address as certificates hold it: in ASCII, addresses in their short form. Raises StartRefused for what is
    neither; it can only come from the settings."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        plain = name.lower() if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        plain = ""
    if not _NAME.fullmatch(plain):
        text = say("The setting hosts holds {value}, which is no name like ingot.example.org.", value=name)
        raise StartRefused(text, SETTINGS_WRONG)
    return plain


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(spelled(name))


def _load(certificates: Path, key: Path) -> Pair:
    first, *rest = x509.load_pem_x509_certificates(certificates.read_bytes())
    return Pair(first, load_pem_private_key(key.read_bytes(), None), tuple(rest))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: CertificatePublicKeyTypes, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
