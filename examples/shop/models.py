"""What the database keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import DateTime, Dialect, ForeignKey, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship


class Category(StrEnum):
    TEA = "tea"
    POTTERY = "pottery"
    TABLE = "table"


class OrderStatus(StrEnum):
    PLACED = "placed"
    SENT = "sent"
    CANCELLED = "cancelled"


# Which status an order may go to next.
NEXT_STATUS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset((OrderStatus.SENT, OrderStatus.CANCELLED)),
    OrderStatus.SENT: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones; this puts UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(20))
    price: Mapped[int]  # in won, which has no smaller unit
    stock: Mapped[int] = mapped_column(default=0)
    picture_type: Mapped[str | None] = mapped_column(String(20))
    picture: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # loaded only when asked for


@dataclass(frozen=True)
class Address:
    street: str
    city: str
    postcode: str
    country: str


class Customer(Base):
    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(320))
    address: Mapped[Address] = composite(
        mapped_column("street", String(120)),
        mapped_column("city", String(80)),
        mapped_column("postcode", String(20)),
        mapped_column("country", String(2)),
    )


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str] = mapped_column(String(20), default=OrderStatus.PLACED)
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    note: Mapped[str | None] = mapped_column(Text)
    customer: Mapped[Customer] = relationship(lazy="joined")
    lines: Mapped[list[OrderLine]] = relationship(lazy="selectin", cascade="all, delete-orphan")

    @property
    def total(self) -> int:
        return sum(line.quantity * line.unit_price for line in self.lines)


class OrderLine(Base):
    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]
    unit_price: Mapped[int]  # what it cost when it was ordered
    product: Mapped[Product] = relationship(lazy="joined")
