"""Routes: products."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError

from examples.shop.database import DatabaseSession
from examples.shop.models import OrderLine, Product
from examples.shop.schemas import Page, Problem, ProductChange, ProductFilter, ProductIn, ProductOut, Responses
from examples.shop.staff import STAFF, STAFF_ERRORS
from hanok import APIRouter, Cookie, Depends, HTTPException, Path, Query, Request, Response, status

router = APIRouter(prefix="/products", tags=["products"])

SEEN = "seen"  # the cookie with the products that a visitor has looked at: "7-2-5", the last one first
SEEN_MOST = 5
SeenCookie = Annotated[str | None, Cookie(alias=SEEN, pattern=r"^\d{1,9}(-\d{1,9})*$")]

ORDERS = {
    "name": Product.name,
    "price": Product.price,
    "-price": Product.price.desc(),
}


def existing_product(product_id: Annotated[int, Path(ge=1, le=2**31 - 1)], session: DatabaseSession) -> Product:
    product = session.get(Product, product_id)
    if product is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no product {product_id}.")
    return product


ExistingProduct = Annotated[Product, Depends(existing_product)]
NOT_FOUND: Responses = {404: {"model": Problem, "description": "There is no such product."}}


def matching(filters: ProductFilter) -> Select[Any]:
    query = select(Product)
    if filters.category is not None:
        query = query.where(Product.category == filters.category)
    if filters.price_from is not None:
        query = query.where(Product.price >= filters.price_from)
    if filters.price_to is not None:
        query = query.where(Product.price <= filters.price_to)
    if filters.in_stock:
        query = query.where(Product.stock > 0)
    if filters.search is not None:
        query = query.where(
            or_(
                Product.name.icontains(filters.search, autoescape=True),
                Product.description.icontains(filters.search, autoescape=True),
            )
        )
    return query


@router.get("", summary="List products")
def list_products(
    filters: Annotated[ProductFilter, Query()],
    session: DatabaseSession,
    sort: Annotated[Literal["name", "price", "-price"], Query(description="`-price`: dearest first.")] = "name",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Page[ProductOut]:
    """All filters that are given must hold."""
    query = matching(filters)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    found = session.scalars(query.order_by(ORDERS[sort], Product.id).limit(limit).offset(offset))
    items = [ProductOut.model_validate(product) for product in found]
    return Page(items=items, total=total, limit=limit, offset=offset)


@router.get("/seen", summary="Products you looked at", response_model=list[ProductOut])
def seen_products(session: DatabaseSession, seen: SeenCookie = None) -> list[Product]:
    """The last ones, from a cookie. Look at a product first."""
    ids = [int(number) for number in seen.split("-")] if seen else []
    found = {product.id: product for product in session.scalars(select(Product).where(Product.id.in_(ids)))}
    return [found[number] for number in ids if number in found]


@router.get("/{product_id}", summary="One product", response_model=ProductOut, responses=NOT_FOUND)
def read_product(product: ExistingProduct, response: Response, seen: SeenCookie = None) -> Product:
    """Also remembers, in a cookie, that you looked at it."""
    before = [number for number in (seen or "").split("-") if number and number != str(product.id)]
    response.set_cookie(SEEN, "-".join([str(product.id), *before][:SEEN_MOST]), httponly=True, samesite="lax")
    return product


@router.post(
    "",
    summary="Add a product",
    status_code=status.HTTP_201_CREATED,
    response_model=ProductOut,
    dependencies=STAFF,
    responses={**STAFF_ERRORS, 409: {"model": Problem, "description": "There is a product of this name."}},
)
def add_product(given: ProductIn, session: DatabaseSession, request: Request, response: Response) -> Product:
    product = Product(**given.model_dump())
    session.add(product)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(status.HTTP_409_CONFLICT, f"There is a product called {given.name!r} already.") from None
    response.headers["Location"] = str(request.url_for("read_product", product_id=product.id))
    return product


@router.patch(
    "/{product_id}",
    summary="Change a product",
    response_model=ProductOut,
    dependencies=STAFF,
    responses={**STAFF_ERRORS, **NOT_FOUND},
)
def change_product(product: ExistingProduct, change: ProductChange, session: DatabaseSession) -> Product:
    for name, value in change.model_dump(exclude_unset=True).items():
        setattr(product, name, value)
    session.commit()
    return product


@router.delete(
    "/{product_id}",
    summary="Remove a product",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=STAFF,
    responses={**STAFF_ERRORS, **NOT_FOUND, 409: {"model": Problem, "description": "It has been ordered."}},
)
def remove_product(product: ExistingProduct, session: DatabaseSession) -> None:
    if session.scalar(select(OrderLine.id).where(OrderLine.product_id == product.id).limit(1)):
        raise HTTPException(status.HTTP_409_CONFLICT, f"{product.name} has been ordered and cannot be removed.")
    session.delete(product)
    session.commit()
