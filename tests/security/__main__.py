"""`python tests/security`: the table of items, each with its tests or the reason why there is none."""

from __future__ import annotations

import sys
import textwrap

from items import ITEMS


def main() -> None:
    for number, item in ITEMS.items():
        held = "held" if item.tests and not item.missing else "partly" if item.tests else "not here"
        sys.stdout.write(f"{number:2}  {held:<8}  {item.title}\n")
        for test in item.tests:
            sys.stdout.write(f"              {test}\n")
        if item.missing:
            sys.stdout.write(textwrap.indent(textwrap.fill(item.missing, 100), " " * 14) + "\n")
    held = sum(bool(i.tests) and not i.missing for i in ITEMS.values())
    partly = sum(bool(i.tests and i.missing) for i in ITEMS.values())
    sys.stdout.write(f"\n{held} held, {partly} partly, {len(ITEMS) - held - partly} not here\n")


main()
