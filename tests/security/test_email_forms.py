"""One form of an e-mail address, everywhere."""

from __future__ import annotations

import importlib
import json
import re
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sign_in_site import ADA, PASSWORD, SignInSite, csrf, open_site, sign_in

from appliance.base.email import canonical_email
from appliance.base.errors import Conflict, Invalid
from appliance.engines.database.protocol import Database
from appliance.features.identity import accounts, tokens
from appliance.records.canonical import CANONICAL
from appliance.records.permissions import SYSTEM
from appliance.records.records import Records
from appliance.records.work import Work

SPELLINGS = (
    "ADA@example.org", "Ada@Example.ORG", " ada@example.org", "ada@example.org\t", "\u00a0ada@example.org\u2003",
    "ａｄａ@example.org", "ada@ｅxample.org", "𝒶𝒹𝒶@example.org", "ada＠example.org",
    "a\u200bda@example.org", "ada@exam\u00adple.org", "\ufeffada@example.org",
)  # fmt: skip


@given(st.text(max_size=60))
@settings(max_examples=1_000, deadline=None)
def test_the_form_of_a_form_is_itself(text: str) -> None:
    form = canonical_email(text)
    assert canonical_email(form) == form == form.strip()


@given(st.text(max_size=40), st.sampled_from([" ", "\t", "\u00a0", "\u3000", "\n", "  "]))
@settings(max_examples=500, deadline=None)
def test_case_width_composition_and_white_space_make_no_other_address(text: str, space: str) -> None:
    form = canonical_email(text)
    assert canonical_email(space + text + space) == form
    for other in (text.casefold(), unicodedata.normalize("NFC", text), unicodedata.normalize("NFKC", text)):
        assert canonical_email(other) == form
    if text.upper().casefold() == text.casefold():  # a few letters have a capital that is another letter's
        assert canonical_email(text.upper()) == form


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_signs_in_and_counts_for_the_same_account(spelling: str, quiet_site: SignInSite) -> None:
    throttle, database = quiet_site.house.throttle, quiet_site.house.database
    assert accounts.find_user(database, spelling) == quiet_site.users[ADA]
    assert accounts.find_signing_in(database, spelling) == quiet_site.users[ADA]
    assert throttle.begin(spelling, "10.1.1.1").account == throttle.begin(ADA, "10.1.1.1").account


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_path_gives_a_second_account_the_same_form(spelling: str, quiet_site: SignInSite) -> None:
    other = quiet_site.users["bob@example.org"]
    with pytest.raises(Invalid), quiet_site.house.records.work(SYSTEM) as work:
        accounts.add_user(work, spelling)
    tidy = spelling.strip()
    if "@" not in tidy:  # one that is no address at all to the kind: refused before
        return
    for write in (
        lambda w: w.create("user", {"email": tidy, "name": "x"}),
        lambda w: w.update("user", other, {"email": tidy}),
        lambda w: w.apply(w.table("user"), w.row(w.table("user"), other), {"email": tidy}, {}),
    ):
        with pytest.raises((Conflict, Invalid)), quiet_site.house.records.work(SYSTEM) as work:
            write(work)
    head = {"Authorization": f"Bearer {quiet_site.token(ADA)}"}
    user = {"type": "users", "attributes": {"email": tidy}}
    made = quiet_site.client().post("/api/users", json={"data": user}, headers=head)
    changed = quiet_site.client().patch(f"/api/users/{other}", json={"data": {**user, "id": str(other)}}, headers=head)
    assert (made.status_code in (409, 422), changed.status_code in (409, 422)) == (True, True)
    assert quiet_site.rows("SELECT email FROM ingot_user WHERE id = ?", other) == [("bob@example.org",)]


def test_what_was_typed_is_stored_as_typed(site: SignInSite) -> None:
    user = site.add("Grace.Hopper@Example.ORG")
    assert site.rows("SELECT email, email_canonical FROM ingot_user WHERE id = ?", user) == [
        ("Grace.Hopper@Example.ORG", "grace.hopper@example.org")
    ]
    assert sign_in(site.client(), "grace.hopper@example.org").status_code == 303


def test_the_form_follows_every_change_and_comes_back_with_a_deleted_account(records: Records) -> None:
    """Through the unit of work, on both databases: create, change, delete, bring back."""

    def form(user: int) -> Any:
        sql = records.database.sql("SELECT email_canonical FROM ingot_user WHERE id = ?")
        return records.database.rows(sql, (user,))

    with records.work(SYSTEM) as work:
        user = work.create("user", {"email": "Zoe@x.example"})[0]
    assert form(user) == [("zoe@x.example",)]
    with records.work(SYSTEM) as work:
        work.update("user", user, {"email": "ZOË@x.example", "name": "Zoë"})
    assert form(user) == [("zoë@x.example",)]
    with records.work(SYSTEM) as work:
        work.delete("user", user)
    with records.work(SYSTEM) as work:
        work.bring_back("user", user, {"email": "ZOE\u0308@x.example", "active": True, "roles": []})
    assert form(user) == [("zoë@x.example",)]


def test_of_two_who_want_one_address_at_once_one_gets_it(records: Records) -> None:
    start, got = threading.Barrier(4), list[str]()
    wanted = ("One@x.example", "one@X.example", "ONE@x.example", "ｏne@x.example")
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)

    def take(email: str) -> None:
        start.wait()
        try:
            with records.work(SYSTEM) as work:
                accounts.add_user(work, email)
            got.append(email)
        except (Invalid, Conflict):
            pass
        finally:
            records.database.release()

    threads = [threading.Thread(target=take, args=(email,)) for email in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert records.database.rows("SELECT count(*) FROM ingot_user") == [(1,)]


def test_the_database_itself_refuses_a_second_one(records: Records) -> None:
    """Whatever is forgotten above: the index stands."""
    with records.work(SYSTEM) as work:
        accounts.seed_roles(work)
        accounts.add_user(work, "one@x.example")
        other = accounts.add_user(work, "two@x.example")[0]
    sql = records.database.sql("UPDATE ingot_user SET email_canonical = 'one@x.example' WHERE id = ?")
    with pytest.raises(Exception, match=r"(?i)unique"), records.database.write():
        records.database.run(sql, (other,))


def test_no_other_place_writes_a_column_that_has_a_form() -> None:
    """The form follows where entries are made (`Work.note`): SQL of one's own would pass it by."""
    root = Path(__file__).resolve().parents[2] / "appliance"
    for rule in CANONICAL.values():
        writes = re.compile(
            rf"(UPDATE {rule.table}\b[^;]*?\b{rule.field}\s*=[^;]*?WHERE|INSERT INTO {rule.table}\b)", re.S
        )
        found = [str(f) for f in root.rglob("*.py") if "migrations" not in f.parts and writes.search(f.read_text())]
        assert not found


# ---------------------------------------------------------------------- accounts from before


def _old_pair(database: Database) -> None:
    """As 0.1.0 left them: two addresses with one form."""
    with database.write():
        database.run("DROP INDEX ingot_user_email_canonical")
        for email, form in (("Ann@x.example", "ann@x.example"), ("ann@x.example", None)):
            sql = database.sql(
                "INSERT INTO ingot_user (version, created_at, updated_at, email, name, active, roles, email_canonical, password) "
                "VALUES (1, '', '', ?, 'Ann', ?, '[\"reader\"]', ?, ?)"
            )
            database.run(sql, (email, True, form, accounts.hash_password(PASSWORD)))
        database.run("CREATE UNIQUE INDEX ingot_user_email_canonical ON ingot_user (email_canonical)")


def test_the_migration_keeps_both_of_an_old_pair_and_the_later_one_is_named(tmp_path: Path, database: Database) -> None:
    """The migration itself, on a table as it was."""

    migration = importlib.import_module("appliance.migrations.0008_sign_in")
    with database.write():
        for table in ("ingot_sign_in_failure", "ingot_known_place"):
            database.run(f"DROP TABLE {table}")
        database.run("DROP INDEX ingot_user_email_canonical")
        database.run("ALTER TABLE ingot_user DROP COLUMN email_canonical")
        database.run("ALTER TABLE ingot_session DROP COLUMN confirmed_at")
        for email in ("Ann@x.example", "ann@x.example", "ANN@x.example", "eve@x.example"):
            sql = database.sql(
                "INSERT INTO ingot_user (version, created_at, updated_at, email, active, roles) VALUES (1, '', '', ?, ?, '[]')"
            )
            database.run(sql, (email, True))
        database.run(
            'INSERT INTO ingot_session (digest, "user", csrf, created_at, seen_at, expires_at, address, agent) '
            "VALUES ('d', 1, 'c', '2026-01-01', '2026-01-01', '2099-01-01', '', '')"
        )
        database.run("INSERT INTO ingot_meta (key, value) VALUES ('claim', 'x')")
        migration.up(None, database.peewee)
    assert database.rows("SELECT count(*) FROM ingot_session") == [(0,)], "an old backup revives no session"
    assert database.rows("SELECT count(*) FROM ingot_meta WHERE key = 'claim'") == [(0,)]
    forms = [row[0] for row in database.rows("SELECT email_canonical FROM ingot_user ORDER BY id")]
    assert forms == ["ann@x.example", None, None, "eve@x.example"]
    shared = accounts.shared_emails(database)
    assert [(first[1], later[1]) for first, later in shared] == [
        ("Ann@x.example", "ann@x.example"), ("Ann@x.example", "ANN@x.example")
    ]  # fmt: skip


def test_the_later_of_an_old_pair_signs_in_once_an_administrator_gave_another_address(site: SignInSite) -> None:
    _old_pair(site.house.database)
    first, later = (row[0] for row in site.rows("SELECT id FROM ingot_user WHERE name = 'Ann' ORDER BY id"))
    assert sign_in(site.client(), "ann@x.example").status_code == 303, "the earlier one, whatever is typed"
    assert site.rows('SELECT DISTINCT "user" FROM ingot_session') == [(first,)]
    admin = site.signed_in(ADA)
    page = admin.get("/health").text
    assert "Ann@x.example" in page and f"Users {first}" in page
    with site.house.records.work(SYSTEM) as work:  # other changes of the later one go through
        work.update("user", later, {"name": "Anna", "active": False})
        work.update("user", later, {"active": True})
    head = {"X-CSRF-Token": csrf(admin)}
    document = {"data": {"type": "users", "id": str(later), "attributes": {"email": "anna@x.example"}}}
    assert admin.patch(f"/api/users/{later}", json=document, headers=head).status_code == 200
    assert sign_in(site.client(), "Anna@X.example").status_code == 303
    assert "Users " not in admin.get("/health").text


def test_a_command_can_name_both_of_an_old_pair(site: SignInSite) -> None:
    _old_pair(site.house.database)
    first, later = (row[0] for row in site.rows("SELECT id FROM ingot_user WHERE name = 'Ann' ORDER BY id"))
    named = [accounts.find_user(site.house.database, e) for e in ("Ann@x.example", "ann@x.example", "ANN@X.example")]
    assert named == [first, later, first]


def test_check_names_the_pair(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from appliance.cli import main

    site = open_site(tmp_path / "home")
    _old_pair(site.house.database)
    site.house.database.close()
    done = CliRunner().invoke(main, ["check", "--json", "--home", str(tmp_path / "home")])
    found = json.loads(done.output)["users"]
    assert found["state"] == "degraded" and "Ann@x.example" in found["reason"] and "ann@x.example" in found["reason"]
    assert "ingot user change-email" in found["reason"]
    home = ["--home", str(tmp_path / "home")]
    assert CliRunner().invoke(main, ["user", "change-email", "ann@x.example", "anna@x.example", *home]).exit_code == 0
    again = CliRunner().invoke(main, ["check", "--json", *home])
    assert "users" not in json.loads(again.output), "the command that it names has mended it"


def test_ones_own_address_changes_with_the_password_alone(site: SignInSite) -> None:
    client = site.signed_in(ADA)
    form = {"csrf": csrf(client), "name": "Ada", "email": "countess@example.org"}
    for wrong in ({}, {"current": ""}, {"current": "not my password"}):
        answer = client.post("/account", data={**form, **wrong})
        assert answer.status_code == 422
        assert "countess@example.org" in answer.text, "what was typed is kept"
    assert site.rows("SELECT email FROM ingot_user") == [(ADA,)]
    assert client.post("/account", data={**form, "email": ADA, "name": "Countess"}).status_code == 303
    assert client.post("/account", data={**form, "current": PASSWORD}).status_code == 303
    assert site.rows("SELECT email FROM ingot_user") == [("countess@example.org",)]
    assert sign_in(site.client(), "Countess@Example.org").status_code == 303


def test_the_account_page_says_that_an_address_is_taken(site: SignInSite) -> None:
    site.add("victim@example.org")
    client = site.signed_in(ADA)
    answer = client.post("/account", data={"csrf": csrf(client), "email": "Victim@example.org", "current": PASSWORD})
    assert answer.status_code == 409 and "has this email already" in answer.text


def test_the_first_administrator_cannot_take_an_address_either(site: SignInSite) -> None:
    client = site.client()
    site.house.database.run("UPDATE ingot_user SET password = NULL")
    assert client.post(f"/claim/{site.house.claim.open()}").status_code == 303
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/welcome").text)
    form = {"name": "Grace", "email": "ADA@example.org", "language": "en", "timezone": "UTC", "password": PASSWORD}
    answer = client.post("/welcome", data={**form, "csrf": found[1] if found else ""})
    assert answer.status_code == 409 and "has this email already" in answer.text and "Grace" in answer.text


def test_a_token_is_made_for_the_account_that_was_named(site: SignInSite) -> None:
    user = site.add("own2@example.org")
    with site.house.records.work(SYSTEM) as work:
        token_id, _ = tokens.create_token(
            work, accounts.find_user(site.house.database, " OWN2@example.org ") or 0, "n", [], None
        )
    assert site.rows('SELECT "user" FROM ingot_token WHERE id = ?', token_id) == [(user,)]
    assert isinstance(work, Work)
