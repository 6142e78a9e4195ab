"""The pages at the door: claim the box, sign in, sign out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from appliance.base.errors import NotFound
from appliance.base.text import Text, say
from appliance.engines.cache.protocol import Cache
from appliance.features.identity import accounts
from appliance.features.identity.sessions import Claim, Sessions
from appliance.features.identity.tries import Tries
from appliance.features.identity.who import cookie_name
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records


def make_pages(records: Records, sessions: Sessions, claim: Claim, cache: Cache) -> Blueprint:
    pages, tries = Blueprint("identity_pages", __name__), Tries(cache)

    @pages.get("/claim/<secret>")
    def claim_box(secret: str) -> Response:
        """The one-time link: makes the first administrator, signs them in, and leads to the questions of the first start."""
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
        return signed_in(sessions, user_id, "/welcome")

    @pages.get("/sign-in")
    def sign_in_page() -> Response:
        if requests.maybe_actor():
            return redirect(inside(request.args.get("next", "")), 303)  # type: ignore[return-value]
        return page("pages/sign_in.html", problem=None, email="", next=request.args.get("next", ""))

    @pages.post("/sign-in")
    def sign_in() -> Response:
        email, password = request.form.get("email", "")[:300], request.form.get("password", "")
        address = request.remote_addr or ""
        if tries.locked(email, address):
            text = say("Too many attempts. Wait a quarter of an hour, or ask an administrator for a new password.")
            return refuse(email, text, 429)
        user_id = accounts.check_sign_in(records.database, email, password)
        if user_id is None:
            tries.wrong(email, address)
            return refuse(email, say("Address or password is wrong."), 403)
        return signed_in(sessions, user_id, inside(request.form.get("next", "")))

    def refuse(email: str, why: Text, status: int) -> Response:
        problem = why.render(requests.language())
        return page("pages/sign_in.html", status, problem=problem, email=email, next=request.form.get("next", ""))

    @pages.post("/sign-out")
    def sign_out() -> Response:
        requests.actor()
        sessions.close(request.cookies.get(cookie_name(), ""))
        response = redirect("/sign-in", 303)
        response.delete_cookie(cookie_name(), secure=request.is_secure, httponly=True, samesite="Lax")
        return response  # type: ignore[return-value]

    return declare(pages, RoutePolicy(ANYBODY))


def signed_in(sessions: Sessions, user_id: int, target: str) -> Response:
    """A new session for this user, and on to a page."""
    secret, _ = sessions.open(user_id, request.remote_addr or "", request.headers.get("User-Agent", ""))
    response = redirect(target, 303)
    secure, year = request.is_secure, 400 * 86_400
    response.set_cookie(cookie_name(), secret, httponly=True, samesite="Lax", secure=secure, max_age=year)
    return response  # type: ignore[return-value]


def inside(address: str) -> str:
    """An address on this box to go on to; home for everything else, so that nobody is sent away by a forged link."""
    return address if address.startswith("/") and address[1:2] not in ("/", "\\") else "/"
