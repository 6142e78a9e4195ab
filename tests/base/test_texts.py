"""Sentences keep their values apart until they reach a reader."""

from __future__ import annotations

import pytest

from appliance.base.errors import IngotError, Invalid, Problem
from appliance.base.text import best_language, fold, say, snake, verbatim


def test_a_sentence_inside_a_sentence_is_translated_with_it() -> None:
    text = say("{column}: {why}", column="Zip", why=say("is required"))
    assert text.render("en") == "Zip: is required"
    assert text.render("de") == "Zip: wird benötigt"


def test_braces_in_foreign_words_harm_nothing() -> None:
    assert str(verbatim("a {b} {")) == "a {b} {"
    assert str(IngotError("{0}").message) == "{0}"
    assert str(Invalid([Problem("x", verbatim("{y}"))]).message) == "x: {y}"
    assert str(say("literal {{braces}}")) == "literal {braces}"


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-DE,de;q=0.9,en;q=0.8", "de"), ("fr,en;q=0.5,de;q=0.6", "de"), ("fr", "en"), ("", "en"), ("de;q=x", "en")],
)
def test_the_reader_s_best_language_is_chosen(header: str, language: str) -> None:
    assert best_language(header) == language


def test_accents_and_case_fold_and_labels_become_names() -> None:
    assert fold("Müller STRAßE") == "muller strasse"
    assert snake("E-mail address (work)") == "e_mail_address_work"
    assert snake("2nd line") == "n_2nd_line"
