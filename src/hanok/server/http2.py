"""Whether this server speaks HTTP/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.protocols.services import Http2Factory
    from hanok.server.config import Config


def http2_factory(config: Config) -> Http2Factory | None:
    """The HTTP/2 protocol, if it is wanted and this installation has it."""
    if not config.http2:
        return None
    try:
        from hanok.protocols.h2 import http2
    except ImportError:  # there is no libnghttp2 for this Python
        return None
    return http2
