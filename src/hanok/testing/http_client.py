"""Which httpx the test client is built on: httpx2, or httpx where only that is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2 as httpx
else:
    try:
        import httpx2 as httpx
    except ModuleNotFoundError:
        try:
            import httpx
        except ModuleNotFoundError:
            raise RuntimeError("The test client needs httpx2. Install it with: pip install 'hanok[testing]'") from None

__all__ = ["httpx"]
