"""Files that came with a form itself, as without script: kept at once, so that a form that is sent back has them still."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request
from werkzeug.datastructures import FileStorage

from appliance.engines.files.protocol import FileStore
from appliance.features.files.storing import add_file, keep
from appliance.features.forms.reading import Given
from appliance.http.kinds import Typed
from appliance.records.entity import Entity
from appliance.records.permissions import Actor
from appliance.records.records import Records


def take_uploads(records: Records, store: FileStore, actor: Actor, entity: Entity, given: Given, limit: int) -> None:
    """Add the ids of uploaded files to what was given. Raises NotAllowed, TooLarge."""
    sent: Mapping[str, list[FileStorage]] = {
        name: [one for one in request.files.getlist(name) if one.filename]
        for name in given.texts
        if entity.by_name[name].kind.holds_files
    }
    for name, files in sent.items():
        kept = [keep(store, f.stream, limit=limit, name=f.filename or "", claimed=f.mimetype) for f in files]
        if not kept:
            continue
        with records.work(actor) as work:
            ids = [str(add_file(work, one)[0]) for one in kept]
        held: Typed = given.texts[name]
        given.texts[name] = [*held, *ids] if isinstance(held, list) else ids[-1]
