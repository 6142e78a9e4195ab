"""The face of JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from markupsafe import Markup

from appliance.base.text import say
from appliance.http.kinds.face import EMPTY, Face, Show, Typed, Viewer
from appliance.http.kinds.text import LONGEST
from appliance.http.pages.person import Person
from appliance.records.entity import Field
from appliance.records.kinds import Wrong


class JsonFace(Face):
    operators = ("contains", *EMPTY)
    shape = "area"
    tall = True
    edited_in_cells = False

    def show(self, field: Field, viewer: Viewer) -> Show:
        if viewer.short:
            return lambda v: Markup("<code>{}</code>").format(orjson.dumps(v).decode()[:LONGEST])
        return lambda v: Markup("<pre>{}</pre>").format(orjson.dumps(v, option=orjson.OPT_INDENT_2).decode())

    def typed(self, field: Field, value: Any, me: Person) -> Typed:
        return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

    def read(self, field: Field, text: str, me: Person) -> Any:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise Wrong(say("must be JSON; it breaks off in line {line}", line=error.lineno), "type") from None

    def written(self, field: Field, language: str) -> Callable[[Any], Any]:
        return lambda value: orjson.dumps(value).decode()
