"""The authority's certificate in the forms that systems like to be handed it."""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass
from typing import Protocol


class Trust(Protocol):
    """What a reader may come to trust. `fingerprint` is SHA-256, as AB:CD:..., of the very certificate in `pem` and `der`."""

    @property
    def title(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def pem(self) -> bytes: ...
    @property
    def der(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class File:
    body: bytes
    mime: str


def file(trust: Trust, kind: str) -> File | None:
    """`crt` is PEM, `cer` DER, `mobileconfig` a profile for Apple's systems; None for anything else."""
    if kind == "crt":
        return File(trust.pem, "application/x-x509-ca-cert")
    if kind == "cer":
        return File(trust.der, "application/x-x509-ca-cert")
    if kind == "mobileconfig":
        return File(_profile(trust), "application/x-apple-aspen-config")
    return None


def _profile(trust: Trust) -> bytes:
    """Its ids come from the fingerprint: installed again, it replaces itself."""
    one, two = (str(uuid.uuid5(uuid.NAMESPACE_URL, f"ingot:{part}:{trust.fingerprint}")).upper() for part in "ab")
    shared = {"PayloadVersion": 1, "PayloadDisplayName": trust.title}
    root = {
        **shared, "PayloadType": "com.apple.security.root", "PayloadIdentifier": f"ingot.authority.{one}",
        "PayloadUUID": one, "PayloadContent": trust.der, "PayloadCertificateFileName": "ingot.cer",
    }  # fmt: skip
    profile = {
        **shared, "PayloadType": "Configuration", "PayloadIdentifier": f"ingot.trust.{two}", "PayloadUUID": two,
        "PayloadContent": [root],
    }  # fmt: skip
    return plistlib.dumps(profile)
