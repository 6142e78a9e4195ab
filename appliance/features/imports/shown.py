"""Imports and saved mappings as resources."""

from __future__ import annotations

from typing import Any

from appliance.features.imports.history import Import
from appliance.features.imports.remembered import Saved
from appliance.http.jsonapi.job_resource import job_resource
from appliance.jobs.row import JobRow


def import_resource(done: Import, job: JobRow | None, report: dict[str, Any] | None) -> dict[str, Any]:
    """`job` is None at the shell, and when it was pruned: then what the import itself remembers is shown."""
    shown: dict[str, Any]
    if job is not None:
        held = job_resource(job)["attributes"]
        shown = {k: held[k] for k in ("state", "progress", "error", "created_at", "started_at", "finished_at")}
    else:
        shown = {"state": "success" if done.finished_at else "failed", "progress": None, "error": None}
        shown |= {"created_at": done.created_at, "started_at": done.created_at, "finished_at": done.finished_at}
    shown["report"] = report
    plan = {k: done.plan.get(k) for k in ("keys", "mapping", "mode", "dry_run", "options")}
    related = {
        "job": ("jobs", done.job),
        "file": ("files", done.plan.get("file")),
        "rejects": ("files", done.rejects),
        "undo": ("jobs", done.undo_job),
    }
    links = {"self": f"/api/imports/{done.public_id}", "undo": f"/api/imports/{done.public_id}/undo"}
    if done.rejects is not None:
        links["rejects"] = f"/files/{done.rejects}"
    relationships: dict[str, Any] = {}
    for name, (type_, id_) in related.items():
        data = {"type": type_, "id": str(id_)} if id_ is not None else None
        relationships[name] = {"data": data, **({"links": {"related": f"/api/{type_}/{id_}"}} if data else {})}
    return {
        "type": "imports",
        "id": done.public_id,
        "attributes": {
            **shown,
            "entity": done.entity,
            "file_name": done.file_name,
            **plan,
            "undone_at": done.undone_at,
        },
        "relationships": relationships,
        "links": links,
    }


def mapping_resource(saved: Saved) -> dict[str, Any]:
    attributes = {k: v for k, v in saved.shown().items() if k != "id"}
    attributes |= {"entity": saved.entity, "signature": saved.signature, "updated_at": saved.updated_at}
    return {
        "type": "import-mappings",
        "id": str(saved.id),
        "attributes": attributes,
        "links": {"self": f"/api/import-mappings/{saved.id}"},
    }
