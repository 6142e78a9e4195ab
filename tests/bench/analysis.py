"""What it costs to look through a table before an import: python tests/bench/analysis.py [ROWS].

Prints the seconds of CPU for each format, once as a new entity and once into an entity made of what was proposed. 100,000 rows
of 20 columns are to take 5 at most."""

from __future__ import annotations

import csv
import json
import random
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playhouse.migrations import Runner

import appliance
from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.exports.sheet import write_sheet
from appliance.features.imports.analysis import analyse
from appliance.features.imports.layout import Options
from appliance.records.declaration import read_entity
from appliance.records.entity import Entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

COLUMNS = [
    "number", "name", "code", "price", "day", "colour", "email", "active", "postcode", "phone", "percent", "street", "city",
    "amount", "weight", "note", "url", "nothing", "grade", "group",
]  # fmt: skip


def row(n: int) -> list[Any]:
    return [
        n, f"Name {n % 5_000}", f"P{n:07d}", random.randint(0, 10**6) / 100, date(2020, 1, 1) + timedelta(days=n % 1_500),
        random.choice(["red", "green", "blue"]), f"u{n}@example.org", random.random() < 0.5, f"{random.randint(0, 99_999):05d}",
        f"+49 30 {random.randint(10**6, 10**7)}", random.randint(0, 100), f"Street {n % 777} {n % 13}",
        random.choice(["Berlin", "Hamburg", "Köln"]), random.randint(0, 10**9), random.randint(0, 10**5) / 1_000,
        f"a note of number {n}", f"https://example.org/{n}", "", random.choice(["a", "b", ""]), f"x{n % 91}",
    ]  # fmt: skip


def write(path: Path, rows: list[list[Any]]) -> None:
    if path.suffix == ".xlsx":
        write_sheet(path, "bench", COLUMNS, rows, cut=False)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.writer(file)
            writer.writerows([COLUMNS, *rows])
        else:
            file.writelines(json.dumps(dict(zip(COLUMNS, r, strict=True)), default=str) + "\n" for r in rows)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    random.seed(1)
    rows = [row(n) for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        database = SqliteDatabase(Path(folder) / "ingot.db")
        Runner(database.peewee, str(Path(appliance.__file__).parent / "migrations"), table_name="ingot_migration").up()
        records = Records(database)
        for format_ in ("csv", "jsonl", "xlsx"):
            path = Path(folder) / f"table.{format_}"
            write(path, rows)
            print(f"{format_}, {count} rows x {len(COLUMNS)} columns, {path.stat().st_size / 1e6:.0f} MB")
            proposed = measure(records, path, None)["proposed_entity"] | {"name": format_, "plural": f"{format_}s"}
            with records.change_schema(SYSTEM) as schema:
                schema.create_entities([read_entity(proposed)])
            measure(records, path, records.refresh().entity(format_))
        database.close()


def measure(records: Records, path: Path, entity: Entity | None) -> dict[str, Any]:
    began = time.process_time()
    answer = analyse(records, SYSTEM, path, path.name, entity, Options())
    print(f"  {'into an entity' if entity else 'as a new entity'}: {time.process_time() - began:.2f} s CPU")
    return answer


if __name__ == "__main__":
    main()
