"""Numbers in Prometheus' text format 0.0.4: all samples of one name together, each name with its help and its type."""

from __future__ import annotations

from collections.abc import Mapping

HELP = {
    "ingot_component_up": "1 while the component works.",
    "ingot_database_bytes": "Size of the database on disk.",
    "ingot_disk_free_bytes": "Free room on the disk that holds the home folder.",
    "ingot_http_answers_total": "Answers by class of status.",
    "ingot_http_seconds_total": "Seconds spent on answers.",
    "ingot_index_lag": "Log entries that the search index has not read yet.",
    "ingot_job_retries_total": "Jobs that failed and were tried again by this process.",
    "ingot_jobs": "Jobs by state.",
    "ingot_jobs_oldest_waiting_seconds": "How long the oldest waiting job of a lane has waited.",
    "ingot_jobs_running_here": "Jobs of a lane that this process runs.",
    "ingot_jobs_waiting": "Jobs of a lane that wait.",
    "ingot_log_position": "The newest position of the log.",
    "ingot_maintenance": "1 while the box is closed for maintenance.",
    "ingot_memory_bytes": "Memory this process holds.",
    "ingot_sockets": "Open WebSockets.",
}


def expose(samples: Mapping[str, float]) -> str:
    """`samples` are keyed as they are written: `name{label="value"}`. A name without a help text gets a plain one."""
    grouped: dict[str, list[str]] = {}
    for name, value in samples.items():
        grouped.setdefault(name.partition("{")[0], []).append(f"{name} {value:.10g}")
    lines = []
    for name, listed in sorted(grouped.items()):
        lines.append(f"# HELP {name} {HELP.get(name, name.replace('_', ' ') + '.')}")
        lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines += listed
    return "\n".join(lines) + "\n"
