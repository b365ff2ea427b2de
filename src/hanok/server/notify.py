"""Telling systemd how the server does (sd_notify(3)): datagrams to the socket that $NOTIFY_SOCKET names."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Says nothing where nobody has asked.

    ``interval`` is how often ``watchdog`` should be called, in seconds; None if systemd does not watch us.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        name = environ.get("NOTIFY_SOCKET", "")
        self.interval: float | None = None
        self._address: str | None = None
        if name[:1] not in ("/", "@"):
            return
        self._address = "\0" + name[1:] if name[0] == "@" else name  # an abstract socket is written with an @
        if environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            with suppress(ValueError):
                self.interval = (
                    int(environ.get("WATCHDOG_USEC", "")) / 2e6
                )  # half of it, as sd_watchdog_enabled(3) advises

    def ready(self, status: str = "") -> None:
        self._send("READY=1", *([f"STATUS={status}"] if status else []))

    def reloading(self) -> None:
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def watchdog(self) -> None:
        self._send("WATCHDOG=1")

    def main_pid(self, pid: int) -> None:
        """Another process is the server from now on."""
        self._send(f"MAINPID={pid}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        # A server does not depend on who watches it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto("\n".join(lines).encode(), self._address)
