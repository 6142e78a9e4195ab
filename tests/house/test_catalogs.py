"""Every sentence for people has its German; no catalog entry has lost its sentence or its slots."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GERMAN: dict[str, str] = json.loads((ROOT / "data" / "locale" / "de.json").read_text("utf-8"))


def sentences() -> dict[str, str]:
    """{sentence: where it stands}"""
    found = {}
    for file in sorted([*(ROOT / "appliance").rglob("*.py"), *(ROOT / "gui").rglob("*.py")]):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say" and node.args:
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                for text in _texts(node.args[0], where):
                    found[text] = where
    for template in sorted((ROOT / "web" / "templates").rglob("*.html")):
        for _, text in re.findall(r"""\b_\((["'])(.+?)\1""", template.read_text("utf-8")):
            found[text] = str(template.relative_to(ROOT))
    for script in sorted((ROOT / "web" / "src" / "ts").rglob("*.ts")):
        for text in re.findall(r'\bsay\(\s*"((?:[^"\\]|\\.)*)"', script.read_text("utf-8")):
            found[text] = str(script.relative_to(ROOT))
    return found


def _texts(argument: ast.expr, where: str) -> list[str]:
    if isinstance(argument, ast.IfExp):
        return _texts(argument.body, where) + _texts(argument.orelse, where)
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return [argument.value]
    pytest.fail(f"{where}: say() needs a plain text, or nobody can translate it")


def slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_has_its_german() -> None:
    missing = {text: where for text, where in sentences().items() if not GERMAN.get(text)}
    assert not missing, json.dumps(missing, indent=1, ensure_ascii=False)


def test_translations_have_the_slots_of_their_sentences() -> None:
    wrong = [text for text, german in GERMAN.items() if slots(text) != slots(german)]
    assert not wrong
