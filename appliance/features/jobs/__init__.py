from __future__ import annotations

from appliance.base.text import say
from appliance.http.feature import Feature, NavigationEntry

feature = Feature(
    "jobs",
    openapi="appliance.features.jobs.openapi:paths",
    navigation=(NavigationEntry(say("Jobs"), "/jobs", "list-check"),),
)
