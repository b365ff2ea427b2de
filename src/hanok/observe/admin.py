"""The admin listener: what an operator and a probe ask, apart from what the public may.

    /metrics   Prometheus' text format, over all workers
    /livez     200: some worker's event loop turns, for it gave this answer
    /readyz    200 while a worker serves, 503 while none does or the server is stopping
    /status    everything above as JSON; ``hanok top`` draws it

The workers share the listener, so whichever of them has a moment answers; the numbers of the others are on the board.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from hanok.exchange import AnyExchange, Exchange, FixedHeaders
from hanok.observe.board import Board
from hanok.observe.counters import Counters, Shown, all_shown
from hanok.observe.metrics import exposition

PLAIN = FixedHeaders([(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")])
JSON = FixedHeaders([(b"content-type", b"application/json"), (b"cache-control", b"no-store")])
STALE = 10.0  # seconds without a sign of life after which a worker no longer counts as serving


@dataclass(frozen=True)
class Admin:
    """Answers for the whole server."""

    board: Board
    counters: Counters
    is_draining: Callable[[], bool]

    async def handle(self, exchange: AnyExchange) -> None:
        """The native handler of the admin listener."""
        if not isinstance(exchange, Exchange):
            raise ValueError("the admin listener has no WebSockets")
        page = PAGES.get(exchange.path)
        if page is None:
            exchange.answer(404, PLAIN, ("there is " + " ".join(PAGES) + "\n").encode())
        elif exchange.method not in ("GET", "HEAD"):
            exchange.answer(405, [(b"allow", b"GET, HEAD"), *PLAIN], b"GET is what this listener answers\n")
        else:
            page(self, exchange)

    def workers(self) -> list[tuple[int, Shown]]:
        """All workers, this one as of now; one that died without a word is shown as gone."""
        self.counters.show()
        found = all_shown(self.board)
        for _, one in found:
            if one.state != "gone" and not is_alive(one.pid):
                one.state = "gone"
        return found

    def metrics(self, exchange: Exchange) -> None:
        accept = b",".join(value for name, value in exchange.raw_headers if name == b"accept")
        body, media_type = exposition(self.workers(), accept.decode("latin-1"))
        exchange.answer(200, [(b"content-type", media_type.encode()), (b"cache-control", b"no-store")], body)

    def live(self, exchange: Exchange) -> None:
        exchange.answer(200, PLAIN, b"live\n")

    def ready(self, exchange: Exchange) -> None:
        if self.is_draining():
            exchange.answer(503, PLAIN, b"stopping\n")
            return
        workers = [one for _, one in self.workers()]
        newest = max((one.now for one in workers), default=0.0)
        serving = sum(one.state == "serving" and newest - one.now < STALE for one in workers)
        if serving:
            exchange.answer(200, PLAIN, b"ready: %d serving\n" % serving)
        else:
            exchange.answer(503, PLAIN, b"no worker serves\n")

    def status(self, exchange: Exchange) -> None:
        told = []
        for slot, one in self.workers():
            routes: dict[tuple[str, str], dict[int, int]] = {}
            for (method, route, status), count in one.series.items():
                routes.setdefault((method, route), {})[status] = count
            told.append(
                {name: value for name, value in vars(one).items() if name not in ("series", "times")}
                | {
                    "slot": slot,
                    "routes": [
                        {
                            "method": method,
                            "route": route,
                            "statuses": statuses,
                            "times": one.times.get((method, route)),
                        }
                        for (method, route), statuses in routes.items()
                    ],
                }
            )
        from pydantic_core import to_json  # the supervisor never needs it

        exchange.answer(200, JSON, to_json({"workers": told}))


PAGES: dict[str, Callable[[Admin, Exchange], None]] = {
    "/metrics": Admin.metrics,
    "/livez": Admin.live,
    "/readyz": Admin.ready,
    "/status": Admin.status,
}


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and another user's
    return True
