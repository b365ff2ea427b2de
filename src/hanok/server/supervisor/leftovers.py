"""What a killed supervisor cannot tidy up: its pid file and its Unix sockets. Its workers do it when they end."""

from __future__ import annotations

import os
import socket
import stat
import time
from contextlib import suppress

DYING = 5.0  # seconds that the end of a killed process may take, where others keep the processors busy


def has_died(supervisor: int, control: socket.socket) -> bool:
    """Whether the parent of this process, with which ``control`` joins it, has died.

    Its end of the socket closes while it is dying, which is before it has let go of its listeners for certain, and before
    it ceases to be the parent: that is waited for.
    """
    if _has_ended(control):
        deadline = time.monotonic() + DYING
        while os.getppid() == supervisor and time.monotonic() < deadline:
            time.sleep(0.001)
    return os.getppid() != supervisor


def _has_ended(control: socket.socket) -> bool:
    """Whether the other end is closed. What it said before is thrown away."""
    try:
        while control.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def tidy(files: tuple[tuple[str, int], ...], supervisor: int) -> None:
    """Remove what the dead supervisor has left, unless another server has it by now.

    ``files`` are paths and inodes. A Unix socket on which somebody still listens stays: other workers of the same
    supervisor, the last of which removes it, or a new server.
    """
    for path, inode in files:
        with suppress(OSError):
            found = os.stat(path)
            if found.st_ino == inode and not (_is_used if stat.S_ISSOCK(found.st_mode) else _is_of_another)(
                path, supervisor
            ):
                os.unlink(path)


def _is_of_another(path: str, supervisor: int) -> bool:
    with open(path, encoding="latin-1") as file:
        return file.read().strip() != str(supervisor)


def _is_used(path: str, supervisor: int) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
        return True
