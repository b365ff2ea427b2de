"""How failures look: a box with what is wrong, what was tried and what to type. A traceback only for the
user's own code.
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hanok.cli.start import INTERRUPTED, guarded_start
from hanok.exceptions import DeclarationError

if TYPE_CHECKING:
    from rich.console import RenderableType

HERE = Path(__file__).resolve().parent.parent


def guarded(function: Callable[[], object]) -> int:
    """Call it and give an exit code. What a user can cause is shown as a box; what only we can cause travels
    on.
    """
    try:
        return guarded_start(function)
    except click.ClickException as error:
        show_usage_error(error)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED


def show_usage_error(error: click.ClickException) -> None:
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # click 8.2: the message is the whole help, laid out
        click.echo(message, err=True)
        return
    if context is not None:
        message += f"\nTry: {context.command_path} --help"
    show_panel(message, "Wrong usage" if isinstance(error, click.UsageError) else "Error")


def show_panel(message: str, title: str) -> None:
    from rich.panel import Panel
    from rich.text import Text

    from hanok.cli.console import err

    console = err()
    if message.split(" ", 1)[0].isalpha():  # names of files and options stay as they are
        message = message[:1].upper() + message[1:]
    console.print(Panel(Text(message), title=Text(title, "bad"), title_align="left", border_style="red"))


def show_import_error(error: BaseException, target: str) -> None:
    """An error in the user's own code while it was imported: a short traceback that begins at the user's
    file.
    """
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    from hanok.cli.console import err
    from hanok.middleware.debug.remedies import remedy

    frames = user_frames(error)
    parts: list[RenderableType] = []
    if isinstance(error, SyntaxError) and error.filename:
        parts.append(place(error.filename, error.lineno or 0, None))
        if error.text:
            parts.append(Text("    " + error.text.strip(), "title"))
            indent = len(error.text) - len(error.text.lstrip())
            if error.offset and error.offset > indent:
                parts.append(Text(" " * (3 + error.offset - indent) + "^", "bad"))
    else:
        for frame, times in repeated(frames):
            parts.append(place(frame.filename, frame.lineno or 0, frame.name))
            if frame.line:
                parts.append(Text("    " + frame.line, "title" if frame is frames[-1] else "quiet"))
            if times > 1:
                parts.append(Text(f"    … {times} times", "quiet"))
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    parts.append(Text.assemble("\n" if parts else "", (type(error).__qualname__, "bad"), f": {said}" if said else ""))
    for note in getattr(error, "__notes__", ()):
        parts.append(Text(note))
    if what_to_do := remedy(error):
        parts.append(Text(""))
        pieces = what_to_do.split("`")  # around code
        parts.append(Text.assemble(*((piece, "value" if index % 2 else "") for index, piece in enumerate(pieces))))
    title = Text.assemble((f"Error while importing {target}", "bad"))
    err().print(Panel(Group(*parts), title=title, title_align="left", border_style="red"))


def place(filename: str, line: int, function: str | None) -> RenderableType:
    from rich.text import Text

    try:
        shown = str(Path(filename).relative_to(Path.cwd()))
    except ValueError:
        shown = filename
    text = Text.assemble((shown, "path"), ":", (str(line), "path"))
    if function not in (None, "<module>"):
        text.append(f" in {function}", "quiet")
    return text


def user_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames from the first that is the user's on, without the import machinery's; none if it never came
    so far.

    Where the mistake is one of declaration, our own frames behind the user's line explain nothing: they go
    too.
    """
    frames = [one for one in traceback.extract_tb(error.__traceback__) if not is_import_machinery(one.filename)]
    while frames and is_ours(frames[0].filename):
        del frames[0]
    if isinstance(error, DeclarationError):
        from hanok.middleware.debug.frames import is_library_file

        while frames and is_library_file(frames[-1].filename):
            del frames[-1]
    return frames


def repeated(frames: list[traceback.FrameSummary]) -> list[tuple[traceback.FrameSummary, int]]:
    """Each place once, and how often it follows itself: recursion has a thousand of them."""
    runs = [list(run) for _, run in groupby(frames, lambda frame: (frame.filename, frame.lineno))]
    return [(run[-1], len(run)) for run in runs]


def is_import_machinery(filename: str) -> bool:
    """Frozen modules have no file to look into: those of importlib, and os since 3.11."""
    return filename.startswith("<frozen ") or filename == importlib.__file__


def is_ours(filename: str) -> bool:
    return Path(filename).resolve().is_relative_to(HERE)
