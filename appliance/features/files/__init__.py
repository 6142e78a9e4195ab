from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "files",
    openapi="appliance.features.files.openapi:paths",
)
