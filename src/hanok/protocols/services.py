"""Services: what all connections of one worker share, whatever protocol they speak.

The worker makes one from its Config and hands it to every connection. Rooms below the server know the options
by the ``Settings`` protocol here: only what a connection reads, and no import upwards.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from hanok.protocols.first_step import FirstStep

if TYPE_CHECKING:
    from hanok.exchange import Exchange
    from hanok.gateways import Handler
    from hanok.protocols.forwarded import Forwarded
    from hanok.protocols.h1.answer import Heads
    from hanok.protocols.h1.head import RequestHead
    from hanok.protocols.ws.exchange import WsExchange

Address: TypeAlias = tuple[str, int]

# With so many requests under way a new one does not begin at once but in the next turn of the event loop. Else it would
# overtake those that were woken already and run in that turn: of a pool, newcomers would take what was given back for them.
CROWD = 16

REFUSALS_LOGGED = 10  # between two sweeps; the others are counted

# ``(transport, head, leftover, loop, handler, services) -> protocol``; see ``protocols.h1``.
WebSocketUpgrade: TypeAlias = Callable[
    [asyncio.Transport, "RequestHead", bytes, asyncio.AbstractEventLoop, "Handler", "Services"],
    asyncio.Protocol,
]

# ``services -> protocol``, which is given a transport whose peer speaks HTTP/2; see ``protocols.h2``.
Http2Factory: TypeAlias = Callable[["Services"], asyncio.Protocol]

AnswerLog: TypeAlias = Callable[["Exchange | WsExchange"], None]  # given each exchange whose answer is complete


class Settings(Protocol):
    """The options that connections read, by the names they have in ``server.config.Config``."""

    @property
    def root_path(self) -> str: ...
    @property
    def limit_concurrency(self) -> int | None: ...
    @property
    def limit_connections(self) -> int | None: ...
    @property
    def limit_request_line(self) -> int: ...
    @property
    def limit_request_fields(self) -> int: ...
    @property
    def limit_request_field_size(self) -> int: ...
    @property
    def limit_request_head(self) -> int: ...
    @property
    def http2_max_concurrent_streams(self) -> int: ...
    @property
    def max_body_size(self) -> int | None: ...
    @property
    def timeout_keep_alive(self) -> float: ...
    @property
    def timeout_request_header(self) -> float: ...
    @property
    def timeout_request_body(self) -> float: ...
    @property
    def timeout_send(self) -> float: ...
    @property
    def min_data_rate(self) -> int: ...
    @property
    def ws_max_size(self) -> int: ...
    @property
    def ws_max_queue(self) -> int: ...
    @property
    def ws_ping_interval(self) -> float | None: ...
    @property
    def ws_ping_timeout(self) -> float | None: ...
    @property
    def ws_per_message_deflate(self) -> bool: ...


class Connection(Protocol):
    """What the worker asks of a connection of any protocol. It adds itself to ``Services.connections`` when
    it is made and leaves when it is lost.
    """

    def sweep(self, now: float) -> None:
        """Called about once a second: end what has taken too long. ``now`` is the loop's clock."""

    def drain(self) -> None:
        """Finish what runs, then close. An idle one closes after ``Services.grace``, unless ``Services.retiring``."""

    def abort(self) -> None:
        """Close now."""

    def idle_since(self) -> float | None:
        """When, by the loop's clock, it began to wait for a request, begun or not; None if it does something."""


class Services:
    """One worker's shared things. Plain attributes: connections read them on the hot path."""

    __slots__ = (
        "access",  # AnswerLog | None: given each finished answer
        "begun",  # called with each request before its handler, where somebody wants to know; else None
        "connections",  # every open connection of the worker
        "context",  # the clean context that each request's own is copied from
        "copy_context",  # makes that copy
        "draining",  # whether the worker is stopping: answers say Connection: close
        "error_log",  # logger "hanok.error"
        "first_step",  # begins the tasks of requests
        "forwarded",  # Forwarded | None: who the client is behind a trusted proxy
        "grace",  # seconds for which, while draining, idle connections are still listened to
        "handler",  # the application's native handler
        "heads",  # renders the heads of answers, with the live Date
        "http2",  # Http2Factory | None
        "limit_concurrency",  # as the setting: read for every request, so it stands here too
        "limit_connections",  # how many connections this worker holds; above, the longest idle one makes room
        "loop",
        "max_requests",  # after this many requests ``on_max_requests`` is called; None: never
        "now",  # the loop's clock as of the last sweep: coarse, and free to read
        "on_max_requests",
        "refusals",  # requests refused since the last sweep
        "requests",  # requests taken so far
        "retiring",  # whether, while draining, idle connections are told with their next answer instead of closed
        "root_path",  # as the setting
        "running",  # requests whose handlers did not return at once, and have not yet; no WebSockets
        "settings",
        "state",  # dict | None: the lifespan state; copied for each request
        "tasks",  # the tasks of requests that did not finish at once, and of WebSockets
        "tick",  # seconds between two sweeps
        "turned_away",  # connections closed since the last sweep because there was no room for them
        "websocket",  # WebSocketUpgrade | None
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handler: Handler,
        settings: Settings,
        heads: Heads,
        *,
        access: AnswerLog | None = None,
        websocket: WebSocketUpgrade | None = None,
        http2: Http2Factory | None = None,
        forwarded: Forwarded | None = None,
        state: dict[str, Any] | None = None,
        tick: float = 1.0,
    ) -> None:
        self.loop = loop
        self.first_step = FirstStep(loop)
        self.handler = handler
        self.settings = settings
        self.heads = heads
        self.access = access
        self.websocket = websocket
        self.http2 = http2
        self.forwarded = forwarded
        self.state = state
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.running = 0
        self.context = contextvars.copy_context()
        self.copy_context = self.context.copy
        self.error_log = logging.getLogger("hanok.error")
        self.root_path = settings.root_path
        self.limit_concurrency = settings.limit_concurrency
        self.limit_connections = settings.limit_connections or most_connections()
        self.refusals = self.turned_away = 0
        self.draining = False
        self.retiring = False
        self.grace = 0.0
        self.now = loop.time()
        self.tick = tick
        self.begun: Callable[[Any], None] | None = None
        self.requests = 0
        self.max_requests: int | None = None
        self.on_max_requests: Callable[[], None] | None = None

    def refused(self, client: Address | None, status: int, reason: str) -> None:
        """Log that a peer broke the protocol or a limit; a flood of that does not become a flood of log lines."""
        self.refusals += 1
        if self.refusals <= REFUSALS_LOGGED:
            self.error_log.warning("refused a request of %s with %d: %s", client, status, reason)

    def make_room(self, newcomer: Connection) -> bool:
        """Close the connections that wait longest for a request, so that a flood of them keeps nobody out for long.

        A share of them at once: the next newcomers find the room without another search. False if none waits.
        """
        waiting = [
            (since, one) for one in self.connections if one is not newcomer and (since := one.idle_since()) is not None
        ]
        waiting.sort(key=lambda pair: pair[0])
        for _, one in waiting[: 1 + self.limit_connections // 16]:
            one.abort()
            self.connections.discard(one)
        return bool(waiting)

    def sweep(self) -> None:
        """Renew the Date and let every connection look at its clock: one timer for all, not one for each
        request.
        """
        self.now = self.loop.time()
        self.heads.tick()
        if self.turned_away:
            self.error_log.warning(
                "turned %d connections away: there is room for %d", self.turned_away, self.limit_connections
            )
            self.turned_away = 0
        if self.refusals > REFUSALS_LOGGED:
            self.error_log.warning("refused %d requests more in the same time", self.refusals - REFUSALS_LOGGED)
        self.refusals = 0
        for connection in list(self.connections):
            connection.sweep(self.now)

    def drain(self, *, retiring: bool = False, grace: float = 0.0) -> None:
        """Begin to stop: connections close when their answers are complete, idle ones after ``grace`` seconds.

        A proxy keeps connections open and sends on them without asking; nor does it repeat a POST. What it has sent before
        it could know is answered, and the answer says that the connection ends.

        ``retiring``: others go on serving, so an idle connection, whose next request may be on its way already, is
        told with the answer to that, and closed only when it has been idle for as long as it may be.
        """
        self.draining = True
        self.retiring = retiring
        self.grace = grace
        for connection in list(self.connections):
            connection.drain()


def most_connections() -> int:
    """As many as the process may have descriptors, less a share for the files of the application."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 2**20
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return 2**20
    return max(1, allowed - max(32, allowed // 8))
