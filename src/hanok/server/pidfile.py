"""The pid file: says which process the supervisor is, and is locked as long as it lives.

The lock tells a server that runs from a file that one has left behind: numbers of processes are used again, most
of all in containers.
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import suppress

from hanok.exceptions import ConfigError


class PidFile:
    """``path`` with the number of this process, from ``write`` or ``take_over`` to ``remove``."""

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self._fd = -1
        self.inode = 0

    def write(self) -> None:
        """Raises ConfigError if the file belongs to a server that runs, or cannot be written."""
        try:
            while True:
                fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError as error:
                    owner = os.read(fd, 32).decode("latin-1").strip()
                    os.close(fd)
                    if error.errno not in (errno.EAGAIN, errno.EACCES):
                        raise
                    raise ConfigError(
                        f"--pid: {self.path} belongs to a server that runs, process {owner}; stop it, or give another path."
                    ) from None
                if self._is_at_path(fd):
                    break
                os.close(fd)  # the server that had it has just removed it
            os.ftruncate(fd, 0)
            self._keep(fd)
        except OSError as error:
            raise ConfigError(f"--pid: {self.path} cannot be written: {error.strerror}.") from None

    def take_over(self) -> None:
        """Put this process in the place of the one that handed over to it."""
        beside = f"{self.path}.{os.getpid()}"
        fd = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._keep(fd)
        os.replace(beside, self.path)

    def remove(self) -> None:
        """Unless another server has it by now."""
        if self._fd < 0:
            return
        with suppress(OSError):
            if self._is_at_path(self._fd):
                os.unlink(self.path)
        self.forget()

    def forget(self) -> None:
        """Leave it alone; in a forked worker, which must not hold the lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _keep(self, fd: int) -> None:
        os.write(fd, b"%d\n" % os.getpid())
        self._fd = fd
        self.inode = os.fstat(fd).st_ino

    def _is_at_path(self, fd: int) -> bool:
        try:
            return os.stat(self.path).st_ino == os.fstat(fd).st_ino
        except FileNotFoundError:
            return False
