"""A second process: python writing_process.py DATABASE_URL COUNT [schema]. Writes records of `note`, or adds a field."""

from __future__ import annotations

import sys

from private_databases import open_database
from records_parts import add_field, create

from appliance.records.records import Records

if __name__ == "__main__":
    records = Records(open_database(sys.argv[1]))
    for n in range(int(sys.argv[2])):
        create(records, "note", text=f"process {n}")
    if "schema" in sys.argv:
        add_field(records, "note", name="colour", default="red")
