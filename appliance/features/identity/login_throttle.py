"""Wrong passwords, counted in the database: for each account and for each client IP, whatever address was typed and however it
was written. The first ones are free; after that each further one makes the next wait longer. Nobody is ever locked out: a
wait ends by itself, and whoever has the right password signs in from where they signed in before without waiting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from appliance.base import clock, ids
from appliance.base.client_ip import client_network
from appliance.base.email import canonical_email
from appliance.engines.database.protocol import Database

FREE_OF_ACCOUNT, FREE_OF_NETWORK = 10, 30
"""Wrong passwords without a wait. A network counts over all accounts: many people may sit behind it."""
FIRST_WAIT, LONGEST_WAIT = 30, 900
"""Seconds. Each further wrong password doubles the wait."""
REMEMBERED = timedelta(hours=24)
"""After the last wrong password the count is forgotten."""
MOST_FROM_KNOWN = 100
"""Wrong passwords for an account after which a known place is as strange as any other."""
KNOWN_DAYS, MOST_PLACES = 400, 100


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One try. `known`: the user signed in from this place before, and gave `wrong` passwords from it since. `wait`: seconds
    until it may be judged, 0 for now."""

    account: str
    network: str
    place: str
    user: int | None
    known: bool
    wrong: int
    wait: int

    @property
    def often(self) -> bool:
        """From a known place the right password always opens; a wrong one is told to wait all the same."""
        return self.wrong >= FREE_OF_ACCOUNT


class LoginThrottle:
    """Rows of ingot_sign_in_failure and ingot_known_place; neither holds an address, a client IP or a secret, only digests."""

    def __init__(self, database: Database):
        self._database = database
        sql = database.sql
        self._user = sql("SELECT id FROM ingot_user WHERE email_canonical = ?")
        self._of_account = sql(
            "SELECT coalesce(sum(count), 0), coalesce(max(at), 0) FROM ingot_sign_in_failure WHERE account = ? AND at > ?"
        )
        self._of_network = sql(
            "SELECT coalesce(sum(count), 0), coalesce(max(at), 0) FROM ingot_sign_in_failure WHERE network = ? AND at > ?"
        )
        self._count = sql(
            "INSERT INTO ingot_sign_in_failure (account, network, count, at) VALUES (?, ?, 1, ?) "
            "ON CONFLICT (account, network) DO UPDATE SET "
            "count = CASE WHEN ingot_sign_in_failure.at > ? THEN ingot_sign_in_failure.count + 1 ELSE 1 END, at = excluded.at"
        )
        self._uncount = sql("UPDATE ingot_sign_in_failure SET count = count - 1 WHERE account = ? AND network = ?")
        self._forgive = sql("DELETE FROM ingot_sign_in_failure WHERE account = ?")
        self._wrong = sql('SELECT wrong FROM ingot_known_place WHERE "user" = ? AND place = ?')
        self._count_known = sql('UPDATE ingot_known_place SET wrong = wrong + ? WHERE "user" = ? AND place = ?')
        self._remember = sql(
            'INSERT INTO ingot_known_place ("user", place, wrong, at) VALUES (?, ?, 0, ?) '
            'ON CONFLICT ("user", place) DO UPDATE SET wrong = 0, at = excluded.at'
        )
        self._held = sql("SELECT 1 FROM ingot_known_place WHERE place = ? LIMIT 1")
        self._oldest = sql('SELECT place FROM ingot_known_place WHERE "user" = ? ORDER BY at DESC LIMIT 1000')
        self._drop = sql('DELETE FROM ingot_known_place WHERE "user" = ? AND place = ?')

    # ------------------------------------------------------------------ one try

    def begin(self, email: str, client_ip: str, device: str = "") -> SignInAttempt:
        """Count a try before it is judged, so that many at once are not judged for the price of one. `device`: the secret of
        the browser's device cookie. When `wait` is not 0 the try is over: nothing was counted, and it must not be judged."""
        attempt = self._look(email, client_ip, device)
        if attempt.wait:  # a flood of refused ones takes no write transaction
            return attempt
        with self._database.write():
            attempt = self._look(email, client_ip, device)
            if attempt.known:
                self._database.run(self._count_known, (1, attempt.user, attempt.place))
            elif not attempt.wait:
                self._database.run(self._count, (attempt.account, attempt.network, clock.micros(), _forgotten()))
        return attempt

    def _look(self, email: str, client_ip: str, device: str) -> SignInAttempt:
        form = canonical_email(email)
        account, network = ids.digest("account " + form), ids.digest("network " + client_network(client_ip))
        rows = (
            [] if "\x00" in form else self._database.rows(self._user, (form,))
        )  # which PostgreSQL cannot be asked for
        user = rows[0][0] if rows else None
        # The cookie before the network: somebody else in the same network must not use up its trust.
        for place in (place_of(device), network) if device else (network,):
            wrong = self._wrong_from(user, place)
            if wrong is not None and wrong < MOST_FROM_KNOWN:
                return SignInAttempt(account, network, place, user, True, wrong, 0)
        attempt = SignInAttempt(account, network, "", user, False, 0, 0)
        return replace(attempt, wait=self.next_wait(attempt))

    def take_back(self, attempt: SignInAttempt) -> None:
        """The try was not judged after all, or the password was right: it does not count."""
        with self._database.write():
            if attempt.known:
                self._database.run(self._count_known, (-1, attempt.user, attempt.place))
            elif not attempt.wait:
                self._database.run(self._uncount, (attempt.account, attempt.network))

    def next_wait(self, attempt: SignInAttempt) -> int:
        """Seconds until a further try from here will be judged, 0 for at once."""
        return 0 if attempt.known else max(
            self._wait(attempt.account, self._of_account, FREE_OF_ACCOUNT),
            self._wait(attempt.network, self._of_network, FREE_OF_NETWORK),
        )  # fmt: skip

    def remember(self, user: int, client_ip: str, device: str = "") -> str:
        """The user has signed in: the network and the browser are known from now on. Returns the secret for the device cookie:
        the one that came when it was ours, else a new one, for a cookie of somebody else's making must not become trusted."""
        if not device or not self._database.rows(self._held, (place_of(device),)):
            device = ids.token()
        with self._database.write():
            for place in (ids.digest("network " + client_network(client_ip)), place_of(device)):
                self._database.run(self._remember, (user, place, clock.micros()))
            for (place,) in self._database.rows(self._oldest, (user,))[MOST_PLACES:]:
                self._database.run(self._drop, (user, place))
        return device

    # ------------------------------------------------------------------ what others ask

    def locked_anywhere(self, email: str) -> bool:
        """Must the next try for this account, from a place that is not known, wait?"""
        account = ids.digest("account " + canonical_email(email))
        return self._wait(account, self._of_account, FREE_OF_ACCOUNT) > 0

    def forgive(self, email: str) -> None:
        """Whoever waits for this account may try again at once."""
        with self._database.write():
            self._database.run(self._forgive, (ids.digest("account " + canonical_email(email)),))

    def sweep(self) -> None:
        """Delete what counts no more."""
        old = clock.micros() - KNOWN_DAYS * 86_400_000_000
        with self._database.write():
            self._database.run(self._database.sql("DELETE FROM ingot_sign_in_failure WHERE at <= ?"), (_forgotten(),))
            self._database.run(self._database.sql("DELETE FROM ingot_known_place WHERE at <= ?"), (old,))

    # ------------------------------------------------------------------ the counts

    def _wrong_from(self, user: int | None, place: str) -> int | None:
        rows = self._database.rows(self._wrong, (user, place)) if user is not None else []
        return int(rows[0][0]) if rows else None

    def _wait(self, key: str, sql: str, free: int) -> int:
        count, at = self._database.rows(sql, (key, _forgotten()))[0]
        left = (int(at) - clock.micros()) / 1_000_000 + wait_after(int(count), free)
        return max(0, int(left) + 1) if left > 0 else 0


def wait_after(count: int, free: int) -> int:
    """Seconds that a try waits after `count` wrong passwords."""
    return 0 if count < free else int(min(FIRST_WAIT * 2 ** min(count - free, 20), LONGEST_WAIT))


def place_of(device: str) -> str:
    return ids.digest("device " + device)


def _forgotten() -> int:
    """Microseconds: what happened up to then counts no more."""
    return clock.micros() - int(REMEMBERED.total_seconds() * 1_000_000)
