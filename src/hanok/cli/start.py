"""What becomes of a start that fails: the exit codes, and who shows it. Loads nothing that a worker does not need."""

from __future__ import annotations

from collections.abc import Callable

from hanok.cli.load import ImportFailed
from hanok.exceptions import ConfigError

WRONG_USAGE = 2
INTERRUPTED = 130  # what shells give for SIGINT


def guarded_start(function: Callable[[], object]) -> int:
    """Call it and give an exit code; an application that cannot be had, and a wrong option, are shown as a box."""
    try:
        result = function()
    except ConfigError as error:
        from hanok.cli.errors import show_panel

        show_panel(str(error), "Cannot start")
        return WRONG_USAGE
    except ImportFailed as failed:
        from hanok.cli.errors import show_import_error

        show_import_error(failed.error, failed.target)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return result if isinstance(result, int) else 0
