"""The answer: how far it has come, the headers that are known beforehand, and what a status or a file makes of its body."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from enum import IntEnum

FILE_PIECE = 64 * 1024  # bytes that are read of a file at once


class AnswerState(IntEnum):
    """How far the answer has come. ``answer`` goes from WAITING to DONE in one step."""

    WAITING = 0
    STREAMING = 1
    DONE = 2


class FixedHeaders(tuple[tuple[bytes, bytes], ...]):
    """Answer headers known when the application was compiled. Equal content on every request.

    A door may keep what it derives from them by status: the rendered bytes of the head in ``rendered``, those with the
    lines that every answer ends with in ``ready``, and its fields in ``fields``, beside the bytes they were made with.
    """

    rendered: dict[int, bytes]
    ready: dict[int, tuple[bytes, bytes]]
    fields: dict[int, tuple[bytes, tuple[tuple[bytes, bytes], ...]]]

    def __new__(cls, pairs: Sequence[tuple[bytes, bytes]] = ()) -> FixedHeaders:
        self = super().__new__(cls, pairs)
        self.rendered = {}
        self.ready = {}
        self.fields = {}
        return self


def body_allowed(status: int) -> bool:
    """Whether an answer of this status may have a body (RFC 9110 §6.4.1)."""
    return status >= 200 and status not in (204, 205, 304)


async def pieces_of_file(path: str) -> AsyncGenerator[bytes, None]:
    """The bytes of a file, read in worker threads."""
    from anyio import open_file

    file = await open_file(path, "rb")
    try:
        while data := await file.read(FILE_PIECE):
            yield data
    finally:
        file.wrapped.close()  # not in a thread: that waits, and what waits fails when we are cancelled
