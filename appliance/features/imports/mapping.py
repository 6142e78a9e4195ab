"""Which column fills which field, and the functions that turn a cell into a stored value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from appliance.base.errors import Invalid, Problem
from appliance.base.text import say, snake
from appliance.features.imports.plan import NOTES
from appliance.features.imports.values import Style, forgiving, several
from appliance.records.entity import Choice, Entity, Field
from appliance.records.kinds.kind import Convert
from appliance.records.registry import Registry


@dataclass(frozen=True)
class Key:
    """A column whose cells hold a value of the target's field `by`."""

    header: str
    by: str
    read: Convert


@dataclass(frozen=True)
class Column:
    """A column of the file and the field it fills; `by` names the target's field whose value stands in the column.
    `more` are further columns that tell the linked record: it must have all their values."""

    header: str
    field: Field
    read: Convert
    by: str | None = None
    more: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Mapping_:
    columns: tuple[Column, ...]
    unused: tuple[str, ...]


class Matching:
    """Bound to one entity in one revision. `styles` say how columns are meant; `choices` are such as will be added."""

    def __init__(
        self,
        registry: Registry,
        entity: Entity,
        headers: Sequence[str],
        styles: Mapping[str, Style] | None = None,
        choices: Mapping[str, tuple[Choice, ...]] | None = None,
    ):
        self.registry, self.entity, self.headers = registry, entity, headers
        self._styles, self._choices = styles or {}, choices or {}
        self._problems: list[Problem] = []
        self._columns: dict[str, Column] = {}
        self._used: set[str] = set()

    def make(self, wanted: Mapping[str, str], *, only: bool = False) -> Mapping_:
        """`wanted` is {"field" or "relation.key_field": "column"}; columns not named there match fields by name or label, unless
        `only` these are wanted.
        Invalid when it names what does not exist, or when nothing matches."""
        for target, header in wanted.items():
            self._one(target, header)
        for header, field in ({} if only else self.by_words()).items():
            if header not in self._used and field.name not in self._columns:
                self._add(field, header, None)
        if not self._columns and not self._problems:
            text = say("no column of the file matches a field; the columns are: {names}", names=", ".join(self.headers))
            self._problems.append(Problem("mapping", text, "empty"))
        if self._problems:
            raise Invalid(self._problems)
        unused = tuple(h for h in self.headers if h not in self._used and h not in NOTES)
        return Mapping_(tuple(self._columns.values()), unused)

    def by_words(self) -> dict[str, Field]:
        """{column: the field that is called so, by its name or its label}"""
        by_word = {word: f for f in self.entity.fields if f.writable for word in (key_word(f.label), f.name)}
        return {h: by_word[key_word(h)] for h in self.headers if h not in NOTES and key_word(h) in by_word}

    def _one(self, target: str, header: str) -> None:
        name, _, by = target.partition(".")
        field = self.entity.by_name.get(name)
        header = same_column(header, self.headers)
        if header not in self.headers:
            self._problem(target, say("the file has no column {column}", column=header), "column")
        elif field is None or not field.writable:
            self._problem(target, say("there is no field called {name}", name=name), "unknown")
        elif header in self._used:
            self._problem(target, say("is filled twice"), "twice")
        elif name not in self._columns:
            self._add(field, header, by or None)
        elif by and self._columns[name].by and not field.many:
            if read := self._key(field, by, header):
                held = self._columns[name]
                self._columns[name] = replace(held, more=(*held.more, Key(header, by, read)))
                self._used.add(header)
        else:
            self._problem(target, say("is filled twice"), "twice")

    def _add(self, field: Field, header: str, by: str | None) -> None:
        style = self._styles.get(header, Style())
        read: Convert | None
        if by is None or (by == "id" and field.relational):
            table = self.registry.tables[self.entity.name]
            if extra := self._choices.get(field.name):
                field = replace(field, choices=(*field.choices, *extra))
                read = forgiving(field, field.kind.reader(field), style)
            else:
                read = forgiving(field, table.readers[field.name], style)
            by = None
        else:
            read = self._key(field, by, header)
            if read and field.many:
                read = several(read, style.separator)
        if read:
            self._columns[field.name] = Column(header, field, read, by)
            self._used.add(header)

    def _key(self, field: Field, by: str, header: str) -> Convert | None:
        target = self.registry.entities.get(field.target or "")
        key = target.by_name.get(by) if target else None
        if target is None or key is None or key.many:
            self._problem(
                f"{field.name}.{by}", say("{name} cannot be found by {key}", name=field.name, key=by), "unknown"
            )
            return None
        return forgiving(key, self.registry.tables[target.name].readers[by], self._styles.get(header, Style()))

    def _problem(self, target: str, text: object, code: str) -> None:
        self._problems.append(Problem(target, text, code))  # type: ignore[arg-type]


def same_column(wanted: str, headers: Sequence[str]) -> str:
    """The column as the file has it: next month's export writes `No` for `No.`"""
    if wanted in headers:
        return wanted
    alike = [h for h in headers if key_word(h) == key_word(wanted)]
    return alike[0] if len(alike) == 1 else wanted


def key_word(text: str) -> str:
    """By which a header and a label are the same; of Chinese letters no name is left."""
    return snake(text) or text.strip().casefold()
