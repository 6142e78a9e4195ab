"""/live: the WebSocket. Refusals are plain HTTP answers, before the handshake."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from flask_sock import Sock

from appliance.base.errors import NotAllowed
from appliance.base.text import say
from appliance.features.live.live import Live
from appliance.features.live.subscribers import Again, Subscriber
from appliance.http import requests
from appliance.http.route_policy import RECORDS, RoutePolicy, declare
from appliance.http.sockets.hub import Hub
from appliance.http.sockets.websocket import WebSocket, same_origin


def make_live(
    live: Live, hub: Hub, resolver: Callable[[], Again], greeting: Callable[[], str | None] = lambda: None
) -> Blueprint:
    """`resolver()`, called in the request, gives a function that says at any later time, in any thread, who the client
    is by then: None, or an IngotError, when it may no longer come in. `greeting()` is what whoever comes in is told first: it may
    have been published to all while this one was at the door."""
    door = Blueprint("live", __name__)

    @door.before_request
    def check() -> None:
        if not same_origin(request.environ):
            raise NotAllowed(say("This address talks to our own pages only."), code="foreign_origin")
        requests.actor()

    @Sock().route("/live", bp=door)  # type: ignore[untyped-decorator]
    def talk(ws: WebSocket) -> None:
        subscriber = Subscriber(requests.actor(), resolver())
        live.welcome(subscriber)
        subscriber.connection = hub.adopt(ws, live.on_message, live.on_close, subscriber)
        if words := greeting():
            hub.send(subscriber.connection, words)

    return declare(door, RoutePolicy(RECORDS))
