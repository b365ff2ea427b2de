"""A worker: one process, one event loop, one application, and all connections of both.

``Worker.serve`` is the life of it: lifespan start-up, listen, wait for ``stop``, drain, lifespan shutdown.
``Worker.run`` puts an event loop and the signals around that; ``threaded.Server`` a thread.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import select
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hanok.exceptions import ConfigError
from hanok.protocols.forwarded import Forwarded, Trusted
from hanok.protocols.h1.answer import Heads
from hanok.protocols.h1.connection import H1Connection
from hanok.protocols.h1.head import HeadLimits
from hanok.protocols.services import Services, WebSocketUpgrade
from hanok.server import logs
from hanok.server.config import Config
from hanok.server.http2 import http2_factory
from hanok.server.interface import adapted
from hanok.server.lifespan import Lifespan
from hanok.server.listeners import accept_on, bind
from hanok.server.observed import Observed, Panel
from hanok.server.opening import OnDemand
from hanok.server.recycling import Recycling

if TYPE_CHECKING:
    from hanok.server.proxy_listener import ProxyListener
    from hanok.server.supervisor.link import Link
    from hanok.server.tls import Certificates

logger = logging.getLogger("hanok.error")

OK, FAILED, STARTUP_FAILED = 0, 1, 3  # exit codes; 3 is what Uvicorn's users know

# Seconds until each connection that was accepted has become one of ours: with TLS that is after the handshake. On a busy
# machine that time may pass without the event loop turning even once, so its turns count as well.
SETTLE, SETTLE_TLS = 0.01, 0.5
SETTLE_TURNS = 10
MOST_TURNS = 100  # of the event loop, to empty the queue of a listener


class WorkerState(Enum):
    NEW = auto()
    STARTING = auto()  # the application starts up
    SERVING = auto()
    DRAINING = auto()  # takes nothing new; what runs may finish
    STOPPED = auto()


# state → the states that may follow it.
TRANSITIONS: dict[WorkerState, frozenset[WorkerState]] = {
    WorkerState.NEW: frozenset((WorkerState.STARTING,)),
    WorkerState.STARTING: frozenset((WorkerState.SERVING, WorkerState.STOPPED)),
    WorkerState.SERVING: frozenset((WorkerState.DRAINING,)),
    WorkerState.DRAINING: frozenset((WorkerState.STOPPED,)),
    WorkerState.STOPPED: frozenset(),
}


class Worker:
    """Serves one application. ``on_ready`` is called when it accepts connections; ``link`` joins it to a supervisor."""

    def __init__(
        self,
        config: Config,
        app: Any,
        *,
        on_ready: Callable[[], None] | None = None,
        panel: Panel | None = None,
        link: Link | None = None,
    ) -> None:
        self.config = config
        self.app = app
        self.called, self.handler = adapted(app, config.interface)
        self.on_ready = on_ready
        self.link = link
        self.recycling = Recycling(config, self._enough)
        self.state = WorkerState.NEW
        self.failure: BaseException | None = None  # why the application did not start, if it did not
        self.services: Services | None = None
        self.panel = panel
        self.observed: Observed | None = None  # what watches it, while it lives
        self.certificates: Certificates | None = None  # with TLS, from the start on
        self._has_process = False  # whether the process is there for this worker only
        self._stop = asyncio.Event()
        self._quick = asyncio.Event()
        self._retiring = False

    # ---- from outside

    def run(self, sockets: list[socket.socket] | None = None, *, signals: bool = True) -> int:
        """Serve until stopped by a signal; the exit code. Binds what the options say when no sockets are
        given.
        """
        self._has_process = True
        factory = loop_factory(self.config.loop)
        sockets = bind(self.config) if sockets is None else sockets
        try:
            with asyncio.Runner(loop_factory=factory) as runner:
                return runner.run(self._with_signals(sockets) if signals else self.serve(sockets))
        finally:
            for sock in sockets:
                sock.close()

    def stop(self) -> None:
        """Stop gracefully; called again, at once. For code inside the worker's event loop."""
        if self._stop.is_set():
            self._quick.set()
        self._stop.set()

    def retire(self) -> None:
        """Stop gracefully while others go on serving: idle connections are told before they are closed."""
        self._retiring = not self._stop.is_set()
        self._stop.set()

    def finish(self) -> None:
        """Stop gracefully, and nobody follows: idle connections need not be told any more."""
        if self._retiring and self.services is not None:
            self._retiring = False
            self.services.drain(grace=self._grace)
        self._stop.set()

    def stop_now(self) -> None:
        """Stop without waiting for running requests."""
        if self.link is not None:
            self.link.interrupted()
        self._stop.set()
        self._quick.set()

    async def _with_signals(self, sockets: list[socket.socket]) -> int:
        loop = asyncio.get_running_loop()
        actions = {signal.SIGTERM: self.stop, signal.SIGQUIT: self.stop_now, signal.SIGINT: self.stop}
        if self.link is not None:
            del actions[signal.SIGINT]  # the terminal tells the supervisor, and the supervisor us
        for number, action in actions.items():
            if signal.getsignal(number) is not signal.SIG_IGN:  # a reloading parent takes the terminal's, too
                loop.add_signal_handler(number, action)
        if self.link is None:
            return await self.serve(sockets)
        # The words of supervisor.assignment; "" is the supervisor's death.
        self.link.attach(loop, {"retire": self.retire, "stop": self.finish, "reopen": self.reopen, "": self.finish})
        self._beat(loop, self.link)
        try:
            return await self.serve(sockets)
        finally:
            self.link.detach(loop)

    def _beat(self, loop: asyncio.AbstractEventLoop, link: Link) -> None:
        """Show the supervisor that the event loop turns."""
        services = self.services
        if services is not None:
            link.beat(services.requests, len(services.connections))
        else:
            link.beat(0, 0)
        self.recycling.look()
        loop.call_later(link.interval, self._beat, loop, link)

    def reopen(self) -> None:
        """Open the log files again by their names."""
        logs.reopen()
        if self.observed is not None:
            self.observed.reopen()

    # ---- the life of a worker

    async def serve(self, sockets: list[socket.socket]) -> int:
        """Serve on ``sockets``, which are bound and listening, until ``stop``. Returns the exit code."""
        self._become(WorkerState.STARTING)
        if not self._prepared():
            self._become(WorkerState.STOPPED)
            return STARTUP_FAILED
        if self.config.is_tls:
            from hanok.server.tls import Certificates

            self.certificates = Certificates(self.config)
        observed = self.observed = Observed(self.config, asyncio.get_running_loop(), self.panel)
        lifespan = Lifespan(self.called, self.config.lifespan)
        starting = asyncio.ensure_future(lifespan.startup())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        was_stopped = not starting.done()
        if was_stopped or not starting.result():
            starting.cancel()
            await lifespan.abandon()
            self.failure = None if was_stopped else lifespan.error
            await observed.close()
            self._become(WorkerState.STOPPED)
            return OK if was_stopped else STARTUP_FAILED
        services = self.services = self._make_services(lifespan)
        observed.watch(services)
        await observed.listen()
        servers = [await self._listen(sock, services) for sock in sockets]
        self._become(WorkerState.SERVING)
        observed.become("serving")
        if self._has_process:
            # What start-up has made stays until the end: the collector need not look at it again in every full
            # collection, which would stop all requests for as long.
            gc.collect()
            gc.freeze()
        self._sweep(services)
        self.recycling.watch(services)
        if self.on_ready is not None:
            self.on_ready()
        if self.certificates is not None and isinstance(services.http2, OnDemand):
            services.http2.load(services.loop)  # TLS offers it, and what can speak it takes it
        await self._stop.wait()
        self._become(WorkerState.DRAINING)
        observed.become("draining")
        await self._accept_rest(sockets)
        await close_all(servers, services.loop)
        await self._drain(services)
        ended_well = await lifespan.shutdown()
        await observed.close()
        self._become(WorkerState.STOPPED)
        return OK if ended_well else FAILED

    def _prepared(self) -> bool:
        """Whether an application of ours can be put together: what is wrong with it is said now, not with each request."""
        prepare = getattr(self.app, "__hanok_prepare__", None)
        try:
            if prepare is not None:
                prepare()
        except Exception as error:
            logger.error("the application cannot be put together", exc_info=error)
            self.failure = error
            return False
        return True

    def _become(self, state: WorkerState) -> None:
        assert state in TRANSITIONS[self.state], (self.state, state)
        self.state = state

    def _make_services(self, lifespan: Lifespan) -> Services:
        config, loop = self.config, asyncio.get_running_loop()
        timeouts = (
            config.timeout_keep_alive,
            config.timeout_request_header,
            config.timeout_request_body,
            config.timeout_send,
        )
        services = Services(
            loop,
            self.handler,
            config,
            Heads(config.server_header, config.date_header, config.headers),
            websocket=websocket_upgrade() if config.ws != "none" else None,
            http2=http2_factory(config),
            forwarded=Forwarded(config.forwarded_allow_ips, config.forwarded_headers) if config.proxy_headers else None,
            state=lifespan.shared or None,
            # A sweep may be late by one tick: short timeouts, as tests have them, need short ticks.
            tick=max(0.01, min(1.0, min(timeouts) / 4)),
        )
        return services

    def _enough(self, reason: str) -> None:
        if self.link is not None:
            self.link.enough(reason)  # and serve on until a replacement does
            return
        logger.info("this worker stops: %s", reason)
        self._stop.set()

    async def _listen(self, sock: socket.socket, services: Services) -> asyncio.AbstractServer | ProxyListener:
        make = partial(H1Connection, services, HeadLimits.of(self.config))
        timeout, told = self.config.timeout_request_header, dict[str, Any]()
        if self.certificates is not None:
            told.update(ssl=self.certificates.context, ssl_handshake_timeout=timeout)
        if self.config.proxy_protocol:
            from hanok.server.proxy_listener import ProxyListener

            proxies = Trusted(self.config.proxy_allow_ips, "--proxy-allow-ips")
            return ProxyListener(services.loop, sock, make, proxies, timeout, **told)
        return await accept_on(sock, make, services.loop, backlog=self.config.backlog, **told)

    def _sweep(self, services: Services) -> None:
        services.sweep()
        if self.observed is not None:
            self.observed.tick(services.tick)
        if self.certificates is not None:
            self.certificates.look(services.now)
        if self.state is not WorkerState.STOPPED:
            services.loop.call_later(services.tick, self._sweep, services)

    async def _accept_rest(self, sockets: list[socket.socket]) -> None:
        """Take what waits in the listeners' queues, unless others go on accepting from them: closing would reset it."""
        if self._retiring and not self.config.reuse_port:
            return
        for _ in range(MOST_TURNS):
            if not select.select(sockets, [], [], 0)[0]:
                break
            await asyncio.sleep(0)

    @property
    def _grace(self) -> float:
        """Seconds for which idle connections may still send; not all of the time that a stop may take."""
        idle, allowed = self.config.timeout_idle_shutdown, self.config.timeout_graceful_shutdown
        return idle if allowed is None else min(idle, allowed / 2)

    async def _drain(self, services: Services) -> None:
        """Let what runs finish, within the deadline; then end it."""
        services.drain(retiring=self._retiring, grace=self._grace)
        loop = services.loop
        await asyncio.sleep(SETTLE_TLS if self.config.is_tls and self._retiring else SETTLE)
        for _ in range(SETTLE_TURNS):
            await asyncio.sleep(0)
        allowed = self.config.timeout_graceful_shutdown
        deadline = None if allowed is None else loop.time() + allowed
        while (services.connections or services.tasks) and not self._quick.is_set():
            if deadline is not None and loop.time() >= deadline:
                logger.warning(
                    "stopping with %d connections and %d requests unfinished after %g seconds",
                    len(services.connections), len(services.tasks), allowed,
                )  # fmt: skip
                break
            await asyncio.sleep(0.02)
        for connection in list(services.connections):
            connection.abort()
        tasks = list(services.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        await asyncio.sleep(0)  # let the transports say that they are closed


async def close_all(servers: Sequence[asyncio.AbstractServer | ProxyListener], loop: asyncio.AbstractEventLoop) -> None:
    """Accept nothing more. asyncio's own servers lose what they have accepted in this turn of the loop and the one before, if
    they are closed in it: each stops accepting first.
    """
    own = [one for one in servers if isinstance(one, asyncio.Server)]
    for server in own:
        for sock in server.sockets:
            with suppress(NotImplementedError):  # Windows accepts in another way
                loop.remove_reader(sock.fileno())
    if own:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for each in servers:
        each.close()


def loop_factory(choice: str) -> Callable[[], asyncio.AbstractEventLoop]:
    """What makes the event loop: uvloop where it is installed, else asyncio's own."""
    if choice != "asyncio":
        try:
            import uvloop
        except ImportError:
            if choice == "uvloop":
                raise ConfigError("--loop uvloop: uvloop is not installed; install it, or give auto.") from None
        else:
            return uvloop.new_event_loop  # type: ignore[no-any-return, unused-ignore]  # uvloop has no types
    return asyncio.new_event_loop


def websocket_upgrade() -> WebSocketUpgrade | None:
    """The WebSocket protocol, if this installation has it."""
    return OnDemand("hanok.protocols.ws", "upgrade") if find_spec("websockets") is not None else None
