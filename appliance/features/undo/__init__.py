from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "undo",
    openapi="appliance.features.undo.openapi:paths",
)
