"""How plainly the code speaks, in numbers: python tests/figures.py (or `uv run poe figures`).

Each figure has a limit, the highest that it may be. One that rises above its limit fails (exit code 1), and one that falls tells
what to lower the limit to: they only go down."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
METAPHORS = re.compile(r"(class|def) \w*(door|desk|house|room|furnish|asked|looked|kept|told)\w*", re.I)
KIND_BY_NAME = re.compile(r"kind\.name\s*(==|!=|in\b|not in\b)|(index|get)\([^)]*kind\.name|\[[^\]]*kind\.name\]")
METAPHOR_PATHS = re.compile(r"(^|[/_.])(door|desk|room|house)s?([_./]|$)", re.I)


@dataclass(frozen=True)
class Module:
    path: str
    text: str
    tree: ast.Module


@dataclass(frozen=True)
class Figure:
    name: str
    limit: int
    places: Callable[[list[Module]], list[str]]


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.split()


def modules() -> list[Module]:
    """The product, without tests and migrations."""
    found = []
    for path in tracked("appliance/*.py", "gui/*.py"):
        if "/migrations/" not in path and (ROOT / path).exists():
            text = (ROOT / path).read_text("utf-8")
            found.append(Module(path, text, ast.parse(text)))
    return found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def closures(listed: list[Module]) -> list[str]:
    """Functions of more than 80 lines with functions in them."""
    return [
        f"{m.path}:{outer.lineno} {outer.name} ({length(outer)} lines)"
        for m in listed
        for outer in functions(m.tree)
        if length(outer) > 80 and sum(1 for _ in functions(outer)) > 1
    ]


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def doubled_classes(listed: list[Module]) -> list[str]:
    named = [(n.name, m.path) for m in listed for n in ast.walk(m.tree) if isinstance(n, ast.ClassDef)]
    counts = Counter(name for name, _ in named)
    return [f"{name}: {', '.join(p for n, p in named if n == name)}" for name in sorted(counts) if counts[name] > 1]


def kinds_by_name(listed: list[Module]) -> list[str]:
    """Lines that compare a field kind's name, where the kind or its face should be asked for what it can do."""
    homes = ("appliance/records/kinds/", "appliance/http/kinds/", "appliance/jobs/")
    return [
        f"{m.path}:{number}"
        for m in listed
        if not m.path.startswith(homes)
        for number, line in enumerate(m.text.splitlines(), 1)
        if KIND_BY_NAME.search(line)
    ]


def long_files(listed: list[Module]) -> list[str]:
    return [f"{m.path} ({lines})" for m in listed if (lines := m.text.count("\n")) > 400]


def late_imports(listed: list[Module]) -> list[str]:
    """Imports of our own inside functions."""
    return [
        f"{m.path}:{node.lineno}"
        for m in listed
        for function in functions(m.tree)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in ("appliance", "gui")
    ]


def metaphors(_: list[Module]) -> list[str]:
    """Classes and functions that are named by one, tests included."""
    return [
        f"{path}:{number}"
        for path in tracked("appliance/*.py", "gui/*.py", "tests/*.py", "packaging/*.py")
        if (ROOT / path).exists()
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1)
        if METAPHORS.search(line)
    ]


def metaphor_paths(_: list[Module]) -> list[str]:
    return [path for path in tracked() if METAPHOR_PATHS.search(path)]


def found_variables(listed: list[Module]) -> list[str]:
    """The name that says nothing of what was found."""
    return [
        f"{m.path}:{node.lineno}"
        for m in listed
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Name) and node.id == "found" and isinstance(node.ctx, ast.Store)
    ]


FIGURES = (
    Figure("closures over 80 lines", 14, closures),
    Figure("class names that stand twice", 42, doubled_classes),
    Figure("lines that ask a kind for its name", 2, kinds_by_name),
    Figure("files over 400 lines", 1, long_files),
    Figure("late imports of our own", 3, late_imports),
    Figure("names by metaphor", 245, metaphors),
    Figure("paths by metaphor", 24, metaphor_paths),
    Figure("variables called found", 466, found_variables),
)


def main() -> int:
    listed, failed = modules(), False
    wanted = sys.argv[1:]
    for figure in FIGURES:
        places = figure.places(listed)
        if any(word in figure.name for word in wanted):
            sys.stdout.write("".join(f"  {place}\n" for place in places))
        risen, fallen = len(places) > figure.limit, len(places) < figure.limit
        note = "  ABOVE ITS LIMIT" if risen else "  lower its limit" if fallen else ""
        sys.stdout.write(f"{len(places):6} (at most {figure.limit}) {figure.name}{note}\n")
        failed = failed or risen
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
