"""Which passwords are taken, on every path; how they are hashed; and when what was made with an old one ends."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sign_in_site import ADA, PASSWORD, SignInSite, csrf, sign_in

from appliance import assembly
from appliance.base.errors import Invalid, TooManyRequests
from appliance.base.settings import load
from appliance.cli import main
from appliance.features.identity import accounts, looking_after, passwords
from appliance.features.identity.passwords import HashGate, check_password, common_passwords
from appliance.records.permissions import SYSTEM

GOOD = "four words make sense"
BAD = {
    "short": "too_short", "x" * 501: "too_long", "password12": "common", "PassWord12": "common", "1234567890": "common",
    "qwertyuiop": "common", "aaaaaaaaaaaa": "common", "grace@navy.example": "own_name", "my grace 2026": "own_name",
    "Grace Hopper": "own_name", "gracehopper!": "own_name", "HOPPER-hopper": "own_name", "xx GRACE@navy.example": "own_name",
}  # fmt: skip


def code_of(password: str, name: str = "Grace Hopper", email: str = "grace@navy.example") -> str:
    try:
        check_password(password, name=name, email=email)
    except Invalid as error:
        return error.problems[0].code
    return ""


@pytest.mark.parametrize(("password", "code"), BAD.items())
def test_what_is_guessed_first_is_refused(password: str, code: str) -> None:
    assert code_of(password) == code


def test_of_the_ten_thousand_commonest_none_is_taken() -> None:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    commonest = FREQUENCY_LISTS["passwords"][:10_000]
    assert len(commonest) == 10_000
    assert not [p for p in commonest if not code_of(p, "", "")]
    assert not [p for p in commonest if not code_of(p.upper(), "", "")]
    assert len(common_passwords()) > 1_000


@pytest.mark.parametrize(
    "password", [GOOD, PASSWORD, "пароль из слов", "correct horse", "あいうえおかきくけこ", "Zx9!kkq0-Vb"]
)
def test_others_are_taken(password: str) -> None:
    assert code_of(password) == ""


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_judged(password: str, name: str) -> None:
    assert code_of(password, name, f"{name}@x.example") in {"", "too_short", "common", "own_name", "characters"}
    if len(name.strip()) > 9:
        assert code_of(f"12 {name} 34", name, "") in {"own_name", "common", "characters"}


# ---------------------------------------------------------------------- every path


@pytest.mark.parametrize("password", ["password12", "grace@navy.example", "short"])
def test_no_path_takes_a_bad_one(site: SignInSite, password: str) -> None:
    user = site.add("grace@navy.example", "admin", password=GOOD)
    records, throttle = site.house.records, site.house.throttle
    before = site.rows("SELECT password FROM ingot_user ORDER BY id")
    for write in (
        lambda w: accounts.set_password(w, user, password),
        lambda w: accounts.add_user(w, "other@x.example", name="grace", password=password),
    ):
        with pytest.raises(Invalid), records.work(SYSTEM) as work:
            write(work)
    head = {"Authorization": f"Bearer {site.token('grace@navy.example')}"}
    attributes = {"email": "new@x.example", "name": "grace", "password": password}
    answer = site.client().post("/api/users", json={"data": {"type": "users", "attributes": attributes}}, headers=head)
    assert answer.status_code == 422
    document = {"data": {"type": "users", "id": str(user), "attributes": {"password": password}}}
    assert site.client().patch(f"/api/users/{user}", json=document, headers=head).status_code == 422
    client = site.client()
    assert sign_in(client, "grace@navy.example", GOOD).status_code == 303
    form = {"csrf": csrf(client), "old": GOOD, "password": password}
    assert client.post("/account/password", data=form).status_code == 422
    site.house.database.run("UPDATE ingot_user SET roles = '[]'")
    with pytest.raises(Invalid):
        looking_after.first_administrator(records, site.house.claim, "grace2@x.example", "grace", password)
    assert site.rows("SELECT password FROM ingot_user ORDER BY id") == before
    made = looking_after.reset_password(records, throttle, user)
    assert code_of(made, "grace", "grace@navy.example") == ""


def test_the_command_line_takes_no_bad_one_either(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    run = CliRunner()
    add = ["user", "add", "grace@navy.example", "--password-stdin", "--home", home]
    for bad in ("password12", "grace@navy.example", "short"):
        done = run.invoke(main, add, input=bad + "\n")
        assert done.exit_code == 1 and "password: " in done.output
    assert run.invoke(main, add, input=GOOD + "\n").exit_code == 0
    token = ["token", "create", "--user", " GRACE@Navy.example", "--name", "n", "--home", home]
    assert run.invoke(main, token).exit_code == 0
    reset = ["user", "reset-password", "GRACE@navy.example", "--password-stdin", "--home", home]
    assert run.invoke(main, reset, input="qwertyuiop\n").exit_code == 1
    assert run.invoke(main, reset, input="other words make sense\n").exit_code == 0
    house = assembly.open_house(load(tmp_path / "home", environment={}))
    assert house.database.rows("SELECT revoked_at IS NULL FROM ingot_token") == [(1,)]
    assert run.invoke(main, [*reset, "--revoke-tokens"], input=GOOD + "\n").exit_code == 0
    assert house.database.rows("SELECT revoked_at IS NULL FROM ingot_token") == [(0,)]
    house.database.close()


def test_the_forms_suggest_more_than_they_demand(site: SignInSite) -> None:
    text = site.signed_in(ADA).get("/account").text
    assert "At least 10 characters, better 12." in text and 'minlength="10"' in text


# ---------------------------------------------------------------------- what a new password ends


@pytest.mark.parametrize("revoke", [True, False])
def test_a_new_password_ends_sessions_and_by_choice_tokens(site: SignInSite, revoke: bool) -> None:
    head = {"Authorization": f"Bearer {site.token(ADA)}"}
    here, there = site.signed_in(ADA), site.signed_in(ADA)
    assert "revoke_tokens" in here.get("/account").text
    form = {"csrf": csrf(here), "old": PASSWORD, "password": GOOD} | ({"revoke_tokens": "1"} if revoke else {})
    assert here.post("/account/password", data=form).status_code == 303
    assert (here.get("/api").status_code, there.get("/api").status_code) == (200, 401)
    assert site.client().get("/api", headers=head).status_code == (401 if revoke else 200)


@pytest.mark.parametrize("revoke", [True, False])
def test_so_does_one_that_an_administrator_gives(site: SignInSite, revoke: bool) -> None:
    user = site.add("bob@example.org")
    head, own = ({"Authorization": f"Bearer {site.token(e)}"} for e in ("bob@example.org", ADA))
    client = site.signed_in("bob@example.org")
    attributes = {"password": GOOD, "revoke_tokens": revoke}
    document = {"data": {"type": "users", "id": str(user), "attributes": attributes}}
    assert site.client().patch(f"/api/users/{user}", json=document, headers=own).status_code == 200
    assert client.get("/api").status_code == 401
    assert site.client().get("/api", headers=head).status_code == (401 if revoke else 200)
    for wrong in ({"revoke_tokens": True}, {"password": GOOD, "revoke_tokens": "yes"}, {"password": 12}):
        document["data"]["attributes"] = wrong
        assert site.client().patch(f"/api/users/{user}", json=document, headers=own).status_code == 422


def test_sockets_hear_of_it(site: SignInSite) -> None:
    """`Live` asks its subscribers again when the version of the users moves."""
    before = site.house.records.versions.of("user")
    with site.house.records.work(SYSTEM) as work:
        accounts.set_password(work, site.users[ADA], GOOD)
    assert site.house.records.versions.of("user") > before


# ---------------------------------------------------------------------- hashes


def test_a_hash_of_older_parameters_is_made_anew_at_sign_in(site: SignInSite) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    site.house.database.run("UPDATE ingot_user SET password = ?", (old,))
    assert sign_in(site.client(), ADA, "wrong one here").status_code == 403
    assert site.rows("SELECT password FROM ingot_user") == [(old,)]
    client = site.signed_in(ADA)
    ((fresh,),) = site.rows("SELECT password FROM ingot_user")
    assert fresh != old and not passwords.is_outdated(fresh)
    assert client.get("/api").status_code == 200, "sessions go on: the password is the same"
    site.signed_in(ADA)
    assert site.rows("SELECT password FROM ingot_user") == [(fresh,)]


def test_the_server_hashes_as_slowly_as_it_should(real_hasher: PasswordHasher) -> None:
    """OWASP: argon2id with at least 19 MiB; RFC 9106's second choice is 64 MiB and three passes."""
    assert real_hasher.type.name == "ID"
    assert real_hasher.memory_cost >= 64 * 1024 and real_hasher.time_cost >= 3 and real_hasher.salt_len >= 16


def fill(gate: HashGate, count: int) -> tuple[threading.Event, list[threading.Thread]]:
    """Threads that stay inside until the event is set."""
    leave, inside = threading.Event(), threading.Barrier(count + 1)

    def stay() -> None:
        with gate.place():
            inside.wait()
            leave.wait()

    threads = [threading.Thread(target=stay) for _ in range(count)]
    for thread in threads:
        thread.start()
    inside.wait()
    return leave, threads


def test_at_most_two_hash_at_once_and_the_third_is_told_to_come_again() -> None:
    gate = HashGate(seconds=0.05)
    leave, threads = fill(gate, 2)
    with pytest.raises(TooManyRequests) as refused, gate.place():
        pass
    assert refused.value.retry_after > 0 and refused.value.code == "busy"
    leave.set()
    for thread in threads:
        thread.join()
    with gate.place():
        pass


def test_whoever_waits_gets_the_place_that_falls_free() -> None:
    gate = HashGate(seconds=60)
    leave, threads = fill(gate, 2)
    got = threading.Event()

    def wait() -> None:
        with gate.place():
            got.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    leave.set()
    assert got.wait(60)
    for thread in (*threads, waiting):
        thread.join()


@pytest.mark.parametrize(("threads", "inside", "waiting"), [(1, 1, 0), (2, 1, 0), (3, 1, 1), (4, 2, 1), (16, 2, 13)])
def test_of_the_threads_that_answer_one_is_always_free(threads: int, inside: int, waiting: int) -> None:
    gate = HashGate(seconds=60)
    gate.fit(threads)
    assert (gate._at_once, gate._most_waiting) == (inside, waiting)
    leave, running = fill(gate, inside)
    if not waiting:
        with pytest.raises(TooManyRequests), gate.place():  # at once: nobody may wait
            pass
    leave.set()
    for thread in running:
        thread.join()


@pytest.mark.parametrize("path", ["sign-in", "password", "confirm", "api"])
def test_every_path_to_a_hash_passes_the_gate(site: SignInSite, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    client = site.signed_in(ADA)
    token = csrf(client)
    gate = HashGate(seconds=0.01)
    monkeypatch.setattr(passwords, "gate", gate)
    leave, threads = fill(gate, 2)
    try:
        answer = _ask(site, client, token, path)
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert site.rows("SELECT coalesce(sum(count), 0) FROM ingot_sign_in_failure") == [(0,)], "it was not judged"
    assert site.rows("SELECT coalesce(sum(wrong), 0) FROM ingot_known_place") == [(0,)]


def _ask(site: SignInSite, client: FlaskClient, token: str, path: str) -> object:
    if path == "sign-in":
        return sign_in(site.client("10.0.0.5"), ADA)
    if path == "password":
        return client.post("/account/password", data={"csrf": token, "old": PASSWORD, "password": GOOD})
    if path == "confirm":
        return client.post("/account/confirm", data={"csrf": token, "password": PASSWORD})
    document = {"data": {"type": "users", "attributes": {"email": "x@x.example", "password": GOOD}}}
    return client.post(
        "/api/users", data=json.dumps(document), headers={"X-CSRF-Token": token, "Content-Type": "application/json"}
    )


def test_nothing_hashes_beside_the_gate() -> None:
    """argon2 is imported by the one module that has the gate."""
    root = Path(__file__).resolve().parents[2]
    found = [
        f for part in ("appliance", "gui") for f in (root / part).rglob("*.py") if "argon2" in f.read_text("utf-8")
    ]
    assert [f.name for f in found if "import" in f.read_text("utf-8") and "argon2 import" in f.read_text("utf-8")] == [
        "passwords.py"
    ]
