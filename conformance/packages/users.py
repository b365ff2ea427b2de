"""Registration, login and rights over a real database, with dependencies that yield and a router made from a class."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import StaticPool

SECRET = "a secret that is long enough for the signature"


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class UserOut(schemas.BaseUser[uuid.UUID]):
    pass


class UserIn(schemas.BaseUserCreate):
    pass


class UserChange(schemas.BaseUserUpdate):
    pass


class Manager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def session_of() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


async def database_of(session: AsyncSession = Depends(session_of)) -> AsyncIterator[Any]:
    yield SQLAlchemyUserDatabase(session, User)


async def manager_of(database: Any = Depends(database_of)) -> AsyncIterator[Manager]:
    yield Manager(database)


def strategy() -> Any:
    return JWTStrategy(secret=SECRET, lifetime_seconds=60)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


def main() -> None:
    backend = AuthenticationBackend("jwt", BearerTransport("auth/login"), strategy)
    users = FastAPIUsers[User, uuid.UUID](manager_of, [backend])
    app = FastAPI(lifespan=lifespan)
    app.include_router(users.get_auth_router(backend), prefix="/auth", tags=["auth"])
    app.include_router(users.get_register_router(UserOut, UserIn), prefix="/auth", tags=["auth"])
    app.include_router(users.get_users_router(UserOut, UserChange), prefix="/users", tags=["users"])
    active = users.current_user(active=True)

    @app.get("/hello")
    async def hello(user: User = Depends(active)) -> dict[str, str]:
        return {"hello": user.email}

    account = {"email": "ada@example.com", "password": "correct horse"}
    login = {"username": account["email"], "password": account["password"]}
    with TestClient(app) as client:
        made = client.post("/auth/register", json=account)
        assert made.status_code == 201, made.text
        assert made.json()["is_active"] is True
        again = client.post("/auth/register", json=account)
        assert (again.status_code, again.json()) == (400, {"detail": "REGISTER_USER_ALREADY_EXISTS"})
        assert client.post("/auth/register", json={"email": "nobody"}).status_code == 422

        assert client.get("/hello").status_code == 401
        assert client.post("/auth/login", data=login | {"password": "wrong"}).status_code == 400
        token = client.post("/auth/login", data=login).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert client.get("/hello", headers=bearer).json() == {"hello": "ada@example.com"}
        changed = client.patch("/users/me", json={"email": "lovelace@example.com"}, headers=bearer)
        assert changed.json()["email"] == "lovelace@example.com", changed.text
        assert client.get(f"/users/{made.json()['id']}", headers=bearer).status_code == 403
        assert client.post("/auth/logout", headers=bearer).status_code == 204

        document = client.get("/openapi.json").json()
        assert document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["type"] == "oauth2"
        assert "LOGIN_BAD_CREDENTIALS" in str(document["paths"]["/auth/login"]["post"]["responses"]["400"])
