"""Which column fills which field of an entity: by what they are called, by synonyms, by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from appliance.base.text import snake
from appliance.engines.database.protocol import Database
from appliance.features.imports.mapping import key_word
from appliance.features.imports.offering import key_fields
from appliance.features.imports.plan import NOTES
from appliance.features.imports.values import Style, forgiving, split
from appliance.records.entity import Entity, Field
from appliance.records.kinds import Wrong
from appliance.records.permissions import Actor, sees
from appliance.records.registry import Registry

ASKED = 100
"""Different values of a column that are looked up among the records they may point at."""
JUDGED = 200
"""Values of a column that are read as a field would read them."""
_GROUPS = (
    "email e_mail mail email_address e_mail_address mail_address e_mail_adresse mailadresse correo courriel",
    "phone telephone tel telefon phone_number telephone_number telefonnummer rufnummer telefono business_phone work_phone",
    "mobile cell cell_phone mobile_phone mobile_number handy mobil mobiltelefon handynummer",
    "fax telefax fax_number faxnummer",
    "first_name firstname given_name forename vorname prenom nombre",
    "last_name lastname surname family_name nachname familienname nom apellido",
    "name full_name display_name title bezeichnung titel vollstandiger_name subject label",
    "company organization organisation firma account company_name account_name unternehmen firm supplier employer customer kunde",
    "street address street_address address_1 address_line_1 strasse anschrift adresse rue calle",
    "zip zip_code postal_code postcode plz postleitzahl code_postal zipcode",
    "city town ort stadt ville ciudad locality place",
    "state region province bundesland county provincia",
    "country land pays pais country_name country_code",
    "website url web homepage web_address internet www webseite site link",
    "birthday born birth_date birthdate date_of_birth dob geburtstag geburtsdatum",
    "note notes comment comments remark remarks bemerkung bemerkungen notiz notizen kommentar description beschreibung details",
    "amount value betrag sum total summe price preis wert invoiced_value net_amount montant importe",
    "pay salary wage gehalt lohn income einkommen salaire sueldo",
    "number no nr nummer reference ref code id_number num",
    "date datum day tag fecha jour gl_date posting_date",
    "status state stage zustand phase", "type kind art category kategorie typ", "quantity qty menge anzahl count",
    "department abteilung team unit", "job_title position role funktion beruf title",
)  # fmt: skip
_SYNONYMS: dict[str, set[int]] = {}
for _n, _group in enumerate(_GROUPS):
    for _word in _group.split():
        _SYNONYMS.setdefault(_word, set()).add(_n)


@dataclass
class Proposal:
    """One column: `target` is what a mapping would say, `by` why (name, label, synonym, values), `fits` the share of the
    sample's values that can be stored so."""

    column: str
    target: str | None = None
    by: str | None = None
    fits: float | None = None
    examples_that_do_not: list[str] = field(default_factory=list)


class Proposing:
    def __init__(self, database: Database, registry: Registry, actor: Actor, entity: Entity, styles: dict[str, Style]):
        self._database, self._registry, self._actor = database, registry, actor
        self._entity, self._styles = entity, styles
        self._fields = {f.name: f for f in entity.fields if f.writable}

    def propose(self, columns: Sequence[str], sample: Sequence[dict[str, Any]]) -> list[Proposal]:
        """For each column, at most one field; for each field, at most one column."""
        found = {c: Proposal(c) for c in columns}
        cells = {c: [t for r in sample if (t := r.get(c)) and t.strip()] for c in columns}
        free = dict(self._fields)
        for by, match in (
            ("name", self._by_name),
            ("key", self._by_key),
            ("synonym", self._by_synonym),
            ("values", self._by_values),
        ):
            for column in columns:
                if (
                    found[column].target is None
                    and column not in NOTES
                    and (target := match(column, cells[column], free))
                ):
                    name, _, key = target.partition(".")
                    chosen = free.pop(name)
                    if chosen.relational and not key:
                        target = self._with_key(chosen, cells[column])
                    found[column].target, found[column].by = target, by
        for proposal in found.values():
            self._judge(proposal, cells[proposal.column])
        return list(found.values())

    def _by_name(self, column: str, cells: list[str], free: dict[str, Field]) -> str | None:
        word = key_word(column)
        return next((f.name for f in free.values() if word in (f.name, key_word(f.label))), None)

    def _by_key(self, column: str, cells: list[str], free: dict[str, Field]) -> str | None:
        """`Account code` is the code of the account."""
        word = snake(column)
        for one in free.values():
            target = self._registry.entities.get(one.target or "")
            if not target or not one.relational:
                continue
            for prefix in {one.name, snake(one.label)}:
                rest = word.removeprefix(prefix + "_")
                if rest != word and (rest in target.by_name or rest == "id"):
                    return f"{one.name}.{rest}"
        return None

    def _by_synonym(self, column: str, cells: list[str], free: dict[str, Field]) -> str | None:
        groups = _SYNONYMS.get(snake(column), set())
        same = [
            f for f in free.values() if groups & (_SYNONYMS.get(f.name, set()) | _SYNONYMS.get(snake(f.label), set()))
        ]
        # a synonym is only a hint: what stands in the column must fit
        return next((f.name for f in same if f.relational or self._share(f, column, cells) >= 0.8), None)

    def _by_values(self, column: str, cells: list[str], free: dict[str, Field]) -> str | None:
        """Addresses, links and choices give themselves away, where only one field can take them."""
        if not cells:
            return None
        able = [f for f in free.values() if f.kind.recognisable and self._share(f, column, cells) == 1]
        able = able or [f for f in free.values() if f.kind.single_choice and self._share(f, column, cells) == 1]
        return able[0].name if len(able) == 1 else None

    def _with_key(self, chosen: Field, cells: list[str]) -> str:
        """The target's field whose values stand in the column: the one by which most are found."""
        target = self._registry.entities.get(chosen.target or "")
        if target is None:
            return chosen.name
        able = key_fields(target)
        words = list(dict.fromkeys(w.strip() for c in cells for w in (split(c) if chosen.many else [c]) if w.strip()))[
            :ASKED
        ]
        shares = {name: self._known(target, name, words) for name in able}
        best = max(able, key=lambda n: shares[n], default=None)
        if all(w.isdigit() for w in words) and self._known(target, "id", words) > max([0.0, *shares.values()]):
            return chosen.name
        return f"{chosen.name}.{best}" if best else chosen.name

    def _known(self, target: Entity, name: str, words: list[str]) -> float:
        if not words or not self._actor.reach("read", target.name):
            return 0.0
        table = self._registry.tables[target.name]
        values = []
        for word in words:
            try:
                values.append(int(word) if name == "id" else table.readers[name](word))
            except (Wrong, ValueError):
                continue
        values = [v for v in dict.fromkeys(values) if v is not None and not (isinstance(v, int) and abs(v) >= 2**63)]
        if not values:
            return 0.0
        column = "id" if name == "id" else target.by_name[name].column
        select = table.select_sql.rpartition(" WHERE ")[0]
        marks = ", ".join("?" * len(values))
        rows = self._database.rows(select + self._database.sql(f' WHERE "{column}" IN ({marks}) LIMIT 1000'), values)
        seen = {table.plain(name, r[table.place[name]]) for r in rows if sees(self._actor, table, r)}
        return len(seen) / len(words)

    def _judge(self, proposal: Proposal, cells: list[str]) -> None:
        name, _, key = (proposal.target or "").partition(".")
        chosen = self._fields.get(name)
        if chosen and not key and not chosen.relational and cells:
            bad = self._bad(chosen, proposal.column, cells)
            proposal.fits = round(1 - len(bad) / min(len(cells), JUDGED), 3)
            proposal.examples_that_do_not = list(dict.fromkeys(b[:100] for b in bad))[:3]
        elif chosen and key and cells and (target := self._registry.entities.get(chosen.target or "")):
            words = list(
                dict.fromkeys(w.strip() for c in cells for w in (split(c) if chosen.many else [c]) if w.strip())
            )
            proposal.fits = round(self._known(target, key, words[:ASKED]), 3)

    def _share(self, one: Field, column: str, cells: list[str]) -> float:
        return 1 - len(self._bad(one, column, cells)) / min(len(cells), JUDGED) if cells else 1.0

    def _bad(self, one: Field, column: str, cells: list[str]) -> list[str]:
        read = forgiving(
            one, self._registry.tables[self._entity.name].readers[one.name], self._styles.get(column, Style())
        )
        bad = []
        for cell in cells[:JUDGED]:
            try:
                read(cell)
            except Wrong:
                bad.append(cell)
        return bad
