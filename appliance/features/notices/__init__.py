from __future__ import annotations

from appliance.base.text import say
from appliance.http.feature import Feature, NavigationEntry

feature = Feature(
    "notices",
    openapi="appliance.features.notices.openapi:paths",
    navigation=(NavigationEntry(say("Notices"), "/notices", "bell"),),
)
