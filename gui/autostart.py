"""What makes Ingot start by itself: the file a service manager reads and the commands that go with it, for this home and this
program. Plain text and no Qt: gui/service.py writes and runs it. Linux is tested; macOS and Windows are prepared, untested."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from gui import places

Kind = Literal["user", "system", "launchd", "task"]
PACKAGED = Path("/lib/systemd/system/ingot.service")
"""The unit of the Debian package, if that is installed: another home, of a user of its own."""
Commands = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plan:
    """`text` is to stand in `file` (a task of Windows reads it once); then the commands of `switch_on` run, one after the
    other. `extra` may fail: without it Ingot starts at the sign-in rather than with the machine."""

    kind: Kind
    name: str
    file: Path
    text: str
    switch_on: Commands
    switch_off: Commands
    extra: Commands = ()
    as_root: bool = False
    tested: bool = False

    @property
    def manager(self) -> tuple[str, ...]:
        """How its state is asked and it is started; empty where the panel does that by itself."""
        return {"user": ("systemctl", "--user"), "system": ("systemctl",)}.get(self.kind, ())

    def written(self) -> bool:
        return self.file.is_file()

    def ours(self) -> bool:
        """Does what is written start this home, and as this panel would?"""
        try:
            return self.file.read_text("utf-8") == self.text
        except (OSError, UnicodeDecodeError):
            return False


def plans(home: Path, command: list[str], platform: str = sys.platform) -> list[Plan]:
    """The ways there are here, the better one first. `command` is the program and its arguments."""
    if platform == "darwin":
        return [_launchd(home, command)]
    if platform == "win32":
        return [_task(home, command)]
    return [_systemd_user(home, command), _systemd_system(home, command)]


def unit_name(home: Path) -> str:
    """Of the usual home plainly `ingot`; others are told apart, for there may be several."""
    if home == places.usual_home():
        return "ingot"
    plain = re.sub(r"[^a-z0-9]+", "-", home.name.lower()).strip("-") or "home"
    return f"ingot-{plain}-{hashlib.sha256(str(home).encode()).hexdigest()[:6]}"


# ---- Linux

_UNIT = """# Written by Ingot's control panel; it can be removed there, too.
[Unit]
Description=Ingot, business records for a small team ({home})
After=network.target

[Service]
Type=notify
{user}WorkingDirectory={directory}
ExecStart={command}
StandardError=truncate:{complaints}
# exit code 3: "start me again, please" (settings were changed); 2 4 6 7 8 9 11 12 13: trying again would not help
Restart=on-failure
RestartForceExitStatus=3
RestartPreventExitStatus=2 4 6 7 8 9 11 12 13
RestartSec=2
TimeoutStopSec=15
WatchdogSec=60
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy={wanted}
"""


def _unit(home: Path, command: list[str], user: str, wanted: str) -> str:
    return _UNIT.format(
        home=_percent(str(home)), directory=_percent(str(home)), command=" ".join(map(_quoted, command)), wanted=wanted,
        complaints=_percent(str(places.start_log(home))), user=f"User={user}\n" if user else "",
    )  # fmt: skip


def _percent(words: str) -> str:
    """systemd reads % as the beginning of a specifier (systemd.unit(5))."""
    return words.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of ExecStart=, quoted where it must be (systemd.service(5), "Command lines")."""
    plain = _percent(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return plain if re.fullmatch(r"[\w@%+=:,./-]+", plain) else f'"{plain}"'


def _systemd_user(home: Path, command: list[str]) -> Plan:
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    name = unit_name(home)
    unit, by_hand = f"{name}.service", ("systemctl", "--user")
    return Plan(
        "user", name, folder / unit, _unit(home, command, "", "default.target"),
        switch_on=((*by_hand, "daemon-reload"), (*by_hand, "enable", unit)),
        switch_off=((*by_hand, "disable", unit), (*by_hand, "daemon-reload")),
        extra=(("loginctl", "enable-linger"),),
        tested=True,
    )  # fmt: skip


def _systemd_system(home: Path, command: list[str]) -> Plan:
    """A service of the machine that runs as the one who writes it: the home stays theirs, and this panel its panel. Never
    called `ingot`, for that would stand in front of the unit that the Debian package brings."""
    name = unit_name(home)
    name = f"ingot-of-{getpass.getuser()}" if name == "ingot" else name
    unit = f"{name}.service"
    return Plan(
        "system", name, Path("/etc/systemd/system") / unit, _unit(home, command, getpass.getuser(), "multi-user.target"),
        switch_on=(("systemctl", "daemon-reload"), ("systemctl", "enable", unit)),
        switch_off=(("systemctl", "disable", unit), ("systemctl", "daemon-reload")),
        as_root=True,
        tested=True,
    )  # fmt: skip


def in_one_go(plan: Plan, draft: Path, on: bool) -> tuple[str, ...]:
    """Everything that needs root as one command, so that it asks for one password. `draft` holds the text, for root to copy.
    Paths go in as arguments: no shell reads them."""
    steps = [" ".join(step) for step in (plan.switch_on if on else plan.switch_off)]
    if on:
        script = " && ".join(['install -m 644 -- "$1" "$2"', *steps])
        return ("pkexec", "/bin/sh", "-c", script, "sh", str(draft), str(plan.file))
    script = " && ".join([steps[0], 'rm -f -- "$1"', *steps[1:]])
    return ("pkexec", "/bin/sh", "-c", script, "sh", str(plan.file))


# ---- macOS and Windows: prepared after their manuals, untested


def _launchd(home: Path, command: list[str]) -> Plan:
    """An agent of launchd (launchd.plist(5)): it starts at the sign-in."""
    label = "org.ingot." + unit_name(home)
    words = "\n".join(f"    <string>{escape(word)}</string>" for word in command)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>Label</key><string>{escape(label)}</string>
  <key>ProgramArguments</key><array>
{words}
  </array>
  <key>WorkingDirectory</key><string>{escape(str(home))}</string>
  <key>StandardErrorPath</key><string>{escape(str(places.start_log(home)))}</string>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>5</integer>
  <key>Umask</key><integer>63</integer>
</dict></plist>
"""
    file = Path.home() / "Library" / "LaunchAgents" / f"{label}.plist"
    domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/501"
    return Plan(
        "launchd", label, file, text,
        switch_on=(("launchctl", "bootstrap", domain, str(file)),),
        switch_off=(("launchctl", "bootout", f"{domain}/{label}"),),
    )  # fmt: skip


def _task(home: Path, command: list[str]) -> Plan:
    """A task of Windows' scheduler at the sign-in, for it needs no administrator; the recipe for a real service is in
    packaging/windows."""
    program, *arguments = command
    name = unit_name(home)
    words = " ".join(f'"{one}"' if " " in one else one for one in arguments)
    text = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers><LogonTrigger><Enabled>true</Enabled></LogonTrigger></Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>5</Count></RestartOnFailure>
  </Settings>
  <Actions><Exec>
    <Command>{escape(program)}</Command>
    <Arguments>{escape(words)}</Arguments>
    <WorkingDirectory>{escape(str(home))}</WorkingDirectory>
  </Exec></Actions>
</Task>
"""
    file = home / "autostart.xml"
    return Plan(
        "task", name, file, text,
        switch_on=(("schtasks", "/Create", "/TN", name, "/XML", str(file), "/F"),),
        switch_off=(("schtasks", "/Delete", "/TN", name, "/F"),),
    )  # fmt: skip
