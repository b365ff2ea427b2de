"""The access log: one line for each answer, off the hot path.

    127.0.0.1:53124 - "GET /items/5?q=abc HTTP/1.1" 200

A request pays for one tuple in a list. Lines are made and handed to the writer together, when the event loop has a
moment or the list is long.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable
from typing import Any, TextIO

from hanok.exchange import AnswerFilter, Exchange
from hanok.observe.line_format import Answered, LineFormat, line_format
from hanok.observe.log_writer import LogWriter
from hanok.types import RawHeaders

DELAY = 0.1  # seconds for which lines are collected
LONGEST = 512  # lines that are collected before they are written at once


class AccessLog:
    """Called with each exchange whose answer is complete. ``write`` takes the text of one or more lines."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        write: Callable[[str], object],
        *,
        colors: bool = False,
        form: LineFormat | None = None,
        writer: LogWriter | None = None,
    ) -> None:
        self._loop = loop
        self._write = write
        self._writer = writer
        self.form = form or line_format("", colors=colors)
        self._keep = self.form.keep
        self._entries: list[Any] = []
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def to_stream(
        cls,
        loop: asyncio.AbstractEventLoop,
        stream: TextIO | None = None,
        *,
        colors: bool | None = None,
        form: str = "",
    ) -> AccessLog:
        """A log on a text stream (standard output by default), coloured if that is a terminal and nothing else is said.

        A stream that has a descriptor is written by a thread; another one, such as a StringIO, at once.
        """
        out = sys.stdout if stream is None else stream
        made = line_format(form, colors=out.isatty() if colors is None else colors)
        try:
            out.flush()
            writer = LogWriter(out.fileno())
        except (io.UnsupportedOperation, AttributeError):

            def write(text: str) -> None:
                out.write(text)
                out.flush()

            return cls(loop, write, form=made)
        return cls(loop, writer.write, form=made, writer=writer)

    @classmethod
    def to_file(cls, loop: asyncio.AbstractEventLoop, path: str, *, form: str = "") -> AccessLog:
        """A log in a file, which is appended to. Raises OSError if it cannot be opened."""
        writer = LogWriter(path)
        return cls(loop, writer.write, form=line_format(form), writer=writer)

    @property
    def begun(self) -> Callable[[Any], None] | None:
        """What the log has to do when a request begins, if anything: see ``Services.begun``."""
        if self.form.answer_headers:
            return remember
        return nothing if self.form.timed else None

    def __call__(self, exchange: Answered) -> None:
        entries = self._entries
        entries.append(self._keep(exchange))
        if self._timer is None:
            self._timer = self._loop.call_later(DELAY, self.flush)
        elif len(entries) >= LONGEST:
            self.flush()

    def flush(self) -> None:
        """Hand what was collected to the writer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        entries, self._entries = self._entries, []
        if entries:
            write = self.form.write
            self._write("".join([write(entry) for entry in entries]))

    def reopen(self) -> None:
        """Go on in a file of the same name: the other one was moved away."""
        self.flush()
        if self._writer is not None:
            self._writer.reopen()

    def close(self) -> None:
        """Write what was collected. The worker calls it at its end."""
        self.flush()
        if self._writer is not None:
            self._writer.close()


class Remember(AnswerFilter):
    """Keeps the headers of an answer for its line."""

    __slots__ = ("kept",)

    def __init__(self) -> None:
        self.kept: RawHeaders = []

    def start(self, status: int, headers: RawHeaders) -> int:
        self.kept = list(headers)
        return status


def remember(exchange: Any) -> None:
    if isinstance(exchange, Exchange):
        exchange.add_filter(Remember())


def nothing(exchange: Any) -> None:
    """The clock alone is wanted."""
