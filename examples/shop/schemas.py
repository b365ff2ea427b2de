"""What the API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from examples.shop.models import Category, OrderStatus

Item = TypeVar("Item")
Won = Annotated[int, Field(ge=0, le=100_000_000, description="An amount in won.", examples=[18000])]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class Stored(BaseModel):
    """Read from an object of the database."""

    model_config = ConfigDict(from_attributes=True)


class Page(BaseModel, Generic[Item]):
    items: list[Item]
    total: int = Field(description="How many there are on all pages.")
    limit: int
    offset: int


class Problem(BaseModel):
    """What every error says."""

    detail: str


# Answers beside the usual one, for the documentation.
Responses: TypeAlias = dict[int | str, dict[str, Any]]


# ---- products


class ProductIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["Jakseol green tea"])
    description: str = Field("", max_length=2000)
    category: Category
    price: Won
    stock: int = Field(0, ge=0)


class ProductChange(BaseModel):
    """Only what is given changes."""

    model_config = ConfigDict(extra="forbid")

    description: str = Field("", max_length=2000)
    price: Won = 0
    stock: int = Field(0, ge=0)


class ProductOut(Stored):
    id: int
    name: str
    description: str
    category: Category
    price: Won
    stock: int
    picture_type: str | None = Field(description="Media type of its picture, if it has one.")


class ProductFilter(BaseModel):
    """Which products to list."""

    category: Category | None = None
    price_from: Won | None = None
    price_to: Won | None = None
    in_stock: bool = Field(False, description="Leave out what is sold out.")
    search: str | None = Field(None, min_length=2, description="Text in the name or the description.")


# ---- orders


class AddressSchema(Stored):
    model_config = ConfigDict(title="Address")

    street: str = Field(min_length=1, max_length=120, examples=["12 Bukchon-ro"])
    city: str = Field(min_length=1, max_length=80, examples=["Seoul"])
    postcode: str = Field(min_length=1, max_length=20, examples=["03052"])
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 code.", examples=["KR"])


class CustomerSchema(Stored):
    model_config = ConfigDict(title="Customer")

    name: Name = Field(examples=["Kim Hana"])
    email: EmailStr
    address: AddressSchema


class LineIn(BaseModel):
    product_id: int = Field(ge=1, examples=[1])
    quantity: int = Field(1, ge=1, le=100)


class OrderIn(BaseModel):
    customer: CustomerSchema
    lines: list[LineIn] = Field(min_length=1, max_length=50)
    note: str | None = Field(None, max_length=500)


class ProductBrief(Stored):
    id: int
    name: str


class LineOut(Stored):
    product: ProductBrief
    quantity: int
    unit_price: Won


class OrderOut(Stored):
    id: int
    status: OrderStatus
    placed_at: datetime
    customer: CustomerSchema
    lines: list[LineOut]
    note: str | None
    total: Won


class StatusChange(BaseModel):
    status: OrderStatus


class FeedMessage(BaseModel):
    """What the feed says about a new order: nothing about the customer but the city."""

    type: Literal["order"] = "order"
    id: int
    city: str
    total: int
    products: list[str]
