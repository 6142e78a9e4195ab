"""What this box is called and where it stands: chosen at the first start, shown on every page."""

from __future__ import annotations

from appliance.engines.database.protocol import Database

NAME, TIMEZONE = "box:name", "box:timezone"


class Box:
    """Kept in memory: every page shows the name. `refresh` after another process may have changed it."""

    def __init__(self, database: Database, timezone: str):
        self._database, self._fallback = database, timezone
        self.refresh()

    def refresh(self) -> None:
        rows = self._database.rows("SELECT key, value FROM ingot_meta WHERE key IN ('box:name', 'box:timezone')")
        found: dict[str, str] = dict(rows)
        self.name: str = found.get(NAME) or "Ingot"
        self.timezone: str = found.get(TIMEZONE) or self._fallback

    def change(self, name: str, timezone: str) -> None:
        """Takes the write transaction, or joins the one that is open."""
        sql = self._database.sql(
            "INSERT INTO ingot_meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        with self._database.write():
            for key, value in ((NAME, name), (TIMEZONE, timezone)):
                self._database.run(sql, (key, value))
        self.refresh()
