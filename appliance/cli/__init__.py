"""The `ingot` command. Every command takes --home; what prints data takes --json; exit codes mean things."""

from appliance.cli import backup, entities, jobs, people, process, records  # each adds its commands to main
from appliance.cli.kit import main

__all__ = ["backup", "entities", "jobs", "main", "people", "process", "records"]
