"""The pages at the door: claim the server, sign in, sign out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from appliance.base.errors import NotFound, TooManyRequests
from appliance.base.text import Text, say
from appliance.features.identity import accounts
from appliance.features.identity.authenticator import PasswordAuthenticator
from appliance.features.identity.login_throttle import KNOWN_DAYS
from appliance.features.identity.sessions import Claim, Sessions
from appliance.features.identity.who import cookie_name, device_cookie_name, device_of_request
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.http.redirects import local_target
from appliance.http.route_policy import ANYBODY, RoutePolicy, declare
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

DAY = 86_400


def make_pages(records: Records, sessions: Sessions, claim: Claim, authenticator: PasswordAuthenticator) -> Blueprint:
    pages = Blueprint("identity_pages", __name__)

    @pages.get("/claim/<secret>")
    def claim_page(secret: str) -> Response:
        """The one-time link shows a button and spends nothing: mail programs and chats look at links, too."""
        if not claim.fits(secret):
            raise used_up()
        return page("pages/claim.html", action=f"/claim/{secret}")

    @pages.post("/claim/<secret>")
    def claim_server(secret: str) -> Response:
        """Makes the first administrator, signs them in, and leads to the questions of the first start."""
        with records.work(SYSTEM) as work:
            if not claim.fits(secret):
                raise used_up()
            user_id = accounts.find_user(records.database, "admin@localhost.local")
            if user_id is None:
                user_id = accounts.add_user(work, "admin@localhost.local", name="Administrator", roles=["admin"])[0]
            claim.close()
        return signed_in(sessions, user_id, "/welcome")

    def used_up() -> NotFound:
        return NotFound(
            say("This link has been used or is out of date. `ingot serve` prints a new one until the box is claimed.")
        )

    @pages.get("/sign-in")
    def sign_in_page() -> Response:
        if requests.maybe_actor():
            return redirect(local_target(request.args.get("next", "")), 303)  # type: ignore[return-value]
        return page("pages/sign_in.html", problem=None, email="", next=request.args.get("next", ""))

    @pages.post("/sign-in")
    def sign_in() -> Response:
        email, password = request.form.get("email", "")[:300], request.form.get("password", "")
        try:
            user_id = authenticator.check(email, password, request.remote_addr or "", device_of_request())
        except TooManyRequests as refusal:
            answer = refuse(email, refusal.message, 429)
            answer.headers["Retry-After"] = str(refusal.retry_after)
            return answer
        if user_id is None:
            return refuse(email, say("Address or password is wrong."), 403)
        answer = signed_in(sessions, user_id, local_target(request.form.get("next", "")))
        return known_device(answer, authenticator, user_id)

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
    """A new session for this user, and on to a page of ours. The cookie lives as long as a session can."""
    secret, _ = sessions.open(user_id, request.remote_addr or "", request.headers.get("User-Agent", ""))
    response = redirect(target, 303)
    secure, life = request.is_secure, sessions.most_days * DAY
    response.set_cookie(cookie_name(), secret, httponly=True, samesite="Lax", secure=secure, max_age=life)
    return response  # type: ignore[return-value]


def known_device(response: Response, authenticator: PasswordAuthenticator, user_id: int) -> Response:
    """From here this user can sign in again, whatever strangers do to their account meanwhile."""
    device = authenticator.remember(user_id, request.remote_addr or "", device_of_request())
    name, secure = device_cookie_name(), request.is_secure
    response.set_cookie(name, device, httponly=True, samesite="Lax", secure=secure, max_age=KNOWN_DAYS * DAY)
    return response
