"""`ingot user` and `ingot token`: people, and the programs that act for them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import orjson

from appliance import assembly
from appliance.base.errors import IngotError
from appliance.base.text import say
from appliance.cli.kit import look_at, main, open_house, show, with_home, with_json
from appliance.features.identity import accounts, tokens
from appliance.records.permissions import SYSTEM


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@with_home
@click.argument("email")
@click.option("--name", default="")
@click.option("--role", "roles", multiple=True, help="admin, editor, reader, or ENTITY:ROLE. May be repeated.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def user_add(home: Path, email: str, name: str, roles: tuple[str, ...], password_stdin: bool) -> None:
    """Add a user."""
    house = open_house(home, new=True)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with house.records.work(SYSTEM) as work:
        row = accounts.add_user(work, email, name=name, roles=list(roles) or None, password=password)
    click.echo(f"User {row[0]}: {email}")


@user.command("list")
@with_home
@with_json
def user_list(home: Path, as_json: bool) -> None:
    """Who there is."""
    rows = look_at(home).database.rows("SELECT id, email, name, roles, active FROM ingot_user ORDER BY id")
    show(
        as_json,
        [
            dict(zip(("id", "email", "name", "roles", "active"), (*r[:3], orjson.loads(r[3]), bool(r[4])), strict=True))
            for r in rows
        ],
    )


@user.command("disable")
@with_home
@click.argument("email")
def user_disable(home: Path, email: str) -> None:
    """Keep a user from signing in; records stay theirs."""
    house = open_house(home)
    with house.records.work(SYSTEM) as work:
        work.update("user", known_user(house, email), {"active": False})


@user.command("change-email")
@with_home
@click.argument("email")
@click.argument("new")
def user_change_email(home: Path, email: str, new: str) -> None:
    """Give a user another address to sign in with, as where two accounts share one (`ingot check` names them)."""
    house = open_house(home)
    with house.records.work(SYSTEM) as work:
        work.update("user", known_user(house, email), {"email": new})


@user.command("reset-password")
@with_home
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--revoke-tokens", is_flag=True, help="End the user's tokens as well.")
def user_reset(home: Path, email: str, password_stdin: bool, revoke_tokens: bool) -> None:
    """Set a new password and end the user's sessions."""
    house = open_house(home)
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with house.records.work(SYSTEM) as work:
        accounts.set_password(work, known_user(house, email), password, revoke_tokens=revoke_tokens)


def known_user(house: assembly.House, email: str) -> int:
    found = accounts.find_user(house.database, email)
    if found is None:
        raise IngotError(say("There is no user with the address {email}.", email=email))
    return found


@main.group()
def token() -> None:
    """Tokens for programs."""


@token.command("create")
@with_home
@with_json
@click.option("--user", "email", required=True, help="The user on whose behalf the program acts.")
@click.option("--name", required=True)
@click.option(
    "--scope", "scopes", multiple=True, help="ENTITY:VERB, as contacts:read or *:write. None: all the user may do."
)
@click.option("--expires", help="A date, a time, or a span: 2027-01-31, 90d.")
def token_create(
    home: Path, as_json: bool, email: str, name: str, scopes: tuple[str, ...], expires: str | None
) -> None:
    """Make a token and print it, once."""
    house = open_house(home)
    with house.records.work(SYSTEM) as work:
        token_id, secret = tokens.create_token(work, known_user(house, email), name, list(scopes), expires)
    click.echo(json.dumps({"id": str(token_id), "token": secret}) if as_json else secret)
