"""The first run, from nothing to a box somebody owns; and each answer that cannot be right is said before it does harm."""

from __future__ import annotations

import os
import signal
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pytestqt.qtbot import QtBot

from gui import places, texts
from gui.looks import Looks
from gui.wizard.address import AddressStep
from gui.wizard.administrator import AdministratorStep
from gui.wizard.boot import BootStep
from gui.wizard.folder import FolderStep
from gui.wizard.language import LanguageStep
from gui.wizard.ready import ReadyStep
from gui.wizard.step import Answers
from gui.wizard.wizard import Wizard

LONG = 40_000


@pytest.fixture
def wizard(tmp_path: Path, looks: Looks, qtbot: QtBot) -> Iterator[Wizard]:
    made = Wizard(Answers(tmp_path / "home", looks))
    made.show()
    yield made
    desk = made.answers.desk
    if desk:
        desk.watcher.stop()
        desk.client.forget()
        run = places.run_file(desk.home)
        if run and places.alive(run.pid):
            os.kill(run.pid, signal.SIGKILL)
    made.close()
    texts.speak("en")


def forward(wizard: Wizard, qtbot: QtBot, to: type) -> None:
    wizard.next.click()
    qtbot.waitUntil(lambda: type(wizard.step) is to, timeout=LONG)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_from_nothing_to_a_box_somebody_owns(wizard: Wizard, qtbot: QtBot, tmp_path: Path) -> None:
    """One story, for it starts a server: with a taken port, a folder that is none, a password that is too short."""
    assert isinstance(wizard.step, LanguageStep)
    wizard.step.choices["de"].click()
    assert wizard.next.text() == "Weiter" and "Sprache" in wizard.step.body.itemAt(1).widget().text()
    forward(wizard, qtbot, FolderStep)
    wizard.back.click()
    wizard.step.choices["en"].click()
    assert wizard.next.text() == "Next"
    forward(wizard, qtbot, FolderStep)
    assert wizard.step.name == "Where is everything kept?", "also what was seen before is said anew"

    (tmp_path / "a file").write_text("x")
    wizard.step.edit.setText(str(tmp_path / "a file"))
    wizard.next.click()
    assert "is a file" in wizard.step.problem.text() and wizard.next.isEnabled()
    wizard.step.edit.setText(str(tmp_path / "home"))
    forward(wizard, qtbot, AddressStep)

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        wizard.step.alone.click()
        wizard.step.port.setText(str(other.getsockname()[1]))
        wizard.next.click()
        assert "cannot be used" in wizard.step.problem.text()
        assert not (tmp_path / "home").exists(), "nothing is made before the answer is right"
    wizard.step.port.setText(str(port := free_port()))
    forward(wizard, qtbot, AdministratorStep)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
    written = tomllib.loads((tmp_path / "home" / "settings.toml").read_text())
    assert written["host"] == "127.0.0.1" and written["port"] == port
    wizard.back.click()
    wizard.back.click()
    forward(wizard, qtbot, AddressStep)
    assert wizard.step.port.isEnabled(), "what was written a moment ago may be changed"
    forward(wizard, qtbot, AdministratorStep)

    step = wizard.step
    step.person.setText("Ada")
    step.email.setText("ada@example.org")
    step.password.setText("short")
    step.again.setText("shorter")
    wizard.next.click()
    assert "not the same" in step.problem.text()
    step.again.setText("short")
    wizard.next.click()  # the server may still be starting: the answer waits for it
    qtbot.waitUntil(lambda: "10" in step.problem.text() and wizard.next.isEnabled(), timeout=LONG)
    for edit in (step.password, step.again):
        edit.setText("correct horse battery")
    forward(wizard, qtbot, BootStep)

    wizard.step.yes.click()
    assert "ExecStart" in wizard.step._shown.toPlainText(), "what would be written is seen before"
    wizard.step.no.click()
    forward(wizard, qtbot, ReadyStep)
    step = wizard.step
    qtbot.waitUntil(lambda: step.address.text() == f"http://127.0.0.1:{port}", timeout=LONG)
    signed = requests.Session()
    door = signed.get(f"http://127.0.0.1:{port}/sign-in", timeout=10)
    csrf = door.text.split('name="csrf" value="')[1].split('"')[0] if 'name="csrf"' in door.text else ""
    form = {"email": "ada@example.org", "password": "correct horse battery", "csrf": csrf}
    assert "Good to see you" in signed.post(f"http://127.0.0.1:{port}/sign-in", data=form, timeout=10).text
    wizard.next.click()
    assert wizard.result() == 1


def test_the_owner_of_one_home_is_not_taken_for_that_of_another(wizard: Wizard, tmp_path: Path) -> None:
    wizard.answers.home, wizard.answers.kept = tmp_path / "one", True
    for home in ("one", "two"):
        (tmp_path / home / "logs").mkdir(parents=True)
        (tmp_path / home / "logs" / "start.log").mkdir()  # so that nothing is started here
    step = AdministratorStep(wizard.answers)
    step.entered()
    assert "start.log cannot be written" in wizard.answers.desk.watcher.condition.reason
    step._owned = True
    wizard.answers.home = tmp_path / "two"
    step.entered()
    assert step._owned is None and wizard.answers.desk.home == tmp_path / "two"
    step.deleteLater()


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("relative", "Give the whole path"),
        ("~nobody.here/ingot", "Give the whole path"),
        ("/" + "x" * 300, "no such place"),
        ("{tmp}/full", "something else in this folder"),
        ("{tmp}/locked/new", "You may not write"),
    ],
)
def test_a_folder_that_cannot_be_the_home_says_why(wizard: Wizard, tmp_path: Path, place: str, why: str) -> None:
    if "locked" in place and hasattr(os, "geteuid") and os.geteuid() == 0:
        why = ""  # root may write everywhere
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.odt").write_text("x")
    (tmp_path / "locked").mkdir(mode=0o500)
    wizard.next.click()
    assert isinstance(wizard.step, FolderStep)
    wizard.step.edit.setText(place.format(tmp=tmp_path))
    wizard.next.click()
    if why:
        assert isinstance(wizard.step, FolderStep) and why in wizard.step.problem.text()
    else:
        assert isinstance(wizard.step, AddressStep)


def test_a_folder_with_an_ingot_in_it_keeps_its_settings(wizard: Wizard, tmp_path: Path) -> None:
    home = tmp_path / "old"
    home.mkdir()
    (home / "settings.toml").write_text("port = 0\n")
    wizard.next.click()
    assert isinstance(wizard.step, FolderStep)
    wizard.step.edit.setText(str(home))
    assert "already" in wizard.step._found.text()
    wizard.next.click()
    assert isinstance(wizard.step, AddressStep) and not wizard.step.port.isEnabled()
    assert "kept" in wizard.step.problem.text()
    wizard.back.click()
    wizard.step.edit.setText(str(tmp_path / "new"))
    wizard.next.click()
    assert isinstance(wizard.step, AddressStep) and wizard.step.port.isEnabled()
    assert (home / "settings.toml").read_text() == "port = 0\n"
