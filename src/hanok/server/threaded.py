"""A worker in a thread of this process: for tests, notebooks, and whoever embeds a server."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

from hanok.exceptions import ConfigError
from hanok.server.config import Config
from hanok.server.listeners import bind, name_of
from hanok.server.worker import Worker, loop_factory

# Who stops a server in its own process knows that nothing more is on its way.
OPTIONS: dict[str, Any] = {
    "port": 0,
    "access_log": False,
    "timeout_graceful_shutdown": 5.0,
    "timeout_idle_shutdown": 0.0,
}


class Server:
    """A worker in a thread, on a free port unless told otherwise.

    with Server(app) as server:
        urllib.request.urlopen(server.url)
    """

    def __init__(self, app: Any, config: Config | None = None, **options: Any) -> None:
        self.config = config or Config(**{**OPTIONS, **options})
        self.app = app
        self.exit_code: int | None = None
        self.worker: Worker | None = None
        self.sockets: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        return int(self._name[1])

    @property
    def url(self) -> str:
        return name_of(self.sockets[0], "https" if self.config.is_tls else "http")

    def start(self) -> Server:
        """Return when the server accepts connections. Raises what kept it from that, or ConfigError."""
        self.sockets = bind(self.config)
        self._name = self.sockets[0].getsockname()
        self._thread = threading.Thread(target=self._run, name="hanok-server", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error
        if self.exit_code:
            raise ConfigError(f"the application did not start: exit code {self.exit_code}; the log says why.")
        return self

    def stop(self, *, quick: bool = False) -> int | None:
        """Stop, wait for the end, and return the exit code. Safe to call twice."""
        if self._thread is not None and self._thread.is_alive():
            assert self.worker is not None
            assert self._loop is not None
            with suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self.worker.stop_now if quick else self.worker.stop)
            self._thread.join()
        return self.exit_code

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory(self.config.loop)) as runner:
                self._loop = runner.get_loop()
                self.worker = Worker(self.config, self.app, on_ready=self._ready.set)
                self.exit_code = runner.run(self.worker.serve(self.sockets))
        except BaseException as error:
            self._error = error
        finally:
            for sock in self.sockets:
                sock.close()
            self._ready.set()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
