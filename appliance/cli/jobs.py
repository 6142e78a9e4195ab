"""`ingot jobs`: background work at the shell, whether Ingot runs or not. A running worker sees what changes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from appliance.cli.kit import look_at, main, open_house, show, with_home, with_json
from appliance.http.jsonapi.job_resource import masked
from appliance.jobs import priority
from appliance.jobs.jobs import Jobs
from appliance.jobs.row import STATES, JobRow
from appliance.jobs.steering import Swept


@main.group("jobs")
def group() -> None:
    """Background work: look at it, try it again, cancel it."""


@group.command("list")
@with_home
@with_json
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="May be repeated.")
@click.option("--kind", help="Only jobs of this kind.")
@click.option("--lane", help="Only jobs in this lane.")
@click.option("--parent", type=int, help="Only children of this job.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def list_jobs(
    home: Path,
    as_json: bool,
    states: tuple[str, ...],
    kind: str | None,
    lane: str | None,
    parent: int | None,
    limit: int,
) -> None:
    """The newest jobs."""
    rows = look_at(home).jobs.list(state=states or None, kind=kind, lane=lane, parent=parent, limit=limit)
    show(as_json, [_line(row) for row in rows])


@group.command("show")
@with_home
@click.argument("job", type=int)
def show_job(home: Path, job: int) -> None:
    """One job with its arguments (secrets masked), children and error, as JSON."""
    jobs = look_at(home).jobs
    row = jobs.get(job)
    found = _line(row) | {
        "actor": row.actor, "parent": row.parent, "root": row.root, "arguments": masked(row.arguments),
        "children": jobs.children(job), "waits_for": jobs.tree.needs(job), "run_after": row.run_after,
        "result": row.result, "error": row.error,
    }  # fmt: skip
    click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


@group.command("retry")
@with_home
@click.argument("job_ids", metavar="[JOB]...", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="Every job that was given up after its last try.")
@click.option("--kind", help="With --all-dead: only jobs of this kind.")
def retry(home: Path, job_ids: tuple[int, ...], all_dead: bool, kind: str | None) -> None:
    """Start ended jobs anew, or delayed ones now, with their arguments unchanged."""
    jobs = jobs_of(home)
    _one_way(job_ids, all_dead, kind)
    if all_dead:
        _told(jobs.retry_all(kind=kind), "retried")
    for job_id in job_ids:
        row = jobs.retry(job_id) if jobs.get(job_id).final else jobs.run_now(job_id)
        click.echo(f"Job {row.id}: {row.state}")


@group.command("discard")
@with_home
@click.argument("job_ids", metavar="[JOB]...", type=int, nargs=-1)
@click.option("--all-dead", is_flag=True, help="Every job that was given up after its last try.")
@click.option("--kind", help="With --all-dead: only jobs of this kind.")
def discard(home: Path, job_ids: tuple[int, ...], all_dead: bool, kind: str | None) -> None:
    """Put failed and dead jobs aside as cancelled; their errors stay to be read."""
    jobs = jobs_of(home)
    _one_way(job_ids, all_dead, kind)
    if all_dead:
        _told(jobs.discard_all(kind=kind), "discarded")
    for job_id in job_ids:
        click.echo(f"Job {job_id}: {jobs.discard(job_id).state}")


@group.command("cancel")
@with_home
@click.argument("job_ids", metavar="JOB...", type=int, nargs=-1, required=True)
def cancel(home: Path, job_ids: tuple[int, ...]) -> None:
    """Cancel jobs and all below them."""
    jobs = jobs_of(home)
    for job_id in job_ids:
        row = jobs.cancel(job_id)
        asked = " (asked to end)" if row.cancel_requested and not row.final else ""
        click.echo(f"Job {row.id}: {row.state}{asked}")


def jobs_of(home: Path) -> Jobs:
    return open_house(home).jobs


def _one_way(job_ids: tuple[int, ...], all_dead: bool, kind: str | None) -> None:
    if bool(job_ids) == all_dead or (kind and not all_dead):
        raise click.UsageError("Give jobs by their ids, or --all-dead (and --kind, if only some).")


def _told(swept: Swept, what: str) -> None:
    click.echo(f"{len(swept.done)} jobs {what}")
    for job_id, error in swept.refused.items():
        click.echo(f"Job {job_id}: {error.message}", err=True)


def _line(row: JobRow) -> dict[str, Any]:
    total = "" if row.progress_total is None else f"/{row.progress_total}"
    return {
        "id": row.id, "kind": row.kind, "state": row.state, "lane": row.lane, "priority": priority.name(row.priority),
        "attempts": row.attempts, "progress": f"{row.progress_done}{total}", "created_at": row.created_at,
        "finished_at": row.finished_at, "message": row.message,
    }  # fmt: skip
