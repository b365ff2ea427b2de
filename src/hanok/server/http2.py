"""Whether this server speaks HTTP/2."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from hanok.protocols.services import Http2Factory, Services
    from hanok.server.config import Config


def http2_factory(config: Config) -> Http2Factory | None:
    """The HTTP/2 protocol, if it is wanted and this installation has it (there may be no libnghttp2 for this Python)."""
    return http2 if config.http2 and find_spec("ngh2") is not None else None


def http2(services: Services) -> asyncio.Protocol:
    """A connection that speaks HTTP/2. The first one loads the protocol: many workers never see one."""
    from hanok.protocols.h2 import http2

    return http2(services)
