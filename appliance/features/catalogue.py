"""The features of the product, in the order of their navigation: the only list of them."""

from __future__ import annotations

from appliance.features import (
    comments,
    exports,
    feed,
    files,
    health,
    identity,
    imports,
    jobs,
    notices,
    openapi,
    schedules,
    schema,
    search,
    security_events,
    undo,
    views,
)
from appliance.http.feature import Feature

FEATURES: tuple[Feature, ...] = (
    openapi.feature,
    schema.feature,
    files.feature,
    identity.feature,
    undo.feature,
    comments.feature,
    notices.feature,
    imports.feature,
    exports.feature,
    jobs.feature,
    schedules.feature,
    views.feature,
    feed.feature,
    search.feature,
    health.feature,
    security_events.feature,
)
