from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "feed",
    openapi="appliance.features.feed.openapi:paths",
)
