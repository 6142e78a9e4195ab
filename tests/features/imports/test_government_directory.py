"""A real directory of 34,838 rows (and one empty line) lands whole, its three tables joined by the keys they came with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from appliance.engines.database.sqlite import SqliteDatabase
from appliance.features.imports.layout import Options
from appliance.features.imports.plan import Plan, Report
from appliance.features.imports.running import run_import
from appliance.records.declaration import read_entity
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records

pytestmark = pytest.mark.slow

DATASETS = Path(os.environ.get("INGOT_DATASETS") or Path(__file__).resolve().parents[4] / "shared" / "datasets")
GOV = DATASETS / "us-gov-directory"


def entity(name: str, fields: str, *more: dict[str, Any], **words: Any) -> dict[str, Any]:
    """Text fields by their names, the others as they are declared."""
    return {"name": name, "fields": [*({"name": n} for n in fields.split()), *more], **words}


TO_LEGISLATOR = {"name": "legislator", "kind": "relation", "target": "legislator"}
DECLARED = (
    entity(
        "organization", "domain_type organization_name suborganization_name city state",
        {"name": "domain_name", "unique": True}, {"name": "security_contact_email", "kind": "email"},
    ),
    entity("agency", "agency subagency", plural="agencies"),
    entity(
        "legislator", "full_name last_name first_name gender state district party thomas_id fec_ids",
        {"name": "bioguide_id", "unique": True, "required": True}, {"name": "birthday", "kind": "date"},
        {"name": "url", "kind": "url"}, {"name": "phone", "kind": "phone"},
    ),
    entity(
        "office", "address building suite city state zip hours", {"name": "office_id", "unique": True},
        {"name": "latitude", "kind": "decimal"}, {"name": "phone", "kind": "phone"}, {**TO_LEGISLATOR, "inverse": "offices"},
    ),
    entity(
        "membership", "name committee_id committee_name title", {"name": "rank", "kind": "integer"},
        {**TO_LEGISLATOR, "inverse": "memberships"},
    ),
)  # fmt: skip


@pytest.mark.skipif(not GOV.is_dir() and not os.environ.get("CI"), reason="the data sets are not here")
def test_the_whole_directory_lands_and_is_joined(tmp_path: Path) -> None:
    from private_databases import MIGRATIONS, Runner

    database = SqliteDatabase(tmp_path / "ingot.db", synchronous="normal")
    Runner(database.peewee, str(MIGRATIONS), table_name="ingot_migration").up()
    records = Records(database)
    with records.change_schema(SYSTEM) as schema:
        schema.create_entities([read_entity(d) for d in DECLARED])

    def bring(name: str, file: str, **plan: Any) -> Report:
        report = run_import(records, SYSTEM, Plan(name, GOV / file, **plan))
        assert report.rejects == [], file
        return report

    by_bioguide = {"legislator.bioguide_id": "bioguide"}
    reports = [
        bring("organization", "organizations-dotgov.csv", keys=("domain_name",)),
        bring("agency", "agencies-and-subs.csv"),
        bring("legislator", "legislators-current.csv", keys=("bioguide_id",)),
        bring("legislator", "legislators-historical.csv", keys=("bioguide_id",)),
        bring(
            "office",
            "legislators-district-offices.csv",
            mapping={**by_bioguide, "office_id": "id"},
            options=Options(round_digits=True),
        ),
        bring("membership", "committee-membership-current.csv", mapping=by_bioguide),
    ]
    assert sum(r.rows for r in reports) == 34_838
    assert sum(r.created for r in reports) == 34_838 == records.log.last() - len(DECLARED)

    def one(sql: str) -> Any:
        return database.rows(sql)[0][0]

    assert one("SELECT count(*) FROM office JOIN legislator l ON l.id = legislator") == 1_312
    assert one("SELECT count(*) FROM membership JOIN legislator l ON l.id = legislator") == 3_879
    assert one("SELECT count(*) FROM legislator WHERE thomas_id LIKE '0%'") > 0  # leading zeros live
    again = bring("organization", "organizations-dotgov.csv", keys=("domain_name",))
    assert (again.unchanged, again.updated, again.created) == (16_539, 0, 0)
    database.close()
