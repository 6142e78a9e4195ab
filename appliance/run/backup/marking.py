"""A backup is read again, and what was found is kept beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from appliance.base.errors import IngotError
from appliance.base.settings import Settings
from appliance.run.backup import restoring, verdicts


def verify_and_mark(settings: Settings, place: Path) -> dict[str, Any]:
    """Raises what restoring.verify raises, marked too."""
    try:
        manifest = restoring.verify(place)
    except IngotError as error:
        if error.code != "not_found":
            verdicts.note(settings.home, place, str(error.message))
        raise
    verdicts.note(settings.home, place, None)
    return manifest.shown()
