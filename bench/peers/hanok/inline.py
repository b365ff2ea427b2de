"""The work of a plain function, marked as one that never blocks."""

from __future__ import annotations

from typing import Any

from hanok import Hanok, inline

app = Hanok()


@app.get("/sync")
@inline
def sync() -> Any:
    return {"message": "Hello, World!"}
