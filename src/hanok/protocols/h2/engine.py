"""libnghttp2, through the package ``ngh2``: framing, HPACK, flow control, scheduling. Nothing else imports it.

The binding is young and its interface may change, so its version is pinned and everything that we use of it
is named here. An ``Engine`` is sans-I/O: ``receive_data(bytes)``, then ``events()``; ``send_response``,
``send_data`` and the like, then ``data_to_send()``, then ``events()`` again. What it finds wrong it answers
itself (RST_STREAM, GOAWAY), except where it gives up: then ``receive_data`` raises ``EngineError`` and the
engine is dead, its output lost.
"""

from __future__ import annotations

from ngh2 import (
    Configuration,
    ConnectionClosed,
    DataReceived,
    Event,
    GoAwayReceived,
    PingAcknowledged,
    RequestReceived,
    Role,
    Setting,
    SettingsAcknowledged,
    StreamClosed,
    TrailersReceived,
)
from ngh2 import Connection as Engine
from ngh2 import DenialOfServiceError as EngineFlooded
from ngh2 import NGH2Error as EngineError

from hanok.protocols.h1.grammar import HeadLimits

__all__ = [
    "STREAM_WINDOW",
    "ConnectionClosed",
    "DataReceived",
    "Engine",
    "EngineError",
    "EngineFlooded",
    "Event",
    "GoAwayReceived",
    "PingAcknowledged",
    "RequestReceived",
    "SettingsAcknowledged",
    "StreamClosed",
    "TrailersReceived",
    "make_engine",
]

STREAM_WINDOW = 2**18  # bytes of one request's body that may wait for a slow application
CONNECTION_WINDOW = 2**20  # and of all bodies of a connection together
MAX_CONTINUATIONS = 8  # 9 frames of 16 KiB hold more than any head that we accept
MAX_ACKS = 1000  # answers to PING and SETTINGS that may wait for a peer that does not read


def make_engine(limits: HeadLimits, max_streams: int, websockets: bool) -> Engine:
    """An engine for a server's end, its SETTINGS submitted.

    A header section above ``limits`` still reaches us, and is answered with 431; one that is far above them
    ends the connection.
    """
    engine = Engine(
        Role.SERVER,
        Configuration(
            auto_window_update=False,
            max_outbound_ack=MAX_ACKS,
            max_continuations=MAX_CONTINUATIONS,
            max_inbound_header_list_size=4 * limits.head + 32 * 4 * limits.fields,
            max_inbound_header_count=4 * limits.fields,
            # The guard counts resets; this is behind it, in case it errs.
            stream_reset_rate_limit=(10_000, 1_000),
        ),
    )
    settings = {
        Setting.MAX_CONCURRENT_STREAMS: max_streams,
        Setting.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        Setting.MAX_HEADER_LIST_SIZE: limits.head,
        Setting.NO_RFC7540_PRIORITIES: 1,  # RFC 9218 §2.1: the Priority field instead, which the engine obeys
    }
    if websockets:
        settings[Setting.ENABLE_CONNECT_PROTOCOL] = 1  # RFC 8441 §3
    engine.initiate_connection(settings)
    engine.set_local_window_size(CONNECTION_WINDOW)
    return engine
