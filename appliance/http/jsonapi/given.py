"""What a small address was given: attributes of one resource, numbers in the query. Whole resources are read in incoming.py."""

from __future__ import annotations

from typing import Any

from flask import request

from appliance.base.digits import is_digits
from appliance.base.errors import BadRequest, Invalid, Problem
from appliance.base.text import say
from appliance.http import requests
from appliance.http.jsonapi.answers import check_accept
from appliance.http.jsonapi.incoming import read_data
from appliance.http.jsonapi.media import check_content_type


def attributes(*known: str) -> dict[str, Any]:
    """The attributes in the body. BadRequest when they are no object, Invalid for one that is not `known`."""
    check_content_type(request.headers.get("Content-Type", ""))
    check_accept()
    found = read_data(requests.body_object()).get("attributes", {})
    if not isinstance(found, dict):
        raise BadRequest(say("{name} must be an object.", name="attributes"), pointer="/data/attributes")
    if unknown := sorted(set(found) - set(known)):
        text = say("there is no field called {name}", name=unknown[0][:100])
        raise Invalid([Problem(unknown[0][:100], text, "unknown")])
    return found


def query_number(name: str, usual: Any) -> Any:
    """A whole number in the query string, or `usual` when it is not there. BadRequest for anything else."""
    text = request.args.get(name)
    if text is None:
        return usual
    if not is_digits(text):
        raise BadRequest(say("{name} must be a number.", name=name), parameter=name)
    return int(text)
