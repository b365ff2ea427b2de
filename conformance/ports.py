"""Ports for servers that are started beside other programs."""

from __future__ import annotations

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """A port of the loopback interface that nobody has, and that the kernel gives to nobody who asks for any."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port
