"""The command ``hanok`` and its commands: new, run, dev, doctor, config, routes, explain, bench, top, export, dropin.

What enters: the command line and the environment. What leaves: a Config and a target handed to ``server``, or
text about an application on the terminal; and an exit code: 0 done, 1 failed, 2 asked wrongly. Read ``group``
first, then ``run``; there is one file for each command. ``options`` makes the options of ``run`` and ``dev``
from the fields of ``server.config.Config``, and ``config`` shows which apply; ``errors`` is how every failure looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command with these arguments, or those of the process. Ends in SystemExit, always."""
    from hanok.cli.group import run_group

    raise SystemExit(run_group(args))
