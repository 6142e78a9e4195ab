"""Ten quarters of a city's payments, as the city published them: one short row, names blacked out, headers that change
from quarter to quarter."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.imports.analysis import analyse
from appliance.features.imports.history import History, Trace
from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.features.imports.undoing import undo_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

pytestmark = pytest.mark.slow

DATASETS = Path(os.environ.get("INGOT_DATASETS") or Path(__file__).resolve().parents[4] / "shared" / "datasets")
COUNCIL = DATASETS / "uk-council-payments"
SHORT = "sheffield-2012-10.csv"
SUPPLIER = {"name": "supplier", "title": "name", "fields": [{"name": "number", "unique": True}, {"name": "name"}]}
PAYMENT: dict[str, Any] = {"name": "payment", "fields": [
    {"name": "unit", "label": "Business Unit Description"}, {"name": "expense_code"}, {"name": "expense_code_description"},
    {"name": "day", "kind": "date", "label": "GL Date"}, {"name": "document_no"}, {"name": "invoice_no"},
    {"name": "invoiced_value", "kind": "money", "currency": "GBP"},
    {"name": "supplier", "kind": "relation", "target": "supplier", "inverse": "payments"},
    {"name": "proclass", "label": "Proclass Details Level 1"}, {"name": "thomson_classification_description"},
]}  # fmt: skip


def pence(files: list[Path]) -> int:
    """The sum of all amounts, read without us."""
    total = Decimal(0)
    for file in files:
        with file.open(encoding="utf-8", newline="") as opened:
            total += sum(Decimal(row["Invoiced Value"]) for row in csv.DictReader(opened))
    return int(total * 100)


@pytest.mark.skipif(not COUNCIL.is_dir() and not os.environ.get("CI"), reason="the data sets are not here")
def test_every_payment_lands_with_its_supplier(tmp_path: Path) -> None:
    from private_databases import MIGRATIONS, Runner

    files = sorted(COUNCIL.glob("*.csv"), key=lambda f: (f.name == SHORT, f.name))  # that one is taken back at the end
    database = SqliteDatabase(tmp_path / "ingot.db", synchronous="normal")
    Runner(database.peewee, str(MIGRATIONS), table_name="ingot_migration").up()
    records, history = Records(database), History(database)
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in (SUPPLIER, PAYMENT)])

    def one(sql: str) -> Any:
        return database.rows(sql)[0][0]

    rows = created = 0
    by_number = {"supplier.number": "Address Book No."}
    for file in files:
        if file.name == SHORT:  # what was created by number alone gets its name
            suppliers = {"number": "Address Book No.", "name": "Supplier Name"}
            named = run_import(records, SYSTEM, Plan("supplier", file, ("number",), suppliers))
            assert (named.rejected, named.created > 100, named.updated > 1_000) == (0, True, True)
        with database.write():
            number = history.begin(None, "system", "payment", file.name, {})
        plan = Plan("payment", file, mapping=by_number, options=Options(create_missing=("supplier",)))
        report = run_import(records, SYSTEM, plan, trace=Trace(records, number))
        wrong = ["the row has fewer cells than there are columns"] if file.name == SHORT else []
        assert [reason for _, reason in report.rejects] == wrong, file.name
        rows, created = rows + report.rows, created + report.created
    assert (rows, created) == (159_021, 159_020)
    assert one("SELECT count(*) FROM payment JOIN supplier s ON s.id = supplier") == created
    assert one("SELECT sum(invoiced_value) FROM payment") == pence(files) - 479_86  # the short row's
    assert one("SELECT count(*) FROM supplier WHERE name LIKE 'REDACTED%'") > 0

    proposed = analyse(records, SYSTEM, COUNCIL / SHORT, SHORT, None, Options())["proposed_entity"]
    kinds = {f["label"]: f["kind"] for f in proposed["fields"]}
    assert (kinds["GL Date"], kinds["Invoiced Value"], kinds["Supplier Name"]) == ("date", "decimal", "text")
    mapping = analyse(records, SYSTEM, COUNCIL / SHORT, SHORT, records.registry.entity("payment"), Options())["mapping"]
    assert mapping["supplier.name"] == "Supplier Name"
    assert mapping["invoiced_value"] == "Invoiced Value"
    undone = undo_import(records, SYSTEM, history.get(f"shell-{number}"))
    assert (undone.deleted, undone.kept) == (report.created + report.linked_created, 0)
    assert one("SELECT count(*) FROM payment") == created - report.created
    database.close()
