"""Who signs in, and from where: one canonical form of an e-mail address, held by the database; wrong passwords counted in a
table; the places somebody signed in from before; when a session's person last gave the password."""

from typing import Any

from appliance.base.email import canonical_email


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE ingot_user ADD COLUMN email_canonical TEXT")

    # Of two addresses with one form the earlier account keeps it. The later one stays as it is, without a form: nobody signs in
    # to it until an administrator changes its address.
    taken = set()
    update = f"UPDATE ingot_user SET email_canonical = {db.param} WHERE id = {db.param}"
    for user_id, email in db.execute_sql("SELECT id, email FROM ingot_user ORDER BY id").fetchall():
        form = canonical_email(email)
        if form and form not in taken:
            taken.add(form)
            db.execute_sql(update, (form, user_id))
    db.execute_sql("CREATE UNIQUE INDEX ingot_user_email_canonical ON ingot_user (email_canonical)")

    # Backups from before hold sessions and the claim link; one that is restored must not bring them back to life. Everybody signs
    # in once more, and `ingot serve` prints a new link.
    db.execute_sql("DELETE FROM ingot_session")
    db.execute_sql("DELETE FROM ingot_meta WHERE key = 'claim'")
    db.execute_sql("ALTER TABLE ingot_session ADD COLUMN confirmed_at TEXT")  # when its person last gave the password

    # account, network: digests of the canonical address that was typed and of the client IP (IPv6: its /64). at: microseconds.
    db.execute_sql(
        "CREATE TABLE ingot_sign_in_failure (account TEXT NOT NULL, network TEXT NOT NULL, count INTEGER NOT NULL, "
        "at BIGINT NOT NULL, PRIMARY KEY (account, network))"
    )
    db.execute_sql("CREATE INDEX ingot_sign_in_failure_network ON ingot_sign_in_failure (network)")
    db.execute_sql("CREATE INDEX ingot_sign_in_failure_at ON ingot_sign_in_failure (at)")
    # place: digest of a client IP's network or of a device cookie. wrong: passwords that were wrong from there since.
    db.execute_sql(
        'CREATE TABLE ingot_known_place ("user" BIGINT NOT NULL, place TEXT NOT NULL, wrong INTEGER NOT NULL DEFAULT 0, '
        'at BIGINT NOT NULL, PRIMARY KEY ("user", place))'
    )
    db.execute_sql("CREATE INDEX ingot_known_place_at ON ingot_known_place (at)")
