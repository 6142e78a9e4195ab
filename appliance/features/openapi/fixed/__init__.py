"""The addresses that are the same in every installation; `document.py` leaves out those that this process does not
serve."""

from __future__ import annotations

from appliance.features.openapi.entities import Paths
from appliance.features.openapi.fixed.background import background_paths
from appliance.features.openapi.fixed.declarations import declaration_paths
from appliance.features.openapi.fixed.files import file_paths
from appliance.features.openapi.fixed.health import health_paths
from appliance.features.openapi.fixed.jobs import job_paths
from appliance.features.openapi.fixed.people import people_paths
from appliance.features.openapi.fixed.security_events import security_event_paths
from appliance.features.openapi.fixed.together import together_paths
from appliance.features.openapi.fixed.views import view_paths
from appliance.features.openapi.fixed.whole import whole_paths


def fixed_paths() -> Paths:
    of_records = {**whole_paths(), **declaration_paths(), **file_paths(), **people_paths(), **together_paths()}
    return {
        **of_records,
        **background_paths(),
        **job_paths(),
        **view_paths(),
        **health_paths(),
        **security_event_paths(),
    }
