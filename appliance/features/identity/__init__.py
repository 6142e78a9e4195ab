from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "identity",
    openapi="appliance.features.identity.openapi:paths",
)
