"""The document made ready for its page: a section for each tag, each operation with its inputs and a line for
the shell."""

from __future__ import annotations

import json
from typing import Any

from appliance.features.openapi.document import METHODS
from appliance.http.jsonapi.media import MEDIA

Section = dict[str, Any]
LONGEST = 900


def sections(document: dict[str, Any], base: str) -> list[Section]:
    """Tags in order; operations in the order of their paths. `base` is this server's address, for the examples."""
    found: dict[str, Section] = {t["name"]: {**t, "operations": []} for t in document["tags"]}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if operation := methods.get(method):
                parameters = [*methods.get("parameters", []), *operation.get("parameters", [])]
                found[operation["tags"][0]]["operations"].append(
                    _operation(document, base, path, method, operation, parameters)
                )
    return list(found.values())


def _operation(
    document: dict[str, Any], base: str, path: str, method: str, operation: Any, parameters: list[Any]
) -> dict[str, Any]:
    request = operation.get("requestBody")
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "parameters": [_parameter(resolved(document, p)) for p in parameters],
        "attributes": _attributes(document, request),
        "media": list(request["content"]) if request else [],
        "responses": [(code, resolved(document, r)["description"]) for code, r in operation["responses"].items()],
        "example": _curl(document, base, path, method, request),
    }


def resolved(document: dict[str, Any], part: Any) -> Any:
    """The part itself, or what its $ref points at."""
    while isinstance(part, dict) and "$ref" in part:
        found: Any = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    schema = parameter.get("schema", {})
    words = schema.get("enum") or schema.get("items", {}).get("enum")
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "required": parameter.get("required", False),
        "type": kind_of(schema),
        "text": parameter.get("description", ""),
        "choices": [str(w) for w in words] if words else [],
    }


def kind_of(schema: dict[str, Any]) -> str:
    """A word or two for a type: `string or null`, `date-time`, `list`."""
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(kind_of(s) for s in schema[key]))
    if "const" in schema:
        return f'"{schema["const"]}"'
    type_ = schema.get("type", "any")
    words = [type_] if isinstance(type_, str) else list(type_)
    words = ["list" if w == "array" else schema.get("format", w) if w == "string" else w for w in words]
    return " or ".join(words)


def _data(document: dict[str, Any], request: Any) -> dict[str, Any]:
    content = (request or {}).get("content", {})
    schema = resolved(document, content.get(MEDIA, {}).get("schema", {}))
    data: dict[str, Any] = resolved(document, schema.get("properties", {}).get("data", {}))
    return data


def _attributes(document: dict[str, Any], request: Any) -> list[dict[str, Any]]:
    """What the body's resource may hold, attributes first."""
    found = []
    for part in ("attributes", "relationships"):
        inside = resolved(document, _data(document, request).get("properties", {}).get(part, {}))
        for name, schema in inside.get("properties", {}).items():
            kind = kind_of(schema) if part == "attributes" else "link"
            choices: list[Any] = schema.get("enum") or next(
                (s["enum"] for s in schema.get("anyOf", []) if "enum" in s), []
            )
            told = {
                "choices": [str(c) for c in choices if c is not None],
                "required": name in inside.get("required", ()),
            }
            text = schema.get("description") or schema.get("title", "")
            found.append({"name": name, "type": kind, "text": text, **told})
    return found


def _curl(document: dict[str, Any], base: str, path: str, method: str, request: Any) -> str:
    words = ["curl -H 'Authorization: Bearer TOKEN'"]
    if method != "get":
        words.append(f"-X {method.upper()}")
    content = (request or {}).get("content", {})
    if "multipart/form-data" in content:
        words = [words[0], "-F file=@photo.jpg"]
    elif content:
        media = MEDIA if MEDIA in content else next(iter(content))
        words.append(f"-H 'Content-Type: {media}'")
        sent = example(document, content[media]["schema"])
        text = json.dumps(sent, ensure_ascii=False)
        if len(text) < LONGEST:
            words.append("-d '" + text.replace("'", "'\\''") + "'")
    return " ".join([*words, f"'{base}{path.replace('{id}', '1')}'"])


def example(document: dict[str, Any], schema: Any, depth: int = 0) -> Any:
    """A small value of a schema: what is required, and two attributes where nothing is."""
    schema = resolved(document, schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return example(document, schema[key][0], depth)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    type_ = schema.get("type", "string")
    type_ = type_ if isinstance(type_, str) else type_[0]
    if type_ == "object":
        properties = schema.get("properties", {})
        names = [n for n in properties if n in schema.get("required", ())]
        if "attributes" in properties and "attributes" not in names:
            names.append("attributes")
        if not names and depth > 1:
            names = list(properties)[:2]
        return {n: example(document, properties[n], depth + 1) for n in names}
    if type_ == "array":
        return [example(document, schema.get("items", {}), depth + 1)]
    usual = {
        "date": "2026-01-31",
        "date-time": "2026-01-31T12:00:00Z",
        "email": "ada@example.org",
        "uri": "https://example.org",
    }
    pattern = schema.get("pattern", "")
    text = "1" if pattern.startswith("^[0-9]") else "12.50" if pattern.startswith("^-?[0-9]") else "text"
    values = {"integer": max(1, schema.get("minimum", 1)), "number": 1.5, "boolean": True, "null": None}
    return values.get(type_, usual.get(schema.get("format", ""), text))
