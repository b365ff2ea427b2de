"""The application: settings, database, middleware and routes put together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from examples.shop import orders, pictures, products
from examples.shop.database import Database
from examples.shop.feed import Feed
from examples.shop.seed import seed
from examples.shop.settings import Settings
from hanok import Hanok, Request, Response
from hanok.http import FileResponse
from hanok.middleware.cors import CORSMiddleware

DESCRIPTION = """
A small tea shop that shows what an API needs every day.

* **Anyone** may list and look at products, and place orders.
* **Staff** may do the rest: press *Authorize* and type `demo-key`.
* New orders are told live at the WebSocket `/orders/feed`; the [home page](/) listens to it.
"""

TAGS = [
    {"name": "products", "description": "What is on the shelves."},
    {"name": "pictures", "description": "A picture for each product: uploaded, checked, cached by `ETag`."},
    {"name": "orders", "description": "Placed by customers, sent by staff, exported for the books."},
]


@asynccontextmanager
async def lifespan(app: Hanok) -> AsyncIterator[None]:
    """Opens the database before the first request, fills an empty one, and closes it after the last."""
    database = Database(app.state.settings.database_url)
    database.create_tables()
    seed(database)
    app.state.database = database
    yield
    database.close()


async def say_who_and_how_long(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Each answer names its request, for the logs, and tells how long it took, for the browser's tools."""
    request_id = request.headers.get("x-request-id") or uuid4().hex
    started = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Request-ID"] = request_id
    response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.2f}"
    return response


def home() -> FileResponse:
    return FileResponse(Path(__file__).with_name("home.html"))


def create_app(settings: Settings | None = None) -> Hanok:
    app = Hanok(
        title="Tea shop",
        summary="Products, orders, pictures and a live feed.",
        description=DESCRIPTION,
        version="1.0.0",
        openapi_tags=TAGS,
        lifespan=lifespan,
    )
    app.state.settings = settings or Settings.from_environment()
    app.state.feed = Feed()
    app.middleware("http")(say_who_and_how_long)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=app.state.settings.allowed_origins,
        allow_methods=["*"],
        allow_headers=["X-API-Key", "X-Request-ID"],
        expose_headers=["X-Request-ID", "Server-Timing"],
    )
    app.get("/", include_in_schema=False)(home)
    app.include_router(products.router)
    app.include_router(pictures.router)
    app.include_router(orders.router)
    return app


app = create_app()
