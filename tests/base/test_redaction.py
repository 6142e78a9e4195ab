"""No planted secret comes through the redaction, in whatever shape it was written; and ordinary lines stay readable. The panel
has the same file, for it imports nothing of the server."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.base import redaction
from appliance.base.redaction import DOTS, redact, redact_line, redact_lines, redact_value

ROOT = Path(__file__).parents[2]
NAMES = [
    "password", "passwd", "new_password", "Passwort", "certificate_password", "INGOT_CERTIFICATE_PASSWORD", "secret",
    "clientSecret",
    "client_secret", "token", "access_token", "refreshToken", "api_key", "apikey", "X-Api-Key", "Authorization", "authorization",
    "Cookie", "Set-Cookie", "X-CSRF-Token", "csrf", "private_key", "credentials", "pwd", "passphrase", "aws_secret_access_key",
    "HTTP_AUTHORIZATION", "session_id",
]  # fmt: skip
WORD = st.text("abcXYZ019-_.~!$%^*+/@:#", min_size=6, max_size=24).map(lambda t: "q" + t + "Z7")
ANY = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=6, max_size=30).map(
    lambda t: "q" + t.strip() + "Z7"
)

WORD_SHAPES: dict[str, Callable[[str, str], str]] = {
    "form": lambda n, s: f"a=1&{n}={s}&b=2".replace("#", "x"),
    "key=value": lambda n, s: f"2026-11-30 INFO x {n}={s} user=ada",
    "key: value": lambda n, s: f"{n}: {s}",
    "indented": lambda n, s: f"settings:\n  {n}: {s}\n  port: 8400",
    "option": lambda n, s: f"ingot user add --{n} {s} --role admin",
    "option=": lambda n, s: f"ingot user add --{n}={s}",
    "environment": lambda n, s: f"env INGOT_{n}={s} ingot serve",
    "bearer header": lambda n, s: f"> {n}: Bearer {s}\n> Accept: */*",
    "dsn": lambda n, s: f"host=db user=u {n}={s} dbname=x",
    "raw request": lambda n, s: repr(f"GET / HTTP/1.1\r\n{n}: {s}\r\nHost: x\r\n\r\n"),
    "cookies": lambda n, s: f"Cookie: theme=dark; {n}={s}; other=1",
}  # fmt: skip
ANY_SHAPES: dict[str, Callable[[str, str], str]] = {
    "JSON": lambda n, s: json.dumps({"a": 1, n: s, "b": "kept"}),
    "JSON, plain letters": lambda n, s: json.dumps({n: s}, ensure_ascii=False),
    "JSON in JSON": lambda n, s: json.dumps({"body": json.dumps({n: s, "b": 2})}),
    "JSON in JSON in JSON": lambda n, s: "said " + json.dumps({"m": json.dumps({"body": json.dumps({n: s})})}),
    "JSON, indented": lambda n, s: json.dumps({"x": {n: s}}, indent=2),
    "JSON, a list": lambda n, s: json.dumps({n: [s, s]}),
    "JSON, headers as pairs": lambda n, s: json.dumps([[n, s], ["Accept", "x"]]),
    "repr": lambda n, s: repr({"a": 1, n: s}),
    "repr of bytes": lambda n, s: repr({n.encode(): s.encode()}),
    "repr of a list": lambda n, s: repr({n: [s]}),
    "repr of pairs": lambda n, s: repr([(n, s), ("Accept", "x")]),
    "arguments": lambda n, s: repr(["ingot", "--" + n, s]),
    "form, encoded": lambda n, s: urlencode({"a": 1, n: s, "b": 2}),
    "address": lambda n, s: f"GET /x?{urlencode({n: s})} HTTP/1.1",
    "header line": lambda n, s: f"POST / HTTP/1.1\r\n{n}: {s}\r\nHost: x",
    "TOML": lambda n, s: f"port = 8400\n{n} = {json.dumps(s, ensure_ascii=False)}\n",
    "parts of a form": lambda n, s: f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{s}\r\n--b--',
    "XML": lambda n, s: f"<x><{n}>{s.replace('<', '')}</{n}></x>",
    "log line": lambda n, s: json.dumps({"at": "x", "message": f"sent {json.dumps({n: s})}"}),
    "log line with an error": lambda n, s: json.dumps({"error": f"Traceback\n  File x\nValueError: {{{n!r}: {s!r}}}"}),
    "HAR": lambda n, s: json.dumps({"headers": [{"name": n, "value": s}]}),
}  # fmt: skip


def forms_of(secret: str) -> set[str]:
    return {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")}


def assert_hidden(text: str, secret: str) -> None:
    for shown in (redact(text), redact_line(text), redact_lines(text.split("\n")), redact(redact(text))):
        assert not [f for f in forms_of(secret) if f in shown], shown
        assert secret[-8:] not in shown, shown


@pytest.mark.parametrize("shape", WORD_SHAPES)
@settings(deadline=None)
@given(st.sampled_from(NAMES), WORD)
def test_a_secret_of_one_word_is_hidden(shape: str, name: str, secret: str) -> None:
    assert_hidden(WORD_SHAPES[shape](name, secret).replace("#", "x"), secret.replace("#", "x"))


@pytest.mark.parametrize("shape", ANY_SHAPES)
@settings(deadline=None)
@given(st.sampled_from(NAMES), ANY)
@example("password", 'q")0000Z7')  # a quote and a bracket end nothing on a line that begins with the name
@example("password", r"q\n000000Z7")
def test_any_secret_in_quotes_or_encoded_is_hidden(shape: str, name: str, secret: str) -> None:
    secret = secret.replace("<", "x")
    assert_hidden(ANY_SHAPES[shape](name, secret), secret)


@settings(deadline=None)
@given(WORD, st.sampled_from(["{0}", "'{0}'", '"{0}"', "at {0}.", "<{0}>", "url={0}", '{{"url": "{0}"}}']))
def test_addresses_with_credentials(secret: str, around: str) -> None:
    for scheme in ("postgresql", "redis", "https", "smtps", "mongodb+srv", "amqp"):
        for user in ("ada", "", "ada%40x"):
            assert_hidden(around.format(f"{scheme}://{user}:{secret}@db.example/x"), secret)


SECRETS_BY_FORM = {
    "a token of ours": "ingot_" + "aB3-_xYz" * 5, "basic": "Basic " + base64.b64encode(b"ada:correct horse").decode(),
    "bearer": "bearer abcdefgh.ijklmnop", "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "claim": "http://box:8400/claim/Zx81-abc_D", "hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g",
}  # fmt: skip


@pytest.mark.parametrize("name", SECRETS_BY_FORM)
@pytest.mark.parametrize("around", ["{}", "sent {} there", '{{"m": "{}"}}', "['{}']", "x={}&y=1", "curl -H '{}' x"])
def test_secrets_are_known_by_their_form(name: str, around: str) -> None:
    secret = SECRETS_BY_FORM[name]
    shown = redact(around.format(secret))
    assert secret[-10:] not in shown and DOTS in shown


BODY = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ" + "aB3+/x" * 2 + str(n) for n in range(8))


@pytest.mark.parametrize(
    "kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"]
)
def test_private_keys_are_hidden_whole_or_cut_off(kind: str) -> None:
    whole = f"-----BEGIN {kind}-----\n{BODY}\n-----END {kind}-----\n"
    cut_off, tail = whole[:300], whole[200:]
    shapes = [whole, whole.replace("\n", "\r\n"), cut_off, tail]
    texts = [t for s in shapes for t in (s, json.dumps({"error": s}), repr(s), json.dumps({"m": json.dumps(s)}))]
    texts.append("\n".join(json.dumps({"message": line}) for line in whole.splitlines()))
    for text in texts:
        for shown in (redact(text), redact_lines(text.split("\n"))):
            assert not [line for line in BODY.split("\n") if line[2:30] in shown or line[-12:] in shown], shown
    assert "after" in redact(whole + "after")


def test_values_of_json_keep_their_shape() -> None:
    given_ = {
        "has_password": True,
        "tokens": 3,
        "password": 123456,
        "none": None,
        "secret": None,
        "ok": ["a", 1],
        "cookie": "",
    }
    shown = redact_value(given_)
    assert shown == given_ | {"password": DOTS}
    settings = [
        {"name": "database", "secret": True, "value": "postgresql://u:p@h/x", "written": "x"},
        {"name": "port", "value": 1},
    ]
    assert redact_value(settings) == [{"name": "database", "secret": True, "value": DOTS, "written": DOTS}, settings[1]]


@settings(deadline=None)
@given(ANY)
def test_what_is_known_to_be_secret_is_hidden_wherever_it_stands(secret: str) -> None:
    for text in (f"x{secret}y", json.dumps(["a", secret]), f"/x?a={quote(secret)}", repr(secret)):
        assert secret not in redact(text, [secret]) and DOTS in redact(text, [secret])


ORDINARY = [
    "ready: http://127.0.0.1:8400", "Snapshot before migration: /home/ada/.local/share/ingot/backups/before-0011.db",
    "Nightly sweep: 12 rows", "GET /api/contacts?filter[city]=Bonn&sort=-name 200 in 12 ms", "user:7 signed in from 192.168.1.5",
    "DELETE FROM ingot_session WHERE expires_at < ?", "Password or address is wrong", "The token was revoked by user 3",
    "Basic understanding of the matter", "mail from bob@example.org to ada@example.org", "sha256 " + "0123456789abcdef" * 4,
    "ssh key fingerprints differ", "session_days = 14", "http://box:8400/x?mail=bob@example.org",
    "/usr/lib/python3/dist-packages/appliance",
    '{"at": "2026-11-30T12:00:00Z", "level": "info", "logger": "ingot", "message": "started: web", "job": 7}', "It has a secret.",
    "INSERT INTO ingot_sign_in_failure (account, network)", "2026-11-30 12:00:00 INFO    worker: 3 jobs",
    "ValueError: x is no number",
]  # fmt: skip


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_lines_stay_as_they_are(line: str) -> None:
    assert redact(line) == line
    assert redact_line(line) == line


def test_what_stands_around_a_secret_stays() -> None:
    assert (
        redact('login {"user": "ada", "password": "x\\"y", "from": "bonn"}')
        == f'login {{"user": "ada", "password": "{DOTS}", "from": "bonn"}}'
    )
    assert redact("a=1&password=x&b=2") == f"a=1&password={DOTS}&b=2"
    assert redact("postgresql://ingot:x@db:5432/ingot") == f"postgresql://ingot:{DOTS}@db:5432/ingot"
    assert redact("Authorization: Basic abc\nHost: x") == f"Authorization: {DOTS}\nHost: x"


@pytest.mark.parametrize(
    "piece",
    [
        "password",
        "password=",
        "a://",
        "-----BEGIN PRIVATE KEY-----",
        '"token": "\\',
        "[({",
        "token=['",
        "A" * 50,
        "x:@",
    ],
)
def test_long_texts_take_no_long_time(piece: str) -> None:
    text = (piece * (200_000 // len(piece)))[:200_000]
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 5


def test_the_panel_has_the_same_file() -> None:
    assert (ROOT / "gui" / "redaction.py").read_text("utf-8") == Path(redaction.__file__).read_text("utf-8")


def test_a_mail_address_as_the_user_of_an_address_hides_no_less() -> None:
    for text in ("smtps://ada@example.org:Zx81-abc@mail.example.org:465", "mail = smtp://a@b.c:Zx81-abc@h/x?y=z"):
        assert "Zx81-abc" not in redact(text) and DOTS in redact(text), redact(text)
    for text in ("http://box:8400/x?mail=bob@example.org",):
        assert redact(text) == text
