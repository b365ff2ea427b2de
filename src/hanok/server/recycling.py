"""Recycling: when a worker has done its share and should be replaced.

The worker watches itself and says so once, with the reason; its supervisor starts a replacement, and tells the
worker to finish when that serves. A worker without a supervisor stops.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hanok.protocols.services import Services
    from hanok.server.config import Config

MIB = 2**20


class Recycling:
    """Calls ``enough(reason)`` once, when one of the three limits of the options is reached."""

    def __init__(self, config: Config, enough: Callable[[str], None]) -> None:
        self.config = config
        self._enough: Callable[[str], None] | None = enough

    def watch(self, services: Services) -> None:
        """Begin; the worker serves."""
        config = self.config
        if config.limit_max_requests is not None:
            import random

            share = config.limit_max_requests + random.randint(0, config.limit_max_requests_jitter)
            services.max_requests = share
            services.on_max_requests = lambda: self._say(f"it has taken {share} requests")
        if config.workers_lifetime is not None:
            services.loop.call_later(
                config.workers_lifetime, self._say, f"it has served for {config.workers_lifetime:g} seconds"
            )

    def look(self) -> None:
        """Called at each beat: has the process grown too large?"""
        if self._enough is None or self.config.workers_max_rss is None:
            return
        from hanok.observe.counters import resident

        used = resident() // MIB
        if used > self.config.workers_max_rss:
            self._say(f"it uses {used} MiB of memory")

    def _say(self, reason: str) -> None:
        enough, self._enough = self._enough, None
        if enough is not None:
            enough(reason)
