from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "comments",
    openapi="appliance.features.comments.openapi:paths",
)
