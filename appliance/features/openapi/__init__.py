from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "openapi",
    openapi="appliance.features.openapi.openapi:paths",
)
