"""Every label that ships has its German: entities, fields, helps, choices and views of all packs."""

from __future__ import annotations

import pytest

from appliance.base import paths
from appliance.base.text import headline, labels
from appliance.features.packs.reading import read_pack

PACKS = sorted(f.parent.name for f in paths.PACKS.glob("*/pack.toml"))


@pytest.mark.parametrize("name", PACKS)
def test_every_label_of_a_pack_is_translated(name: str) -> None:
    pack = read_pack(name)
    texts = {pack.label} if pack.entities else set()
    for entity in pack.entities:
        texts |= {entity.label, entity.plural_label, entity.help}
        texts |= {view["label"] for view in entity.views if "label" in view}
        for field in entity:
            texts |= {field.label, field.help, *(c.label for c in field.choices)}
            texts |= {headline(field.inverse)} if field.inverse else set()
    german = labels("de")
    assert not sorted(text for text in texts if text and text not in german)
