"""The drop-in of a whole environment: one ``.pth`` file, which Python reads when it starts (see ``site``)."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from hanok.dropin.versions import VERSIONS
from hanok.exceptions import ConfigError

FILE_NAME = "hanok_dropin.pth"
SEEN_AFTER = 30  # seconds that the check may take

# Asks a new interpreter who answers for each package.
QUESTION = (
    "import importlib.util, json; "
    "print(json.dumps({name: spec and type(spec.loader).__module__ "
    f"for name in {list(VERSIONS)} for spec in [importlib.util.find_spec(name)]}}))"
)


@dataclass(frozen=True)
class Status:
    """What is so in the current environment."""

    file: Path
    written: str | None  # the text of the file, if it is there
    real: dict[str, str]  # versions of the real packages that are installed

    @property
    def enabled(self) -> bool:
        return self.written == hook_line()


def hook_line() -> str:
    """The text of the file: ``hook.py`` on one line, because that is what a .pth file can hold."""
    source = Path(__file__).with_name("hook.py").read_text("utf-8")
    code = source[source.index("def install_hook") :]
    return f"import sys; exec({code.strip()!r})\n"


def site_packages() -> Path:
    """The directory of the current environment that its packages are in."""
    return Path(sysconfig.get_path("purelib"))


def status(directory: Path | None = None) -> Status:
    """What is so in ``directory``, or in the current environment."""
    directory = directory or site_packages()
    file = directory / FILE_NAME
    try:
        written = file.read_text("utf-8")
    except FileNotFoundError:
        written = None
    found = importlib.metadata.MetadataPathFinder.find_distributions
    real = {
        name: each.version
        for name in VERSIONS
        for each in found(importlib.metadata.DistributionFinder.Context(name=name, path=[str(directory)]))
    }
    return Status(file, written, real)


def enable(directory: Path | None = None) -> Status:
    """Write the file, and see in a new interpreter that it works.

    Raises ConfigError and leaves everything as it was if it is there already, cannot be written, or if something else
    in this environment answers for the packages first.
    """
    before = status(directory)
    if before.enabled:
        raise ConfigError(f"The drop-in is enabled already: {before.file}")
    if before.written is not None:
        raise ConfigError(f"{before.file} was written by another version of Hanok. Type: hanok dropin disable")
    try:
        file = before.file.open("x", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{before.file} cannot be written: {error.strerror}. Nothing was changed.") from None
    try:
        with file:
            file.write(hook_line())
        if directory is None and (other := answered_by_another()):
            raise ConfigError(
                f"In this environment {other}. Nothing was changed. "
                f"Look at the .pth files and sitecustomize.py in {before.file.parent}."
            )
    except BaseException as error:  # a full disk, an interrupt: the file goes, whatever it was
        before.file.unlink()
        if isinstance(error, OSError):
            raise ConfigError(f"{before.file} cannot be written: {error.strerror}. Nothing was changed.") from None
        raise
    return status(directory)


def disable(directory: Path | None = None) -> Path:
    """Remove the file. Raises ConfigError if it is not there or cannot be removed."""
    file = (directory or site_packages()) / FILE_NAME
    try:
        file.unlink()
    except FileNotFoundError:
        raise ConfigError(f"The drop-in is not enabled: there is no {file}") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be removed: {error.strerror}") from None
    return file


def answered_by_another() -> str | None:
    """What a new interpreter of this environment finds instead of us, in words; None if it finds us."""
    try:
        run = subprocess.run(
            [sys.executable, "-c", QUESTION], capture_output=True, encoding="utf-8", timeout=SEEN_AFTER, check=False
        )
    except subprocess.TimeoutExpired:
        return f"a new interpreter takes more than {SEEN_AFTER} seconds to start"
    try:
        answers = json.loads(run.stdout)
    except ValueError:
        return f"a new interpreter fails: {run.stderr.strip().splitlines()[-1:]}"
    for name, loader in answers.items():
        if loader is None:
            return f"a new interpreter does not read the file, and nothing answers for {name}"
        if loader != "hanok.dropin.finder":
            return f"{loader} answers for {name}, before Hanok is asked"
    return None
