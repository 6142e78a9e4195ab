"""Work that was done is reported as done, however much there is to tell of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.jobs.result import LEFT_OUT, MOST, result_text

ERRORS = [{"index": n, "detail": "x" * 100} for n in range(1_000)]


@pytest.mark.parametrize("value", [
    {"created": 10, "errors": ERRORS}, ERRORS, "x" * 200_000, {"a": "y" * 100_000, "b": ERRORS}, {"deep": {"errors": ERRORS}},
    {str(n): "z" * 90 for n in range(2_000)}, {str(n): n for n in range(20_000)}, {"k" * 100_000: 1},
    {"x": {"deep": ERRORS}, "y": 1},
    {"created": 10, **{str(n): "z" * 10_000 for n in range(200)}, "errors": ERRORS},
])  # fmt: skip
def test_what_is_too_long_loses_detail_and_says_how_much(value: Any) -> None:
    text = result_text(value)
    assert text is not None and len(text) <= MOST
    kept = json.loads(text)
    assert sum(kept[LEFT_OUT].values()) > 0
    if isinstance(value, dict) and "created" in value:
        assert kept["created"] == 10
        assert kept["errors"] + ERRORS[len(kept["errors"]) :] == ERRORS
        assert kept[LEFT_OUT]["errors"] == len(ERRORS) - len(kept["errors"])


@given(st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=50), max_size=20), max_size=5))
def test_what_fits_is_kept_as_it_is(value: dict[str, Any]) -> None:
    text = result_text(value)
    assert text is not None and json.loads(text) == value
