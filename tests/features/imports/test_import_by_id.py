"""An export that was corrected in a spreadsheet comes back by the records' own ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.base.errors import Invalid
from appliance.features.exports.exporting import write
from appliance.features.exports.listing import read_wanted
from appliance.features.imports.plan import Plan
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.reading import Reading
from appliance.records.records import Records


@pytest.mark.parametrize("format_", ["csv", "xlsx", "jsonl"])
def test_an_export_comes_back_by_id_and_changes_only_what_was_corrected(
    records: Records, tmp_path: Path, format_: str
) -> None:
    fields = [{"name": "name"}, {"name": "number", "kind": "auto_number"}, {"name": "note"}]
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity({"name": "thing", "fields": fields})])
    with records.work(SYSTEM) as work:
        ids = [work.create("thing", {"name": "same", "note": f"n{n}"})[0] for n in range(5)]
    path = tmp_path / "things"
    write(records, SYSTEM, read_wanted(records, "things", "", format_, "lossless"), path)
    report = run_import(records, SYSTEM, Plan("thing", path, ("id",)))
    assert (report.rows, report.unchanged, report.rejected) == (5, 5, 0)
    if format_ == "csv":
        path.write_text(
            path.read_text().replace("n3", "corrected") + "99,9,same,X,new\r\nx,1,same,X,new\r\n,1,same,X,new\r\n"
        )
        report = run_import(records, SYSTEM, Plan("thing", path, ("id",), mode="update"))
        assert (report.updated, report.unchanged, report.created) == (1, 4, 0)
        assert sorted(row for row, _ in report.rejects) == [7, 8, 9]
        assert any("id 99" in why for _, why in report.rejects)
    table = records.registry.tables["thing"]
    held = Reading(records.database, records.registry, SYSTEM).by_ids("thing", ids)
    shown = [table.show(held[i]) for i in ids]
    assert {s["name"] for s in shown} == {"same"} and len({s["number"] for s in shown}) == 5
    assert [s["note"] for s in shown] == [("corrected" if n == 3 and format_ == "csv" else f"n{n}") for n in range(5)]
    with pytest.raises(Invalid):
        run_import(records, SYSTEM, Plan("thing", path, ("id", "name")))
