"""Routes: authors."""

from typing import Annotated, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from database import DatabaseSession, OnePage
from hanok import APIRouter, HTTPException, Path
from models import Author
from schemas import AuthorIn, AuthorOut, AuthorWithBooks, Id, Page, Problem

router = APIRouter(prefix="/authors", tags=["authors"])

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is no such author."}}
KNOWN: dict[int | str, dict[str, Any]] = {409: {"model": Problem, "description": "There is an author of this name."}}


@router.post("", status_code=201, response_model=AuthorOut, responses=KNOWN)
def add_author(given: AuthorIn, session: DatabaseSession) -> Author:
    author = Author(name=given.name)
    session.add(author)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, f"There is an author called {given.name} already.") from None
    return author


@router.get("", response_model=Page[AuthorOut])
def list_authors(session: DatabaseSession, paging: OnePage) -> dict[str, Any]:
    return paging.page(session, select(Author), Author.id)


@router.get("/{author_id}", response_model=AuthorWithBooks, responses=NOT_FOUND)
def read_author(author_id: Annotated[Id, Path()], session: DatabaseSession) -> Author:
    """With the books, the oldest first."""
    author = session.get(Author, author_id, options=[selectinload(Author.books)])
    if author is None:
        raise HTTPException(404, f"There is no author {author_id}.")
    return author
