"""The shop as a user starts it: a command in a terminal, a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hanok.testing.http_client import httpx

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def order_from(url: str) -> Any:
    address = {"street": "12 Bukchon-ro", "city": "Seoul", "postcode": "03052", "country": "KR"}
    customer = {"name": "Kim Hana", "email": "hana@example.com", "address": address}
    with httpx.Client(base_url=url, timeout=30) as client:
        return client.post("/orders", json={"customer": customer, "lines": [{"product_id": 1}]})


def test_it_serves_and_keeps_what_was_ordered_for_its_second_start(serve: Any) -> None:
    with serve("hanok", "run") as url:
        assert order_from(url).json()["id"] == 1
    with serve("hanok", "run") as url:
        assert order_from(url).json()["id"] == 2
        assert httpx.get(f"{url}/products", timeout=30).json()["total"] == 10


def test_several_workers_may_start_on_an_empty_database(serve: Any) -> None:
    with serve("hanok", "run", "--workers", "2") as url:
        assert httpx.get(f"{url}/products", timeout=30).json()["total"] == 10


def test_uvicorn_serves_it_too(serve: Any) -> None:
    with serve("uvicorn") as url:
        assert order_from(url).status_code == 201


def page_of(url: str, profile: Path) -> str:
    """What a browser without a network makes of a page, as HTML."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.fail(f"a browser is needed: one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)")
    shown = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={profile}",
            "--virtual-time-budget=8000",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--dump-dom",
            url,
        ],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert shown.returncode == 0, shown.stderr
    return shown.stdout


@pytest.mark.timeout(180)
def test_a_browser_without_a_network_shows_its_documentation_and_its_home(serve: Any, tmp_path: Path) -> None:
    with serve("hanok", "run") as url:
        swagger = page_of(f"{url}/docs", tmp_path / "docs")
        redoc = page_of(f"{url}/redoc", tmp_path / "redoc")
        home = page_of(url, tmp_path / "home")
    for text in ("Tea shop", "List products", "Place an order", "Upload the picture", "Authorize"):
        assert text in swagger
    assert swagger.count('class="opblock ') == 13
    assert "List products" in redoc
    assert "Moon jar" in home
