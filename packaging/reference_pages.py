"""The manual's reference pages, made from the tables in the code: python packaging/reference_pages.py. A test fails when one of
them is out of date."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from appliance.base.settings import SETTINGS
from appliance.cli import main as ingot
from appliance.features.health.exposition import HELP as METRICS
from appliance.records.scopes import AREAS
from appliance.run import exit_codes

FOLDER = Path(__file__).resolve().parents[1] / "data" / "help" / "en" / "reference"
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


def page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


PAGES = {"settings": settings, "commands": commands, "exit-codes": codes, "metrics": metrics, "scopes": scopes}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / f"{name}.md").write_text(make(), "utf-8")
