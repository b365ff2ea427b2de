"""Board: shared memory in which every process of a server shows the others what it has counted.

Each process writes one slot and may read them all. A slot holds a text of any length up to its size. A reader never
waits for a writer: the writer makes the slot's number odd, writes, and makes it even again (a seqlock), and a reader
that met an odd number, or another one after than before, reads again.

The memory has no name, so nothing is left behind whoever dies first: it is handed to the workers as a descriptor, when
they are spawned or by being forked.
"""

from __future__ import annotations

import mmap
import os
import struct
from typing import Any

SLOT = 2**20  # bytes; memory that was never written costs nothing
HEAD = struct.Struct("=QQ")  # the slot's number, the length of its text
TRIES = 100


class Board:
    """``slots`` places in shared memory."""

    def __init__(self, slots: int, fd: int | None = None) -> None:
        self.slots = slots
        self._fd = nameless_file(slots * SLOT) if fd is None else fd
        self._map = mmap.mmap(self._fd, slots * SLOT)

    @property
    def fd(self) -> int:
        """What another process needs to have the same board."""
        return self._fd

    def __reduce__(self) -> tuple[Any, ...]:
        # Works while a process is being spawned, and only then: descriptors are handed over, not sent.
        from multiprocessing.reduction import DupFd

        return _attach, (self.slots, DupFd(self._fd))

    def show(self, slot: int, text: bytes) -> bool:
        """Write a slot; only its owner does. False if the text is too long, and then the old one stays."""
        if len(text) > SLOT - HEAD.size:
            return False
        at = slot * SLOT
        number, _ = HEAD.unpack_from(self._map, at)
        number |= 1  # also if a former owner died in the middle
        HEAD.pack_into(self._map, at, number, len(text))
        self._map[at + HEAD.size : at + HEAD.size + len(text)] = text
        HEAD.pack_into(self._map, at, number + 1, len(text))
        return True

    def read(self, slot: int) -> bytes:
        """What a slot shows; empty if nothing was ever written, or if its owner died while it wrote."""
        at = slot * SLOT
        for _ in range(TRIES):
            number, length = HEAD.unpack_from(self._map, at)
            if number & 1:
                continue
            text = self._map[at + HEAD.size : at + HEAD.size + length]
            if HEAD.unpack_from(self._map, at)[0] == number:
                return text
        return b""

    def close(self) -> None:
        self._map.close()
        os.close(self._fd)


def nameless_file(size: int = 0) -> int:
    """The descriptor of a file that is in no directory, in memory where the system can do that."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("hanok", os.MFD_CLOEXEC)
    else:  # pragma: no cover - systems other than Linux
        from tempfile import TemporaryFile

        with TemporaryFile() as file:
            fd = os.dup(file.fileno())
    if size:
        os.ftruncate(fd, size)
    return fd


def _attach(slots: int, handed: Any) -> Board:
    return Board(slots, handed.detach())
