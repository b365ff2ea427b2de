"""Whether a peer has said something that nobody has read yet."""

from __future__ import annotations

import asyncio
import select


def has_unread(transport: asyncio.BaseTransport) -> bool:
    """Whether bytes, or the end, wait in the socket: asked before closing, so that what came last is not lost."""
    sock = transport.get_extra_info("socket")
    if sock is None or not hasattr(select, "poll"):  # select() fails for descriptors above 1023
        return False
    poll = select.poll()
    poll.register(sock.fileno(), select.POLLIN)
    return bool(poll.poll(0))
