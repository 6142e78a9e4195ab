"""How a person likes their pages."""


def up(migrator, db):
    for column in ("timezone", "theme", "shortcuts"):
        db.execute_sql(f"ALTER TABLE ingot_user ADD COLUMN {column} TEXT")
