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
