from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "schema",
    openapi="appliance.features.schema.openapi:paths",
)
