"""Objects by the text "module:name", loaded when they are first needed: registries hold such texts where loading early would cost
the start. The only place that imports late."""

from __future__ import annotations

import importlib
from operator import attrgetter
from typing import Any


def load(place: str) -> Any:
    """Raises ImportError or AttributeError for what is not there: a fault of the program."""
    module, _, name = place.partition(":")
    return attrgetter(name)(importlib.import_module(module))
