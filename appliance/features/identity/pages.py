"""The pages at the door: claim the box, sign in, sign out, the account."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request

from appliance.base.errors import Invalid, NotFound, NotSignedIn
from appliance.base.text import say
from appliance.engines.cache.protocol import Cache
from appliance.features.identity import accounts
from appliance.features.identity.sessions import COOKIE, Claim, Sessions
from appliance.http import requests
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

MOST_TRIES = 10
QUARTER_HOUR = 900.0


def make_pages(records: Records, sessions: Sessions, claim: Claim, cache: Cache) -> Blueprint:
    pages = Blueprint("identity_pages", __name__)

    def signed_in(user_id: int, target: str) -> Response:
        secret, _ = sessions.open(user_id, request.remote_addr or "", request.headers.get("User-Agent", ""))
        response = redirect(target, 303)
        response.set_cookie(
            COOKIE, secret, httponly=True, samesite="Lax", secure=request.is_secure, max_age=400 * 86_400
        )
        return response  # type: ignore[return-value]

    @pages.get("/claim/<secret>")
    def claim_box(secret: str) -> Response:
        """The one-time link: makes the first administrator, signs them in, and asks for a password."""
        with records.work(SYSTEM) as work:
            if not claim.fits(secret):
                raise NotFound(
                    say(
                        "This link has been used or is out of date. `ingot serve` prints a new one until the box is claimed."
                    )
                )
            user_id = accounts.find_user(records.database, "admin@localhost.local")
            if user_id is None:
                user_id = accounts.add_user(work, "admin@localhost.local", name="Administrator", roles=["admin"])[0]
            claim.close()
        return signed_in(user_id, "/account")

    @pages.get("/sign-in")
    def sign_in_page() -> str:
        return render_template("pages/sign_in.html", problem=None)

    @pages.post("/sign-in")
    def sign_in() -> Response | tuple[str, int]:
        email, password = request.form.get("email", "")[:300], request.form.get("password", "")
        tries = f"sign-in {request.remote_addr} {email.lower()}"
        if (cache.get(tries) or 0) >= MOST_TRIES:
            text = say("Too many attempts. Wait a quarter of an hour, or ask an administrator for a new password.")
            return render_template("pages/sign_in.html", problem=text.render(requests.language())), 429
        user_id = accounts.check_sign_in(records.database, email, password)
        if user_id is None:
            cache.incr(tries, ttl=QUARTER_HOUR)
            return render_template(
                "pages/sign_in.html", problem=say("Address or password is wrong.").render(requests.language())
            ), 403
        return signed_in(user_id, "/")

    @pages.post("/sign-out")
    def sign_out() -> Response:
        requests.actor()
        sessions.close(request.cookies.get(COOKIE, ""))
        response = redirect("/sign-in", 303)
        response.delete_cookie(COOKIE)
        return response  # type: ignore[return-value]

    @pages.get("/account")
    def account() -> str:
        return account_page()

    @pages.post("/account")
    def change_account() -> str:
        actor = requests.actor()
        if actor.user is None or "session" not in g:
            raise NotSignedIn()
        problems: list[str] = []
        try:
            with records.work(SYSTEM) as work:
                values = {n: request.form[n] for n in ("email", "name") if request.form.get(n)}
                if values:
                    work.update("user", actor.user, values)
                if request.form.get("password"):
                    accounts.set_password(work, actor.user, request.form["password"])
        except Invalid as error:
            problems = [f"{p.field}: {p.message.render(requests.language())}" for p in error.problems]
        if request.form.get("password") and not problems:  # a new password ends all sessions: open this one again
            return signed_in(actor.user, "/account")  # type: ignore[return-value]
        return account_page(problems)

    def account_page(problems: list[str] | None = None) -> str:
        actor = requests.actor()
        if actor.user is None or "session" not in g:
            raise NotSignedIn()
        user = records.database.rows(
            records.database.sql("SELECT email, name, password FROM ingot_user WHERE id = ?"), (actor.user,)
        )[0]
        return render_template(
            "pages/account.html",
            email=user[0],
            name=user[1],
            has_password=user[2] is not None,
            csrf=g.session.csrf,
            problems=problems or [],
        )

    @pages.get("/")
    def home() -> str:
        actor = requests.actor()
        entities = [e for e in records.registry.entities.values() if not e.builtin and actor.reach("read", e.name)]
        return render_template(
            "pages/home.html", entities=entities, name=actor.name, csrf=g.session.csrf if "session" in g else ""
        )

    return pages
