"""Search over all entities: records become documents, a follower keeps the index fresh, /api/search answers."""

from __future__ import annotations

from appliance.http.feature import Feature

feature = Feature(
    "search",
    openapi="appliance.features.search.openapi:paths",
)
