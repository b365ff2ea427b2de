"""What can be set from outside, by environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    # sqlite:///shop.db is a file in the directory where the server was started. For PostgreSQL give for example
    # postgresql+psycopg://shop:secret@localhost/shop and install psycopg.
    database_url: str = "sqlite:///shop.db"
    # The key that staff send as X-API-Key. This one is public: set your own.
    api_key: str = "demo-key"
    # Browser pages from these origins may call the API.
    allowed_origins: tuple[str, ...] = ("http://localhost:3000",)

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            database_url=os.environ.get("SHOP_DATABASE_URL", cls.database_url),
            api_key=os.environ.get("SHOP_API_KEY", cls.api_key),
        )
