"""/account: one's own profile, password, sessions and tokens. Every part is a plain form that comes back to the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

import orjson
from flask import Blueprint, Response, redirect, request

from appliance.base.errors import Conflict, Invalid, NotFound, NotSignedIn, Problem
from appliance.base.text import LANGUAGES, Text, say
from appliance.features.identity import accounts, tokens
from appliance.features.identity.authenticator import PasswordAuthenticator
from appliance.features.identity.confirmation import Confirmation
from appliance.features.identity.door import known_device, signed_in
from appliance.features.identity.passwords import ADVISED, SHORTEST, new_password
from appliance.features.identity.sessions import Session, Sessions
from appliance.features.identity.who import session_of_request
from appliance.http import requests
from appliance.http.jsonapi.media import MEDIA
from appliance.http.pages.rendering import page
from appliance.http.redirects import local_target
from appliance.records.permissions import SYSTEM, Actor
from appliance.records.records import Records
from appliance.records.scopes import EVERY_RECORD

THEMES = ("", "light", "dark")
PROFILE = ("name", "email", "language", "timezone", "theme", "shortcuts")


@dataclass(frozen=True, slots=True)
class Own:
    """The person whose account this is, and the session they are in."""

    actor: Actor
    user: int
    session: Session


def make_pages(records: Records, sessions: Sessions, authenticator: PasswordAuthenticator) -> Blueprint:
    pages = Blueprint("account", __name__, url_prefix="/account")
    confirmation = Confirmation(records, sessions, authenticator)
    sql = records.database.sql

    def own() -> Own:
        """Only a person at a browser has an account page; NotSignedIn for everybody else."""
        actor, session = requests.actor(), session_of_request()
        if actor.user is None or session is None:
            raise NotSignedIn()
        return Own(actor, actor.user, session)

    @pages.get("")
    def account() -> Response:
        return shown(own())

    @pages.post("")
    def change_profile() -> Response:
        me = own()
        values = {n: request.form.get(n, "").strip() or None for n in PROFILE if n in request.form}
        try:
            if "email" in values and values["email"] != held(me)[0]:  # it is what one signs in with
                confirmation.check(me.session, request.form.get("current", ""))
            with records.work(SYSTEM) as work:
                if values.get("timezone") and values["timezone"] not in available_timezones():
                    raise Invalid([Problem("timezone", say("must be a name like Europe/Berlin"))])
                work.update("user", me.user, values)
        except Invalid as error:
            return shown(me, 422, problems=_sentences(error), typed=values)
        except Conflict as error:
            return shown(me, 409, problems=[error.message.render(requests.language())], typed=values)
        return redirect("/account?done=profile", 303)  # type: ignore[return-value]

    @pages.post("/password")
    def change_password() -> Response:
        me = own()
        old, new = request.form.get("old", ""), request.form.get("password", "")
        try:
            if held(me)[1]:
                confirmation.check(me.session, old, "old")
            fresh = new_password(new)
            with records.work(SYSTEM) as work:
                accounts.set_password(work, me.user, fresh, revoke_tokens=bool(request.form.get("revoke_tokens")))
        except Invalid as error:
            return shown(me, 422, problems=_sentences(error))
        # a new password ended every session, this one too
        return known_device(signed_in(sessions, me.user, "/account?done=password"), authenticator, me.user)

    @pages.get("/confirm")
    def confirm_page() -> Response:
        own()
        return page("pages/confirm.html", problem="", back=request.args.get("back", ""))

    @pages.post("/confirm")
    def confirm() -> Response:
        """A form comes back to `back`; a script sends {"password": ...} as JSON and gets 204."""
        me, plain = own(), request.mimetype not in (MEDIA, "application/json")
        password = request.form.get("password") if plain else requests.body_object().get("password")
        try:
            confirmation.check(me.session, password if isinstance(password, str) else "", "password")
        except Invalid as error:
            if not plain:
                raise
            back, why = request.form.get("back", ""), _sentences(error, {"password": say("Password")})
            return page("pages/confirm.html", 422, problem=" ".join(why), back=back)
        return redirect(local_target(request.form.get("back", "")), 303) if plain else Response(status=204)  # type: ignore[return-value]

    @pages.post("/theme")
    def change_theme() -> Response:
        """From the switch at the top: a form without script, JSON with it."""
        me, plain = own(), request.mimetype != MEDIA
        theme = request.form.get("theme") if plain else requests.body_object().get("theme")
        with records.work(SYSTEM) as work:
            work.update("user", me.user, {"theme": theme if theme in THEMES and theme else None})
        return redirect(local_target(request.form.get("back", "")), 303) if plain else Response(status=204)  # type: ignore[return-value]

    @pages.post("/sessions/end")
    def end_sessions() -> Response:
        me = own()
        sessions.close_others(me.user, me.session.digest)
        return redirect("/account?done=sessions", 303)  # type: ignore[return-value]

    @pages.post("/tokens")
    def create_token() -> Response:
        me = own()
        scopes = ["*:read"] if request.form.get("scope") == "read" else []
        try:
            if not me.session.confirmed:
                confirmation.check(me.session, request.form.get("current", ""))
            with records.work(SYSTEM) as work:
                name, expires = request.form.get("name", ""), request.form.get("expires") or None
                _, secret = tokens.create_token(work, me.user, name, scopes, expires)
        except Invalid as error:
            return shown(me, 422, problems=_sentences(error))
        return shown(me, 201, secret=secret)

    @pages.post("/tokens/<int:token_id>/revoke")
    def revoke_token(token_id: int) -> Response:
        me = own()
        with records.work(SYSTEM) as work:
            rows = records.database.rows(sql('SELECT "user" FROM ingot_token WHERE id = ?'), (token_id,))
            if not rows or rows[0][0] != me.user:
                raise NotFound(say("There is no token with id {id}.", id=token_id))
            tokens.revoke_token(work, token_id)
        return redirect("/account?done=token", 303)  # type: ignore[return-value]

    def held(me: Own) -> tuple[str, str | None]:
        """The stored address, and the hash of the password."""
        row = records.database.rows(sql("SELECT email, password FROM ingot_user WHERE id = ?"), (me.user,))[0]
        return row[0], row[1]

    def shown(
        me: Own,
        status: int = 200,
        *,
        problems: list[str] | None = None,
        typed: dict[str, Any] | None = None,
        secret: str = "",
    ) -> Response:
        columns = ", ".join(PROFILE)
        row = records.database.rows(sql(f"SELECT {columns}, password FROM ingot_user WHERE id = ?"), (me.user,))[0]
        listed = records.database.rows(
            sql(
                "SELECT id, name, hint, scopes, created_at, expires_at FROM ingot_token "
                'WHERE "user" = ? AND revoked_at IS NULL ORDER BY id DESC'
            ),
            (me.user,),
        )
        return page(
            "pages/account.html",
            status,
            profile={**dict(zip(PROFILE, row, strict=False)), **(typed or {})},
            has_password=row[-1] is not None,
            sessions=sessions.of(me.user),
            here=me.session.digest,
            confirmed=me.session.confirmed,
            shortest=SHORTEST,
            advised=ADVISED,
            tokens=[_token_values(token) for token in listed],
            secret=secret,
            problems=problems or [],
            done=request.args.get("done", ""),
            themes=THEMES,
            zones=zones(),
            languages=LANGUAGES,
        )

    return pages


def _token_values(token: tuple[Any, ...]) -> dict[str, Any]:
    """What the page says of a token: all but its secret, which nobody has."""
    found = dict(zip(("id", "name", "hint", "scopes", "created_at", "expires_at"), token, strict=True))
    found["scopes"] = orjson.loads(found["scopes"])
    return {**found, "records_alone": any(scope.startswith(EVERY_RECORD) for scope in found["scopes"])}


def zones() -> list[str]:
    """The names people know: Europe/Berlin, not Etc/GMT-1."""
    return [
        "UTC",
        *sorted(
            z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/", "posix/", "right/"))
        ),
    ]


def _sentences(error: Invalid, labels: Mapping[str, Text] | None = None) -> list[str]:
    language, known = requests.language(), {**LABELS, **(labels or {})}
    return [f"{known.get(p.field, say('Value')).render(language)} {p.message.render(language)}" for p in error.problems]


LABELS = {
    "name": say("Name"),
    "email": say("E-mail"),
    "language": say("Language"),
    "timezone": say("Time zone"),
    "theme": say("Colours"),
    "shortcuts": say("Single-key shortcuts"),
    "password": say("New password"),
    "old": say("Present password"),
    "current": say("Your password"),
    "expires": say("Valid until"),
    "scopes": say("Rights"),
}
