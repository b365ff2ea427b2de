"""Sheet: a configuration file that is being written, its comments wrapped."""

from __future__ import annotations

import textwrap

WIDTH = 100


class Sheet:
    """Lines and comments, in order. All formats that we write have comments that begin with ``#``."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = ""

    def note(self, text: str) -> Sheet:
        """A comment. Each line of ``text`` is a paragraph."""
        prefix = self._indent + "# "
        for paragraph in text.splitlines():
            self._lines += textwrap.wrap(
                " ".join(paragraph.split()),
                WIDTH,
                initial_indent=prefix,
                subsequent_indent=prefix,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [prefix.rstrip()]
        return self

    def add(self, *lines: str) -> Sheet:
        """Lines as they are, at the indentation of now."""
        self._lines += [(self._indent + line).rstrip() for text in lines for line in text.splitlines() or [""]]
        return self

    def choice(self, why: str, *lines: str) -> Sheet:
        """Lines, and before them the comment that says why."""
        return self.note(why).add(*lines)

    def gap(self) -> Sheet:
        self._lines.append("")
        return self

    def indent(self, by: int) -> Sheet:
        """Go in by so many columns, or out by as many if it is negative."""
        self._indent = " " * (len(self._indent) + by)
        return self

    def text(self) -> str:
        return "\n".join(self._lines).rstrip() + "\n"
