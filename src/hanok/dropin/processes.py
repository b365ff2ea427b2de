"""The drop-in of one process and of all that it starts, by PYTHONPATH: ``hanok run --dropin``.

Workers of a supervisor, the children of a reloader and an application's own process pools are new interpreters. What
they have in common is the environment, so that is where it is said. Nothing is written to disk.
"""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from hanok.dropin.finder import install
from hanok.exceptions import ConfigError

AT_START = str(Path(__file__).resolve().with_name("at_start"))
PATH = "PYTHONPATH"


def enable_from_here_on(environ: MutableMapping[str, str] = os.environ) -> None:
    """The drop-in for this process and for every Python that is started with ``environ``.

    Raises ConfigError where Python was told not to look at PYTHONPATH, because children are told the same.
    """
    if sys.flags.ignore_environment or sys.flags.no_site:
        raise ConfigError(
            "--dropin reaches the processes of the server by PYTHONPATH, and this Python was started with -E, -I or -S, "
            "which ignore it. Leave them out, or switch the environment over: hanok dropin enable"
        )
    already = environ.get(PATH, "")
    if AT_START not in already.split(os.pathsep):
        environ[PATH] = os.pathsep.join(filter(None, (AT_START, already)))
    install()
