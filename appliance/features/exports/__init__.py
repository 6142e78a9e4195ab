from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "exports",
    openapi="appliance.features.exports.openapi:paths",
)
