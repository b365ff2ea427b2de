"""The frames of a traceback: whose code it is, its lines, and the part of the line that was running."""

from __future__ import annotations

import inspect
import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import CodeType, FrameType, TracebackType

CONTEXT_LINES = 5  # shown before and after the line that was running
HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep  # the package itself
LIBRARIES = tuple({sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")})
PACKAGES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a traceback."""

    code: CodeType
    frame: FrameType
    line: int
    columns: tuple[int, int] | None  # of the expression in that line, in characters; None where it is not known
    is_library: bool

    @property
    def file(self) -> str:
        """The path as one would look for it: from here, or from the folder of installed packages."""
        return short_path(self.code.co_filename)

    def source(self) -> list[str]:
        """All lines of its file; none where it is not available."""
        try:
            return list(inspect.findsource(self.frame)[0])
        except (OSError, IndexError):
            return []

    def context(self, source: list[str]) -> list[Line]:
        """The lines around the one that was running; empty ones neither begin nor end them."""
        first = max(0, self.line - 1 - CONTEXT_LINES)
        lines = [Line(n, text.rstrip()) for n, text in enumerate(source[first : self.line + CONTEXT_LINES], first + 1)]
        while lines and not lines[0].text:
            del lines[0]
        while lines and not lines[-1].text:
            del lines[-1]
        return lines


def frames_of(trace: TracebackType | None) -> Iterator[Frame]:
    """The calls of a traceback, the outermost first."""
    while trace is not None:
        frame = trace.tb_frame
        code = frame.f_code
        module = str(frame.f_globals.get("__name__", ""))
        foreign = module.partition(".")[0] == "hanok" or is_library_file(code.co_filename)
        yield Frame(code, frame, trace.tb_lineno, columns_of(trace), foreign)
        trace = trace.tb_next


def columns_of(trace: TracebackType) -> tuple[int, int] | None:
    """The characters of the line between which the running expression stands (PEP 657)."""
    code = trace.tb_frame.f_code
    if trace.tb_lasti < 0:
        return None
    found = next(islice(code.co_positions(), trace.tb_lasti // 2, None), None)
    if found is None:
        return None
    line, last_line, column, last_column = found
    if line != trace.tb_lineno or column is None or last_column is None:
        return None
    return column, last_column if last_line == line else 10**6


def is_library_file(file: str) -> bool:
    """Whether a file is none of the application's: installed, of Python itself, ours, or made by a program."""
    if file.startswith(("<", HERE)) or any(part in file for part in PACKAGES):
        return True
    return file.startswith(LIBRARIES)


def short_path(file: str) -> str:
    for part in PACKAGES:
        if part in file:
            return file.rpartition(part)[2]
    if file.startswith(HERE):
        return os.path.join("hanok", file[len(HERE) :])
    for folder in LIBRARIES:
        if file.startswith(folder):
            return file[len(folder) :]
    try:
        relative = os.path.relpath(file)
    except (ValueError, OSError):  # another drive, or a working directory that is gone
        return file
    return file if relative.startswith(("..", "<")) or file.startswith("<") else relative
