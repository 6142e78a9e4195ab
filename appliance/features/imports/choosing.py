"""What somebody has chosen on the import page: which column goes where, by which columns records are told apart, how values
are meant. Read from its form, from an earlier import, or proposed; and the words an import is asked with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from appliance.base.digits import is_digits
from appliance.base.errors import Invalid
from appliance.base.text import Text, say
from appliance.features.imports.mapping import same_column
from appliance.records.entity import Entity

WRITTEN = ("encoding", "delimiter", "header_row", "sheet")
"""Options that say how the file is written: with other ones it has other columns."""
MEANT = ("date_order", "decimal")
MODES = ("upsert", "create", "update")


@dataclass
class Chosen:
    """`targets` {column: target, "" to leave it out}; `keys` are columns. `problems` {column: sentence}, `wrong`
    {"apart" (no key) or an option: sentence}."""

    targets: dict[str, str]
    keys: set[str]
    mode: str
    options: dict[str, Any]
    problems: dict[str, Text] = field(default_factory=dict)
    wrong: dict[str, Text] = field(default_factory=dict)
    general: list[Text] = field(default_factory=list)

    def words(self) -> dict[str, Any]:
        """For `asking.checked`. Only once `complain` found nothing."""
        mapping = {target: column for column, target in self.targets.items() if target}
        keys = [self.targets[c].partition(".")[0] for c in self.targets if c in self.keys and self.targets[c]]
        able = {t.partition(".")[0] for t in mapping if "." in t}
        options = {**self.options, "only_mapping": True}
        options["create_missing"] = [n for n in options.get("create_missing", []) if n in able]
        return {"mapping": mapping, "keys": list(dict.fromkeys(keys)), "mode": self.mode, "options": options}

    def complain(self) -> bool:
        """Note what a mapping could not even say, or what would surprise: a target chosen twice, no key where one is needed."""
        taken: dict[str, str] = {}
        for column, target in self.targets.items():
            if target and target in taken:
                self.problems[column] = say("is filled by {column} already", column=taken[target])
            elif target:
                taken[target] = column
        if not taken:
            self.general.append(say("Nothing would be imported: choose a field for at least one column."))
        if "id" in taken:
            self.keys = {taken["id"]}  # it tells a record by itself
        if self.mode != "create" and not any(self.targets.get(c) for c in self.keys):
            self.wrong["apart"] = say("Tick the column that tells the records apart, or only create new ones.")
        return bool(self.problems or self.wrong or self.general)

    def note(self, invalid: Invalid) -> None:
        """Problems of the operation, at the columns and options they are about."""
        column_of = {target: column for column, target in self.targets.items() if target}
        by_field = {target.partition(".")[0]: column for target, column in column_of.items()}
        for problem in invalid.problems:
            name = problem.field
            if name in MEANT:
                self.wrong[name] = problem.message
            elif column := column_of.get(name) or by_field.get(name.partition(".")[0]):
                self.problems[column] = problem.message
            else:
                self.general.append(say("It cannot work like this: {why}.", why=problem.message))


def from_form(form: MultiDict[str, str], columns: Sequence[str]) -> Chosen:
    targets = {column: form.get(f"to.{n}", "") for n, column in enumerate(columns)}
    keys = {column for n, column in enumerate(columns) if form.get(f"key.{n}")}
    mode = form.get("mode", "upsert")
    options = written(form) | {name: form[name] for name in (*MEANT, "separator") if form.get(name)}
    if form.get("fill"):
        options["short_rows"] = "fill"
    if form.get("add_choices"):
        options["add_choices"] = True
    if form.get("round_digits"):
        options["round_digits"] = True
    options["create_missing"] = form.getlist("create_missing")
    return Chosen(targets, keys, mode if mode in MODES else "upsert", options)


def written(values: MultiDict[str, str]) -> dict[str, Any]:
    """The options that say how the file is written, out of a form or an address; what is no number stays a text, which the
    options' own check refuses."""
    found: dict[str, Any] = {name: values[name] for name in WRITTEN if values.get(name)}
    if found.get("delimiter") == "tab":
        found["delimiter"] = "\t"
    if is_digits(row := found.get("header_row"), 8):
        found["header_row"] = int(row)
    return found


def from_plan(plan: Mapping[str, Any], entity: Entity, analysis: Mapping[str, Any]) -> Chosen:
    """As in an earlier import or a saved mapping, for the columns of this file. What an earlier one did not say goes where it
    is called, as it did then."""
    columns = [c["name"] for c in analysis["columns"]]
    options = {n: v for n, v in (plan.get("options") or {}).items() if n not in WRITTEN}
    targets = dict.fromkeys(columns, "")
    if not options.pop("only_mapping", False):
        targets |= {p["column"]: p["target"] for p in analysis["proposals"] if p["by"] == "name" and p["target"]}
    for target, column in (plan.get("mapping") or {}).items():
        here = same_column(column, columns)
        if here in targets:
            targets |= {c: "" for c, t in targets.items() if t == target}
            targets[here] = target
    mode = plan.get("mode") if plan.get("mode") in MODES else "upsert"
    return Chosen(targets, _columns_of(plan.get("keys") or [], targets), str(mode), options)


def proposed(entity: Entity, analysis: Mapping[str, Any], modes: Collection[str]) -> Chosen:
    targets = {p["column"]: p["target"] or "" for p in analysis["proposals"]}
    keys = _columns_of(analysis["keys"], targets)
    wanted = "upsert" if keys else "create"
    return Chosen(targets, keys, wanted if wanted in modes else next(iter(modes)), {})


def _columns_of(keys: Collection[str], targets: Mapping[str, str]) -> set[str]:
    return {column for column, target in targets.items() if target.partition(".")[0] in keys}
