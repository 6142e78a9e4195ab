"""What the exit code of `ingot serve` tells whoever started it: a service manager, a script, the panel."""

from appliance.base.settings import SETTINGS_WRONG as SETTINGS_WRONG
from appliance.http.assets import ASSETS_MISSING as ASSETS_MISSING

STOPPED = 0  # as asked
CRASHED = 1
USAGE = 2  # click's own: a wrong option
RESTART = 3  # start me again, please
# SETTINGS_WRONG = 4 is raised from base, below us
PORT_TAKEN = 5
MIGRATION_FAILED = 6
HOME_IN_USE = 7
# ASSETS_MISSING = 8 likewise
DATABASE_TOO_NEW = 9
DISK_FULL = 10
HOME_UNUSABLE = 11
DATABASE_MISSING = 12
DATABASE_DAMAGED = 13

WORDS = {
    STOPPED: "stopped", CRASHED: "crashed", USAGE: "usage", RESTART: "restart", SETTINGS_WRONG: "settings_wrong",
    PORT_TAKEN: "port_taken", MIGRATION_FAILED: "migration_failed", HOME_IN_USE: "home_in_use",
    ASSETS_MISSING: "assets_missing", DATABASE_TOO_NEW: "database_too_new", DISK_FULL: "disk_full",
    HOME_UNUSABLE: "home_unusable", DATABASE_MISSING: "database_missing", DATABASE_DAMAGED: "database_damaged",
}  # fmt: skip
"""The same for programs that look at a process which stays: `code` in its run file and at its control door."""
