from __future__ import annotations

from appliance.base.text import say
from appliance.http.feature import Feature, NavigationEntry

feature = Feature(
    "health",
    openapi="appliance.features.health.openapi:paths",
    navigation=(NavigationEntry(say("Health"), "/health", "activity", administrators=True),),
)
