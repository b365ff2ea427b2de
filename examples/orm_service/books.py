"""Routes: books."""

from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from database import DatabaseSession, OnePage
from hanok import APIRouter, Depends, HTTPException, Path, Query
from models import Author, Book
from schemas import BookChange, BookIn, BookOut, Id, Page, Problem

router = APIRouter(prefix="/books", tags=["books"])

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such book."}}
KNOWN: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "This author has this book already."}}


def existing_book(book_id: Annotated[Id, Path()], session: DatabaseSession) -> Book:
    book = session.get(Book, book_id, options=[joinedload(Book.author)])
    if book is None:
        raise HTTPException(404, f"There is no book {book_id}.")
    return book


ExistingBook = Annotated[Book, Depends(existing_book)]


def save(session: Session, book: Book) -> Book:
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise HTTPException(409, "This author has a book of this title already.") from None
    return book


@router.post("", status_code=201, response_model=BookOut, responses=KNOWN)
def add_book(given: BookIn, session: DatabaseSession) -> Book:
    if session.get(Author, given.author_id) is None:
        raise HTTPException(422, f"There is no author {given.author_id}.")
    book = Book(**given.model_dump())
    session.add(book)
    return save(session, book)


@router.get("", response_model=Page[BookOut])
def list_books(
    session: DatabaseSession,
    paging: OnePage,
    author_id: Annotated[Id | None, Query()] = None,
    search: Annotated[str | None, Query(min_length=1, max_length=300)] = None,
) -> dict[str, Any]:
    """Those for which all that was given holds. `search` looks into the title."""
    query = select(Book).options(joinedload(Book.author))
    if author_id is not None:
        query = query.where(Book.author_id == author_id)
    if search is not None:
        query = query.where(Book.title.icontains(search, autoescape=True))
    return paging.page(session, query, Book.id)


@router.get("/{book_id}", response_model=BookOut, responses=NOT_FOUND)
def read_book(book: ExistingBook) -> Book:
    return book


@router.patch("/{book_id}", response_model=BookOut, responses={**NOT_FOUND, **KNOWN})
def change_book(book: ExistingBook, change: BookChange, session: DatabaseSession) -> Book:
    for name, value in change.model_dump(exclude_unset=True).items():
        setattr(book, name, value)
    return save(session, book)


@router.delete("/{book_id}", status_code=204, responses=NOT_FOUND)
def remove_book(book: ExistingBook, session: DatabaseSession) -> None:
    session.delete(book)
    session.commit()
