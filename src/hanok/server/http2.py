"""Whether this server speaks HTTP/2."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hanok.server.opening import OnDemand

if TYPE_CHECKING:
    from hanok.server.config import Config


def http2_factory(config: Config) -> OnDemand | None:
    """The HTTP/2 protocol, if it is wanted and this installation has it (there may be no libnghttp2 for this Python)."""
    return OnDemand("hanok.protocols.h2", "http2") if config.http2 and find_spec("ngh2") is not None else None
