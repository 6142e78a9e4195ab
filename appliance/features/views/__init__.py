from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "views",
    openapi="appliance.features.views.openapi:paths",
)
