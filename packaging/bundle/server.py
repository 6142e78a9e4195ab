"""What the bundle's `ingot` begins with. A bundle has no interpreter to give the helper process of heavy jobs: this program
plays that part, too, when it is called so (appliance/jobs/helper.py)."""

import sys

import own_libraries  # noqa: F401  before anything starts another program

if sys.argv[1:] == ["ingot-helper"]:
    from appliance.jobs.helping import main
else:
    from appliance.cli import main

main()
