"""The ``range`` header (RFC 9110 §14): text and the size of what it is about → pairs of (first byte, byte
after the last)."""

from __future__ import annotations


class MalformedRangeHeader(Exception):
    """The header is no range of bytes; ``content`` says why."""

    def __init__(self, content: str = "Malformed range header.") -> None:
        self.content = content
        super().__init__(content)


class RangeNotSatisfiable(Exception):
    """A range begins behind the end, which is at ``max_size``."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        super().__init__(max_size)


def parse_range_header(header: str, size: int) -> list[tuple[int, int]]:
    """The ranges in ascending order; those that touch or overlap are one.

    Raises MalformedRangeHeader, RangeNotSatisfiable.
    """
    unit, equals, listed = header.partition("=")
    if not equals:
        raise MalformedRangeHeader
    if unit.strip().lower() != "bytes":
        raise MalformedRangeHeader("Only support bytes range")
    ranges = [found for item in listed.split(",") if (found := _range(item.strip(), size)) is not None]
    if not ranges:
        raise MalformedRangeHeader("Range header: range must be requested")
    if any(not 0 <= start < size for start, _ in ranges):
        raise RangeNotSatisfiable(size)
    if any(start >= end for start, end in ranges):
        raise MalformedRangeHeader("Range header: start must be less than end")
    return _merged(sorted(ranges))


def _range(item: str, size: int) -> tuple[int, int] | None:
    """``first-last``, ``first-`` or ``-length``; None for what is no such thing, which is passed over."""
    first, dash, last = item.partition("-")
    if not dash or not (first or last):
        return None
    try:
        if not first.strip():
            return max(size - int(last), 0), size
        start = int(first)
        return start, min(int(last) + 1, size) if last.strip() else size
    except ValueError:
        return None


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged = [ranges[0]]
    for start, end in ranges[1:]:
        last_start, last_end = merged[-1]
        if start <= last_end:
            merged[-1] = last_start, max(last_end, end)
        else:
            merged.append((start, end))
    return merged
