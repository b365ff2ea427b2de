"""What ``conformance.restarts`` serves: each answer says which process gave it."""

from __future__ import annotations

import asyncio
import os

from hanok import Hanok

app = Hanok()


@app.get("/")
async def quick() -> int:
    return os.getpid()


@app.get("/slow")
async def slow() -> int:
    """One that is under way for some time, and so meets restarts."""
    await asyncio.sleep(0.15)
    return os.getpid()
