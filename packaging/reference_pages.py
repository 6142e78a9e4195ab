"""The manual's reference pages, made from the tables in the code: python packaging/reference_pages.py. A test fails when one of
them is out of date."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from appliance.base.settings import SETTINGS
from appliance.cli import main as ingot
from appliance.features.batches import batch
from appliance.features.health.exposition import HELP as METRICS
from appliance.features.imports import limits
from appliance.features.views import views
from appliance.http.errors import _STATUS
from appliance.http.jsonapi import atomic, parameters, storing
from appliance.records import query
from appliance.records.scopes import AREAS
from appliance.run import exit_codes

FOLDER = Path(__file__).resolve().parents[1] / "data" / "help" / "en" / "reference"
APPLIANCE = FOLDER.parents[3] / "appliance"
HEALTH = "health"


def settings() -> str:
    rows = []
    for one in SETTINGS:
        default = ", ".join(one.default) if isinstance(one.default, list) else str(one.default)
        bounds = " or ".join(f"`{c}`" for c in one.choices)
        if one.least is not None or one.most is not None:
            bounds = f"{'' if one.least is None else one.least} to {'' if one.most is None else one.most}".strip()
        rows.append((f"`{one.name}`", f"`{default}`" if default else "none", bounds, one.help))
    text = """Settings are read from `settings.toml` in the home folder, then the environment
(`INGOT_PORT=8401`, or `INGOT_DATABASE_FILE=/path` for a value that is kept in a file), then options of `ingot serve`. They take
effect at the next start."""
    return page("Settings", text, table(("setting", "default", "values", "what it is"), rows))


def commands() -> str:
    parts = [
        "Every command takes `--home FOLDER`; commands that print data take `--json`. Commands that only look change nothing."
    ]
    for path, command in walk(ingot, "ingot"):
        if isinstance(command, click.Group):
            continue
        context = click.Context(command, info_name=path)
        usage = " ".join(command.collect_usage_pieces(context)).replace("[OPTIONS]", "[options]")
        parts.append(f"## {path}\n\n{inspect.cleandoc(command.help or '')}\n\n    {path} {usage}")
        options = [
            (f"`{', '.join(o.opts)}`", (o.help or "").replace("|", "\\|"))
            for o in command.params
            if isinstance(o, click.Option) and not o.hidden and o.name not in ("home", "help")
        ]
        if options:
            parts.append(table(("option", "meaning"), options))
    return page("Commands", *parts)


def walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            if not command.commands[name].hidden:
                yield from walk(command.commands[name], f"{path} {name}")


def codes() -> str:
    rows = [(str(code), f"`{word}`") for code, word in sorted(exit_codes.WORDS.items())]
    text = "How `ingot serve` ends. With `--stay` it does not end; the control API gives the word, with a sentence."
    return page("Exit codes", text, table(("code", "word"), rows))


def metrics() -> str:
    rows = [
        (f"`{name}`", "counter" if name.endswith("_total") else "gauge", text) for name, text in sorted(METRICS.items())
    ]
    text = """`GET /metrics`, in Prometheus' text format, for administrators, tokens with the scope `health:read`, and programs
on the same machine that come without a proxy."""
    return page("Metrics", text, table(("metric", "type", "meaning"), rows))


def scopes() -> str:
    rows = [("`ENTITY:read`, `ENTITY:write`", "records of an entity; `*` for all entities and areas")]
    rows += [(f"`{a}:read`" + (f", `{a}:write`" if a != HEALTH else ""), f"the area {a}") for a in AREAS]
    text = """A token with scopes may do only what they cover, and never more than its user may. A token without scopes may do
whatever its user may. For an entity, `create`, `update` and `delete` can stand in the place of `write`. What no scope covers is
refused."""
    return page("Scopes", text, table(("scope", "covers"), rows))


def the_limits() -> str:
    rows = [
        ("records on a page (`page[size]`)", f"{query.MAX_SIZE}; {query.Page().size} when not said"),
        ("page number", f"{query.MAX_NUMBER:,}; deeper pages by cursor (`page[after]`)"),
        (
            "filters in a request",
            f"{query.MAX_CONDITIONS}, through at most {query.MAX_DEPTH} relations, {query.MAX_LIST} values in a list",
        ),
        ("sort keys; sums of a list", f"{query.MAX_SORTS}; {query.MAX_SUMS}"),
        ("`include`", f"{parameters.MAX_INCLUDES} paths, {parameters.MAX_INCLUDE_DEPTH} relations deep"),
        ("atomic operations in a request", f"{atomic.MAX_OPERATIONS:,}"),
        ("resources in `included` of a POST", str(storing.MAX_INCLUDED)),
        ("resources in a batch (PATCH on a list)", f"{batch.MAX_ITEMS:,}"),
        ("saved views of a person", str(views.MOST)),
        ("request body; uploaded file", "settings `max_body`, `max_upload`"),
        ("database work of a request", "setting `query_seconds`"),
        ("an imported file: columns; a line; a cell", f"{limits.COLUMNS:,}; {size(limits.LINE)}; {size(limits.CELL)}"),
        ("a packed file", f"{limits.RATIO} times its size from {size(limits.RATIO_FROM)} on; {size(limits.UNPACKED)}"),
        (
            "a workbook",
            f"{limits.ENTRIES:,} entries, {limits.SHEETS:,} sheets, {limits.ROWS:,} rows, {size(limits.SHARED)} of shared texts",
        ),
        ("a JSON object; values of a sort in a vCard", f"{size(limits.OBJECT)}; {limits.VALUES}"),
    ]
    text = """Bounds that keep the server answering. What is beyond them is refused, 400 or 413, with a sentence that names the
parameter."""
    return page("Limits", text, table(("what", "at most"), rows))


def size(count: int) -> str:
    return f"{count >> 30} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"


def error_codes() -> str:
    statuses = {kind.code: status for kind, status, _ in reversed(_STATUS)}
    told: dict[str, str] = {}
    for file in sorted(APPLIANCE.rglob("*.py")):
        for code, text in codes_in(ast.parse(file.read_text("utf-8"))):
            if not code.isdecimal() and not told.get(code):
                told[code] = text
    rows = [(f"`{code}`", str(statuses.get(code, "")), told[code].replace("|", "\\|")) for code in sorted(told)]
    text = """`code` in an error object. Programs should look at codes, not at sentences, which are written in the reader's
language. A code without a status of its own comes with that of its kind of error: 422 for a value, 400 for a request."""
    return page("Error codes", text, table(("code", "status", "for example"), rows))


def codes_in(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(code, the sentence that comes with it): of calls with code="...", of problems, and of classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = [k.value for k in node.keywords if k.arg == "code"]
            third = node.args[2:3] if isinstance(node.func, ast.Name) and node.func.id == "Problem" else []
            for value in (*named, *third):
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                    yield value.value, sentence(node)
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
                    yield str(ast.literal_eval(line.value)), (ast.get_docstring(node) or "").split("\n")[0]


def sentence(call: ast.Call) -> str:
    says = (n for n in ast.walk(call) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "say" and n.args)
    first = next((n.args[0] for n in says if isinstance(n.args[0], ast.Constant)), None)
    return str(first.value) if first is not None else ""


def page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


PAGES = {
    "settings": settings,
    "commands": commands,
    "exit-codes": codes,
    "metrics": metrics,
    "scopes": scopes,
    "limits": the_limits,
    "error-codes": error_codes,
}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / f"{name}.md").write_text(make(), "utf-8")
