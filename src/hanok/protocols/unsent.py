"""How much of an answer the kernel may hold for a peer that is fast, beyond what is on its way to it.

The listener begins with little (``server.listeners``), so that peers which take nothing cost little. Whoever takes megabytes
a second makes that little run out all the time, and each time wakes us: a long answer costs most of its time so. The kernel
may hold half of what such a peer has taken in one answer, and no more than it takes in a second or so: what it holds at most
was earned, by a download of twice the size.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

FROM = 2**21  # bytes of an answer from which on its peer can be known
MOST = 2**21  # the kernel counts nearly twice as much for it; more than 4 MiB Linux gives no socket (tcp_wmem)
FAST = 2**21  # bytes a second


def takes_more(sent: int, size: int) -> bool:
    """Whether it is time to look: the answer has doubled with these ``size`` bytes, its last."""
    return sent >= FROM and sent.bit_length() != (sent - size).bit_length()


def allow_more(transport: asyncio.Transport, sent: int, seconds: float) -> None:
    """Let the kernel hold more if ``sent`` bytes in so many seconds are fast. What was allowed before is not taken back."""
    if sent < seconds * FAST or not hasattr(socket, "TCP_NOTSENT_LOWAT"):
        return
    sock = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    wanted = min(MOST, sent // 2)
    with suppress(OSError):  # closed meanwhile
        if 0 < sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) < wanted:  # 0: as much as it likes
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, wanted)
