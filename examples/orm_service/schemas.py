"""What the API takes and gives."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

T = TypeVar("T")
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Year = Annotated[int, Field(ge=-3000, le=3000)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]


class FromModel(BaseModel):
    """Is read from the attributes of a SQLAlchemy model."""

    model_config = ConfigDict(from_attributes=True)


class AuthorIn(BaseModel):
    name: Name


class AuthorOut(FromModel):
    id: int
    name: str


class BookIn(BaseModel):
    title: Title
    year: Year
    author_id: Id


class BookChange(BaseModel):
    """What is left out stays as it is."""

    title: Title = None  # type: ignore[assignment]
    year: Year = None  # type: ignore[assignment]


class BookOut(FromModel):
    id: int
    title: str
    year: int
    author: AuthorOut


class BookOfAuthor(FromModel):
    id: int
    title: str
    year: int


class AuthorWithBooks(AuthorOut):
    books: list[BookOfAuthor]


class Page(FromModel, Generic[T]):
    items: list[T]
    next: Annotated[int | None, Field(description="Give it as `after` for the page behind this one.")]


class Problem(BaseModel):
    detail: str
