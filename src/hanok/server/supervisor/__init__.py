"""The process manager: workers that are started, watched, replaced and ended, and that never outlive their supervisor.

What enters: a Config, where the application is, signals. What leaves: processes that run ``worker.Worker``, and an
exit code. Read ``states`` first, which says in two tables what can happen; then ``supervisor``, the loop, ``pool``,
which decides who is started and who retires, and ``process``, one worker as it is seen from here. ``child`` and
``link`` are the other side, in the worker's process. ``signals`` says which signal means what; ``handover`` is
SIGUSR2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanok.lazy import lazy_names

if TYPE_CHECKING:
    from hanok.server.supervisor.supervisor import Supervisor

# Loaded when first named: workers live in this package, too.
__getattr__ = lazy_names(__name__, {"Supervisor": ".supervisor"})

__all__ = ["Supervisor"]
