"""Who holds a lease: machine, process, and a mark that tells two processes with one number apart."""

from __future__ import annotations

import os
import socket
import sys

from appliance.base import ids

_MARK = ids.short()


def me() -> str:
    """This process. Two objects in one process share it: a lease of the process is alive while the process is."""
    return f"{socket.gethostname()}:{os.getpid()}:{_MARK}"


def gone(owner: str) -> bool:
    """Has that process certainly ended? Of another machine we know nothing: False, its leases end by time."""
    host, number, mark = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    if int(number) == os.getpid():
        return mark != _MARK
    return not _running(int(number))


def _running(number: int) -> bool:
    if sys.platform == "win32":  # os.kill(number, 0) would send Ctrl+C there
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x00100000, False, number)  # SYNCHRONIZE
        if not handle:
            return False
        try:
            return ctypes.windll.kernel32.WaitForSingleObject(handle, 0) != 0  # 0: it has ended
        finally:
            ctypes.windll.kernel32.CloseHandle(handle)
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
