from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "schedules",
    openapi="appliance.features.schedules.openapi:paths",
)
