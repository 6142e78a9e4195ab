"""Keeps the certificate that new connections get: the box's own authority's, or one the office brought along. Renewed while
running: before it runs out, when the machine's names or addresses changed, when the file was replaced."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509

from appliance.base import machine
from appliance.base.errors import StartRefused
from appliance.base.reasons import why
from appliance.base.settings import Settings
from appliance.base.text import Text, say, told
from appliance.run.exit_codes import SETTINGS_WRONG
from appliance.run.services import Health
from appliance.run.tls.authority import RENEW_DAYS, Authority, spelled
from appliance.run.tls.own import Unusable, place, read_pair
from appliance.run.tls.pair import Pair, fingerprint, issuer, now

_log = logging.getLogger(__name__)
LOOK_SECONDS = 30.0


class Keeper:
    """`context` is what a new connection takes; it is swapped as a whole. `more_names()` are names beside the machine's own
    and the settings'."""

    name = "certificate"

    def __init__(self, settings: Settings, more_names: Callable[[], list[str]] = list):
        self._settings, self._more_names = settings, more_names
        self.folder = settings.home.root / "tls"
        self.authority = None if settings.certificate else Authority(self.folder)
        self.context: ssl.SSLContext
        self.pair: Pair
        self._problem: Text | None = None
        self._stamp: list[tuple[int, int]] = []
        self._turn = threading.Lock()  # the thread's look and a person's "renew now"
        self._bell, self._ending = threading.Event(), False
        self._thread = threading.Thread(target=self._watch, name="certificate", daemon=True)

    @property
    def kind(self) -> str:
        return "local" if self.authority else "own"

    @property
    def trusted(self) -> x509.Certificate:
        """What people compare the fingerprint of: the authority's, or the office's own certificate."""
        return self.authority.certificate if self.authority else self.pair.certificate

    def open(self) -> None:
        """Read or make the certificate. Raises StartRefused (exit code 4) when that cannot be done."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._renew(fresh=False)
        except Unusable as error:
            raise StartRefused(error.message, SETTINGS_WRONG) from None
        except OSError as error:
            text = say("{folder} cannot be written: {why}", folder=self.folder, why=why(error))
            raise StartRefused(text, SETTINGS_WRONG) from None

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_seconds: float) -> None:
        self._ending = True
        self._bell.set()
        self._thread.join(deadline_seconds)

    def look_again(self) -> None:
        """The names may have changed. Any thread; returns at once."""
        self._bell.set()

    def renew(self) -> None:
        """A new certificate at once; an own one is read again. A failure is in `problem`, the old one stays in use."""
        self._guarded(fresh=True)

    @property
    def problem(self) -> Text | None:
        """What somebody should know, or do."""
        if self._problem:
            return self._problem
        end = self.pair.certificate.not_valid_after_utc
        if end < now() + timedelta(days=RENEW_DAYS if self.authority else 14):
            return say("The certificate runs out on {date}.", date=end.date().isoformat())
        return None

    def health(self) -> Health:
        problem = self.problem
        return Health("degraded", told(problem)) if problem else Health()

    def names(self) -> list[str]:
        """What the certificate should be good for."""
        wanted = [*self._more_names(), *filter(_can_be_spelled, machine.names()), *self._settings.hosts]
        if self._settings.host not in ("0.0.0.0", "::"):
            wanted.append(self._settings.host)
        return list(dict.fromkeys([*wanted, "127.0.0.1", "::1", *(a.ip for a in machine.addresses())]))

    def shown(self) -> dict[str, Any]:
        """For the control door; `trust_url` is added by whoever knows the addresses."""
        certificate = self.pair.certificate
        return {
            "https": "on", "kind": self.kind, "names": self.pair.names,
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
            "fingerprint": fingerprint(self.trusted), "issuer": issuer(certificate),
            "authority_file": str(self.authority.file) if self.authority else None,
            "problem": self.problem,
        }  # fmt: skip

    # ---- the thread

    def _watch(self) -> None:
        while not self._ending:
            self._bell.wait(LOOK_SECONDS)
            self._bell.clear()
            if not self._ending:
                self._guarded(fresh=False)

    def _guarded(self, *, fresh: bool) -> None:
        try:
            self._renew(fresh=fresh)
        except (Unusable, StartRefused) as error:
            self._tell(error.message)
        except Exception as error:  # a full disk must not end the thread; the certificate in use goes on
            _log.exception("certificate")
            self._tell(say("The certificate cannot be renewed: {why}", why=error))

    def _tell(self, problem: Text) -> None:
        if str(problem) != str(self._problem or ""):
            _log.warning("%s", problem)
        self._problem = problem

    def _renew(self, *, fresh: bool) -> None:
        with self._turn:
            if self.authority:
                pair, changed = self.authority.server_pair(self.names(), fresh=fresh)
            else:
                pair, changed = self._own(fresh=fresh)
            if changed or not hasattr(self, "context"):
                self.context = pair.context(self.folder)
                self.pair = pair
                _log.info("certificate for %s until %s", ", ".join(pair.names), pair.certificate.not_valid_after_utc)
            self._problem = None

    def _own(self, *, fresh: bool) -> tuple[Pair, bool]:
        settings = self._settings
        stamp = [_stamp(place(p)) for p in (settings.certificate, settings.certificate_key) if p]
        if stamp == self._stamp and not fresh and hasattr(self, "pair"):
            if self._problem:  # the files as they are have been found wanting: say so until they change
                raise Unusable(self._problem)
            return self.pair, False
        self._stamp = stamp
        pair = read_pair(settings.certificate, settings.certificate_key, settings.certificate_password)
        try:
            pair.context(self.folder)
        except ssl.SSLError as error:
            raise Unusable(say("The certificate cannot be used: {why}", why=error.reason or error)) from None
        return pair, True


def _can_be_spelled(name: str) -> bool:
    """A computer may be called what no certificate can say; people reach it by another name then."""
    try:
        return bool(spelled(name))
    except StartRefused:
        return False


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def check(certificate: str, key: str, password: str) -> dict[str, Any]:
    """Would this one do? {"problem", "names", "not_after"}."""
    try:
        pair = read_pair(certificate, key, password)
    except Unusable as error:
        return {"problem": error.message, "names": [], "not_after": None}
    return {
        "problem": None, "names": pair.names, "not_after": pair.certificate.not_valid_after_utc.isoformat(),
    }  # fmt: skip
