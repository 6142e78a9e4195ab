"""/notices: what one was told, newest first. Opening a notice marks it as read and leads to what it is about."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request

from appliance.base.digits import is_digits
from appliance.base.errors import NotFound
from appliance.base.text import Text, label, say, verbatim
from appliance.features.notices import trouble
from appliance.features.notices.table import JOB_DONE, TROUBLE, Notices, Shown
from appliance.http import requests
from appliance.http.pages.rendering import page
from appliance.jobs.jobs import Jobs
from appliance.records.permissions import Actor

SIZE = 50


def make_pages(notices: Notices, jobs: Jobs) -> Blueprint:
    pages = Blueprint("notice_pages", __name__, url_prefix="/notices")

    def person() -> tuple[Actor, int]:
        actor = requests.actor()
        if actor.user is None:
            raise NotFound(say("There is nothing at this address."))
        return actor, actor.user

    @pages.get("")
    def mine() -> Response:
        actor, _ = person()
        before = request.args.get("before", "")
        found = notices.of(actor, before=int(before) if is_digits(before) else None, limit=SIZE)
        older = found[-1].notice.id if len(found) == SIZE else None
        newest = found[0].notice.id if found else 0
        listed = [{"shown": one, "text": sentence(one, jobs).render(requests.language())} for one in found]
        unread = notices.unread(actor)
        return page("pages/notices.html", notices=listed, unread=unread, older=older, newest=newest)

    @pages.post("/<int:notice_id>")
    def open_one(notice_id: int) -> Response:
        actor, user = person()
        found = notices.shown(actor, [notices.mark(user, notice_id, True)])
        return redirect(address(found[0]) if found else "/notices", 303)  # type: ignore[return-value]

    @pages.post("/read-all")
    def read_all() -> Response:
        _, user = person()
        upto = request.form.get("upto", "")
        notices.mark_all(user, int(upto) if is_digits(upto) else None)
        return redirect("/notices", 303)  # type: ignore[return-value]

    return pages


def address(shown: Shown) -> str:
    """What a notice is about; the notices themselves for what has no page."""
    if shown.notice.kind == JOB_DONE:
        return f"/jobs/{shown.notice.record}"
    if shown.notice.kind == TROUBLE:
        return "/health"
    if shown.entity is None:
        return "/notices"
    if shown.notice.record is None:
        return f"/{shown.entity.type}?filter[owner]=me&sort=-updated_at"
    return f"/{shown.entity.type}/{shown.notice.record}"


def sentence(shown: Shown, jobs: Jobs) -> Text:
    """What happened, for the person it happened to."""
    one, title = shown.notice, shown.title
    if one.kind == JOB_DONE:
        kind, _, state = title.rpartition(" ")
        named = jobs.kinds[kind].label if kind in jobs.kinds else verbatim(kind)
        return say("Done: {job}", job=named) if state == "success" else say("Failed: {job}", job=named)
    if one.kind == TROUBLE:
        return trouble.sentence(title)
    if one.record is None and shown.entity:
        what = label(shown.entity.plural_label, requests.language())
        return say("You were given {count} records: {entity}", count=one.count, entity=what)
    return {
        "assigned": say("You were given {title}", title=title),
        "mentioned": say("You were mentioned at {title}", title=title),
        "commented": say("A comment on {title}", title=title),
    }.get(one.kind, say("News of {title}", title=title))
