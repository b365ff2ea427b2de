"""LogWriter: text to a descriptor or a file from a thread of its own, so that a slow reader never holds up the loop.

What waits to be written is bounded. Above the bound lines are dropped, and the next line that is written says how
many: an honest gap is better than a server that waits for its log.
"""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

MOST_WAITING = 8 * 2**20  # bytes
PATIENCE = 2.0  # seconds for which ``close`` waits for a slow reader


class Task(Enum):
    """What the thread can be told to do besides writing."""

    REOPEN = auto()
    END = auto()


class LogWriter:
    """Writes to ``target``: a file, which is appended to and can be opened anew, or a descriptor, which stays open.

    Raises OSError if the file cannot be opened.
    """

    def __init__(self, target: str | Path | int) -> None:
        self._path = None if isinstance(target, int) else Path(target)
        self._fd = target if isinstance(target, int) else self._open()
        self._queue: queue.SimpleQueue[tuple[bytes, int] | Task] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._waiting = 0  # bytes; both threads add to it, under the lock
        self._lost = 0  # lines since the last one that was written
        self._lock = threading.Lock()

    def _open(self) -> int:
        assert self._path is not None
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @property
    def waiting(self) -> int:
        """Bytes that were taken and not yet written."""
        return self._waiting

    def write(self, text: str) -> None:
        """Take one or more lines; never waits."""
        data = text.encode()
        size = len(data)
        with self._lock:
            if self._waiting + size > MOST_WAITING:
                self._lost += text.count("\n")
                return
            self._waiting += size
            if self._lost:
                data = f"{self._lost} lines were lost here: the log could not be written fast enough\n".encode() + data
                self._lost = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hanok-access-log", daemon=True)
            self._thread.start()
        self._queue.put((data, size))

    def reopen(self) -> None:
        """Open the file by its name again, after what was taken so far is in the old one: for log rotation."""
        if self._path is None:
            return
        if self._thread is None:
            self._swap()
        else:
            self._queue.put(Task.REOPEN)

    def close(self, patience: float = PATIENCE) -> None:
        """Write what waits, as long as that takes no longer than ``patience`` seconds, and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(Task.END)
            thread.join(patience)
            if thread.is_alive():
                return  # it is a daemon, and the descriptor is still its own
        if self._path is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # ---- in the thread

    def _run(self) -> None:
        while (item := self._queue.get()) is not Task.END:
            if item is Task.REOPEN:
                self._swap()
                continue
            data, taken = item
            with suppress(OSError):  # a full disk or a closed pipe costs the line and not the server
                self._write_all(data)
            with self._lock:
                self._waiting -= taken

    def _write_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def _swap(self) -> None:
        with suppress(OSError):  # the old file goes on if the new one cannot be had
            new = self._open()
            os.close(self._fd)
            self._fd = new
