"""``hanok new``: a small project to begin with."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
from contextlib import chdir
from pathlib import Path

import click

from hanok.cli.help import RichCommand
from hanok.cli.new_files import files_of

NAME = re.compile(r"[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?")
# What is imported by these names is something else, in this project or beside it.
TAKEN = frozenset(("app", "fastapi", "hanok", "main", "pydantic", "pytest", "starlette", "tests", "uvicorn"))


@click.command(
    "new",
    cls=RichCommand,
    short_help="Begin a project: application, tests, settings.",
    epilog="Example: hanok new tea_house",
)
@click.argument("name")
def command(name: str) -> int:
    """Make a folder NAME with an application that runs and is tested: a package with a router and settings, its tests,
    pyproject.toml, a Dockerfile. Nothing is installed, and nothing that is there is changed."""
    from rich.text import Text

    from hanok.cli.console import out

    package = package_name(name)
    written = make(Path(name), name, package)
    console = out()
    console.print(Text.assemble("\n  ", (name, "title"), ("  is made:\n", "quiet")))
    for path in written:
        console.print(Text.assemble("    ", (path, "path")))
    console.print(Text.assemble("\n  ", ("next      ", "quiet"), (f"cd {name}", "title")))
    console.print(Text.assemble("            ", ("hanok dev", "title"), ("    serve it while you write", "quiet")))
    console.print(Text.assemble("            ", ("pytest", "title"), ("       run its tests\n", "quiet")))
    return 0


def package_name(name: str) -> str:
    """What a project of this name is imported as. Raises UsageError with a name that would do."""
    if not NAME.fullmatch(name):
        better = re.sub(r"[^A-Za-z0-9]+", "_", Path(name).name).strip("_0123456789") or "tea_house"
        raise click.UsageError(
            f"{name!r} cannot be the name of a project: give letters, digits, - and _, beginning with a letter.\n"
            f"For example: hanok new {better.lower()}"
        )
    package = name.lower().replace("-", "_")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in TAKEN:
        what = "a word of Python" if keyword.iskeyword(package) else "imported as something else already"
        raise click.UsageError(f"{name!r} is {what}.\nFor example: hanok new my_{package}")
    return package


def make(folder: Path, name: str, package: str) -> list[str]:
    """Write all files, or none: what fails on the way is removed again. Raises UsageError."""
    if folder.exists() or folder.is_symlink():
        raise click.UsageError(
            f"There is a {folder} already, and nothing of it was changed.\nGive another name, or move it away."
        )
    try:
        folder.mkdir()
    except OSError as error:
        raise click.UsageError(f"The folder {folder.absolute()} cannot be made: {error.strerror}.") from None
    try:
        files = files_of(name, package)
        write(folder, files)
        container = container_files(folder)
        write(folder, container)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise click.UsageError(f"The folder {folder.absolute()} cannot be written: {error.strerror}.") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return sorted([*files, *container], key=lambda path: ("/" in path, path))


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def container_files(folder: Path) -> dict[str, str]:
    """Dockerfile and .dockerignore, as ``hanok export docker`` makes them of the project."""
    from hanok.deploy import docker
    from hanok.deploy.project import Project
    from hanok.server.config_layers import effective

    with chdir(folder):
        found = effective({}, environ={})
        assert found.target is not None  # the pyproject.toml that we have just written names it
        return docker.export(Project.read(Path(), found.target.value, found))
