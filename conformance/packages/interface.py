"""An interface mounted in an application: its own parser of uploads, its own compression, parts of files, streamed events."""

from __future__ import annotations

import os
import tempfile

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp()

from collections.abc import Iterator

import gradio
import httpx
from fastapi import FastAPI

from conformance.packages.live import serve


def spelled(word: str) -> Iterator[str]:
    for end in range(1, len(word) + 1):
        yield word[:end]


def main() -> None:
    with gradio.Blocks() as page:
        word, answer, button = gradio.Textbox(label="Word"), gradio.Textbox(label="Answer"), gradio.Button("Go")
        button.click(str.upper, word, answer, api_name="upper")
        button.click(spelled, word, answer, api_name="spelled")
    app = gradio.mount_gradio_app(FastAPI(), page, path="/page", ssr_mode=False)
    with serve(app) as url, httpx.Client(base_url=f"{url}/page", timeout=30) as client:
        shown = client.get("/")
        assert shown.status_code == 200, shown.text
        assert "Word" in shown.text
        for accepted in ("br", "gzip", "identity"):
            styles = client.get("/theme.css", headers={"accept-encoding": accepted})
            assert styles.headers.get("content-encoding", "identity") == accepted
            assert "--" in styles.text
        assert client.post("/gradio_api/run/upper", json={"data": ["yew"]}).json()["data"] == ["YEW"]
        event = client.post("/gradio_api/call/spelled", json={"data": ["yew"]}).json()["event_id"]
        told = client.get(f"/gradio_api/call/spelled/{event}").text
        assert told.count("event: generating") == 3, told
        assert "event: complete" in told

        (path,) = client.post("/gradio_api/upload", files={"files": ("tree.txt", b"0123456789" * 100)}).json()
        part = client.get(f"/gradio_api/file={path}", headers={"range": "bytes=2-5", "accept-encoding": "identity"})
        assert (part.status_code, part.content) == (206, b"2345")
        assert part.headers["content-range"] == "bytes 2-5/1000"
        assert client.post("/gradio_api/upload", content=b"no form").status_code == 400
