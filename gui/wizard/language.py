"""First of all: which language the panel speaks."""

from __future__ import annotations

from collections.abc import Callable

from gui import texts
from gui.texts import say
from gui.wizard.step import Answers, Step

LANGUAGES = {"en": "English", "de": "Deutsch"}


class LanguageStep(Step):
    """`spoken` is called when another one is chosen: whatever is on the screen is said anew."""

    def __init__(self, answers: Answers, spoken: Callable[[], None]):
        super().__init__(
            answers,
            say("Welcome to Ingot"),
            say("A few questions, and your team can work. Which language do you read?"),
        )
        self._spoken = spoken
        self.choices = dict(zip(LANGUAGES, self.pick(*((name, "") for name in LANGUAGES.values())), strict=True))
        self.choices[texts.language() if texts.language() in LANGUAGES else "en"].setChecked(True)
        for code, one in self.choices.items():
            one.toggled.connect(lambda on, code=code: self._choose(code) if on else None)
        self.finish()

    def _choose(self, code: str) -> None:
        texts.speak(code)
        self._spoken()
