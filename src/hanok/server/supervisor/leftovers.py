"""What a killed supervisor cannot tidy up: its pid file and its Unix sockets. Its workers do it when they end."""

from __future__ import annotations

import os
import socket
import stat
from contextlib import suppress


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
