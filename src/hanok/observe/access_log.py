"""The access log: one line for each answer, off the hot path.

    127.0.0.1:53124 - "GET /items/5?q=abc HTTP/1.1" 200

A request pays for one tuple in a list. Lines are made and written together, when the event loop has a moment
or the list is long.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol, TextIO

DELAY = 0.1  # seconds for which lines are collected
LONGEST = 512  # lines that are collected before they are written at once

COLORS = {1: "\x1b[37m", 2: "\x1b[32m", 3: "\x1b[33m", 4: "\x1b[31m", 5: "\x1b[91m"}
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
PHRASES = {int(status): status.phrase for status in HTTPStatus}


class Answered(Protocol):
    """What a line tells: exchanges of every protocol have it."""

    client: tuple[str, int] | None
    method: str  # "" for a WebSocket
    raw_path: bytes
    query: bytes
    http_version: str
    status: int


Entry = tuple[Any, str, bytes, bytes, str, int]


class AccessLog:
    """Called with each exchange whose answer is complete. ``write`` takes the text of one or more lines."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, write: Callable[[str], object], *, colors: bool = False
    ) -> None:
        self._loop = loop
        self._write = write
        self._line = colored_line if colors else line
        self._entries: list[Entry] = []
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def to_stream(
        cls, loop: asyncio.AbstractEventLoop, stream: TextIO | None = None, *, colors: bool | None = None
    ) -> AccessLog:
        """A log on a text stream (standard output by default), coloured if that is a terminal and nothing
        else is said.
        """
        out = sys.stdout if stream is None else stream

        def write(text: str) -> None:
            out.write(text)
            out.flush()

        return cls(loop, write, colors=out.isatty() if colors is None else colors)

    def __call__(self, exchange: Answered) -> None:
        entries = self._entries
        entries.append(
            (
                exchange.client,
                exchange.method,
                exchange.raw_path,
                exchange.query,
                exchange.http_version,
                exchange.status,
            )
        )
        if self._timer is None:
            self._timer = self._loop.call_later(DELAY, self.flush)
        elif len(entries) >= LONGEST:
            self.flush()

    def flush(self) -> None:
        """Write what was collected. The worker calls it at its end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        entries, self._entries = self._entries, []
        if entries:
            self._write("".join([self._line(*entry) for entry in entries]))


def line(client: Any, method: str, path: bytes, query: bytes, version: str, status: int) -> str:
    return f'{_client(client)} - "{method or "WebSocket"} {_target(path, query)} HTTP/{version}" {status}\n'


def colored_line(client: Any, method: str, path: bytes, query: bytes, version: str, status: int) -> str:
    request = f"{BOLD}{method or 'WebSocket'} {_target(path, query)} HTTP/{version}{PLAIN}"
    color = COLORS.get(status // 100, "")
    return f'{_client(client)} - "{request}" {color}{status} {PHRASES.get(status, "")}{PLAIN}\n'


def _client(client: Any) -> str:
    return f"{client[0]}:{client[1]}" if client else "-"


def _target(path: bytes, query: bytes) -> str:
    """As it was sent. What could move the cursor or forge a line is escaped; the door lets none in."""
    target = (path + b"?" + query if query else path).decode("latin-1")
    return target if target.isascii() and target.isprintable() else ascii(target)[1:-1]
