from __future__ import annotations

from appliance.base.text import say
from appliance.http.feature import Feature, NavigationEntry

feature = Feature(
    "security_events",
    openapi="appliance.features.security_events.openapi:paths",
    navigation=(NavigationEntry(say("Security events"), "/security-events", "shield-check", administrators=True),),
)
