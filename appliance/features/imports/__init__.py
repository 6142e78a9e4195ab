from __future__ import annotations

from appliance.base.text import say
from appliance.http.feature import Feature, NavigationEntry

feature = Feature(
    "imports",
    openapi="appliance.features.imports.openapi:paths",
    navigation=(NavigationEntry(say("Import"), "/import", "file-import", administrators=True),),
)
