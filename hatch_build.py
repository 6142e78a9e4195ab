"""The build hook: bundles web/ when a wheel or an editable install is made, with Node.js from PATH or from a wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent / "packaging"))
import webassets


class AssetsHook(BuildHookInterface):
    @property
    def web(self) -> Path:
        return Path(self.root) / "web"

    def dependencies(self) -> list[str]:
        """Node.js is a build requirement only where there is something to build and nothing to build it with."""
        return [] if webassets.fresh(self.web) or webassets.system_node() else [webassets.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not webassets.fresh(self.web):
            webassets.build(self.web)
        if version != "editable":
            build_data["force_include"][str(self.web / "dist")] = "appliance/_web/dist"
