"""The frames of HTTP/2 as far as we look at them ourselves (RFC 9113 §4.1, §6, §7). No I/O."""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 §3.4
HEADER_SIZE = 9
MAX_FRAME_SIZE = 16384  # what SETTINGS_MAX_FRAME_SIZE is unless it is raised; we do not raise it

# Two and one bytes of length, type, flags, stream identifier with its reserved bit.
read_header = Struct(">HBBBI").unpack_from
read_number = Struct(">I").unpack_from
STREAM_ID = 0x7FFF_FFFF  # without the reserved bit
MAX_STREAM_ID = MAX_WINDOW = 0x7FFF_FFFF


class FrameType(IntEnum):
    DATA = 0x0
    HEADERS = 0x1
    PRIORITY = 0x2
    RST_STREAM = 0x3
    SETTINGS = 0x4
    PUSH_PROMISE = 0x5
    PING = 0x6
    GOAWAY = 0x7
    WINDOW_UPDATE = 0x8
    CONTINUATION = 0x9


# Flags. ACK and END_STREAM are the same bit of different frames.
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY_FIELDS = 0x20


class ErrorCode(IntEnum):
    """RFC 9113 §7."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


def goaway(last_stream: int, code: ErrorCode, debug: bytes = b"") -> bytes:
    """A GOAWAY frame, for when the engine cannot make one any more."""
    size = 8 + len(debug)
    head = bytes((size >> 16, size >> 8 & 0xFF, size & 0xFF, FrameType.GOAWAY, 0, 0, 0, 0, 0))
    return head + last_stream.to_bytes(4, "big") + code.to_bytes(4, "big") + debug
