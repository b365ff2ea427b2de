"""Routes: orders, their export and their live feed."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal

from sqlalchemy import func, select, update

from examples.shop.database import DatabaseSession
from examples.shop.feed import Feed
from examples.shop.models import NEXT_STATUS, Address, Customer, Order, OrderLine, OrderStatus, Product
from examples.shop.schemas import FeedMessage, OrderIn, OrderOut, Page, Problem, Responses, StatusChange
from examples.shop.staff import STAFF, STAFF_ERRORS
from hanok import (
    APIRouter,
    BackgroundTasks,
    Depends,
    HTTPException,
    Path,
    Query,
    Request,
    WebSocket,
    WebSocketDisconnect,
    status,
)
from hanok.http import StreamingResponse

router = APIRouter(prefix="/orders", tags=["orders"])

NOT_FOUND: Responses = {404: {"model": Problem, "description": "There is no such order."}}


def existing_order(order_id: Annotated[int, Path(ge=1, le=2**31 - 1)], session: DatabaseSession) -> Order:
    order = session.get(Order, order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return order


ExistingOrder = Annotated[Order, Depends(existing_order)]


@router.post(
    "",
    summary="Place an order",
    status_code=status.HTTP_201_CREATED,
    response_model=OrderOut,
    responses={
        404: {"model": Problem, "description": "A product does not exist."},
        409: {"model": Problem, "description": "There is not enough of a product."},
    },
)
def place_order(given: OrderIn, session: DatabaseSession, request: Request, tasks: BackgroundTasks) -> Order:
    """Takes the products out of stock, all or none, and tells the feed after the answer was sent."""
    customer = given.customer
    order = Order(
        customer=Customer(name=customer.name, email=customer.email, address=Address(**customer.address.model_dump())),
        note=given.note,
    )
    for line in given.lines:
        product = take_from_stock(session, line.product_id, line.quantity)
        order.lines.append(OrderLine(product=product, quantity=line.quantity, unit_price=product.price))
    session.add(order)
    session.commit()
    feed: Feed = request.app.state.feed
    tasks.add_task(
        feed.tell,
        FeedMessage(
            id=order.id,
            city=customer.address.city,
            total=order.total,
            products=[line.product.name for line in order.lines],
        ),
    )
    return order


def take_from_stock(session: DatabaseSession, product_id: int, quantity: int) -> Product:
    product = session.get(Product, product_id)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no product {product_id}.")
    # The condition is checked by the database: two orders at the same moment cannot both take the last one.
    taken = session.execute(
        update(Product)
        .where(Product.id == product_id, Product.stock >= quantity)
        .values(stock=Product.stock - quantity)
        .returning(Product.id)
    )
    if taken.one_or_none() is None:
        raise HTTPException(status.HTTP_409_CONFLICT, f"There are not {quantity} of {product.name} left.")
    return product


@router.get("", summary="List orders", dependencies=STAFF, responses=STAFF_ERRORS)
def list_orders(
    session: DatabaseSession,
    status: OrderStatus | None = None,
    since: Annotated[date | None, Query(description="Placed on this day or later (UTC).")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Page[OrderOut]:
    """The newest first."""
    query = select(Order)
    if status is not None:
        query = query.where(Order.status == status)
    if since is not None:
        query = query.where(Order.placed_at >= datetime.combine(since, time.min, UTC))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = session.scalars(query.order_by(Order.id.desc()).limit(limit).offset(offset))
    items = [OrderOut.model_validate(order) for order in found]
    return Page(items=items, total=total, limit=limit, offset=offset)


@router.get(
    "/export",
    summary="Export all orders",
    response_class=StreamingResponse,
    dependencies=STAFF,
    responses={200: {"content": {"text/csv": {}, "application/jsonl": {}}}, **STAFF_ERRORS},
)
def export_orders(session: DatabaseSession, format: Literal["csv", "jsonl"] = "csv") -> StreamingResponse:
    """Streamed row by row: memory stays small however many orders there are."""
    rows = (OrderOut.model_validate(order) for order in session.scalars(select(Order).order_by(Order.id)))
    lines, media_type = (csv_lines(rows), "text/csv") if format == "csv" else (json_lines(rows), "application/jsonl")
    headers = {"Content-Disposition": f'attachment; filename="orders.{format}"'}
    return StreamingResponse(lines, media_type=media_type, headers=headers)


def csv_lines(orders: Iterator[OrderOut]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "placed_at", "status", "customer", "city", "products", "total"])
    for order in orders:
        products = "; ".join(f"{line.quantity} {line.product.name}" for line in order.lines)
        customer = order.customer
        writer.writerow(
            [
                order.id,
                order.placed_at.isoformat(),
                order.status,
                customer.name,
                customer.address.city,
                products,
                order.total,
            ]
        )
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()  # the heading, when there are no orders


def json_lines(orders: Iterator[OrderOut]) -> Iterator[str]:
    for order in orders:
        yield order.model_dump_json() + "\n"


@router.get(
    "/{order_id}",
    summary="One order",
    response_model=OrderOut,
    dependencies=STAFF,
    responses={**STAFF_ERRORS, **NOT_FOUND},
)
def read_order(order: ExistingOrder) -> Order:
    return order


@router.patch(
    "/{order_id}",
    summary="Send or cancel an order",
    response_model=OrderOut,
    dependencies=STAFF,
    responses={
        **STAFF_ERRORS,
        **NOT_FOUND,
        409: {"model": Problem, "description": "Not from its present status."},
    },
)
def change_status(order: ExistingOrder, change: StatusChange, session: DatabaseSession) -> Order:
    """What was cancelled goes back into stock."""
    if change.status not in NEXT_STATUS[OrderStatus(order.status)]:
        raise HTTPException(status.HTTP_409_CONFLICT, f"An order that is {order.status} cannot become {change.status}.")
    order.status = change.status
    if change.status is OrderStatus.CANCELLED:
        for line in order.lines:
            line.product.stock = Product.stock + line.quantity
    session.commit()
    return order


@router.websocket("/feed")
async def order_feed(websocket: WebSocket, least: Annotated[int, Query(ge=0)] = 0) -> None:
    """New orders as they are placed, as JSON; with `least`, only those of at least so many won."""
    feed: Feed = websocket.app.state.feed
    with feed.listen() as queue:
        await websocket.accept()
        await websocket.send_json({"type": "welcome", "least": least})

        async def send() -> None:
            with suppress(WebSocketDisconnect):
                while True:
                    message = await queue.get()
                    if message.total >= least:
                        await websocket.send_text(message.model_dump_json())

        sender = asyncio.create_task(send())
        try:
            async for _ in websocket.iter_text():  # what a listener says is not heard; this ends when he goes
                pass
        finally:
            sender.cancel()
