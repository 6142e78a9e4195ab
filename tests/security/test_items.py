"""The table of items is true: each has tests that exist, or says why it has none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from items import ITEMS

TESTS = Path(__file__).parents[1]


def test_all_58_are_there() -> None:
    assert list(ITEMS) == list(range(1, 59))


@pytest.mark.parametrize("number", ITEMS)
def test_an_item_has_tests_that_exist_or_a_reason(number: int) -> None:
    item = ITEMS[number]
    assert item.tests or item.missing
    for one in item.tests:
        file, _, name = one.partition("::")
        tree = ast.parse((TESTS / file).read_text("utf-8"))
        assert name in {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}, one
