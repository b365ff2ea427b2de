"""The music studio: the page in a browser, the API and the provider behind it, each a process of its own."""

from __future__ import annotations

import json
import re
import socket
import threading
import wave
from array import array
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest

from hanok.testing.http_client import httpx

pytest.importorskip("httpx", reason="httpx is not installed: group programs")


@pytest.fixture(scope="module")
def provider(program: Any, serve: Any, client_of: Any) -> Iterator[Any]:
    """The outside service, quick enough for a test."""
    with serve(program("music_studio"), "provider_service:app", MUSIC_PACE="0.05") as server:
        yield client_of(server)


@pytest.fixture
def studio(program: Any, serve: Any, client_of: Any, provider: Any) -> Iterator[Any]:
    told = {"MUSIC_PROVIDER": str(provider.base_url), "MUSIC_POLL_EVERY": "0.05"}
    with serve(program("music_studio"), "main:app", **told) as server:
        yield client_of(server)


def listen(url: str) -> tuple[float, array[int]]:
    """The length in seconds and the samples of the WAV file at a URL."""
    answer = httpx.get(url, trust_env=False, timeout=20)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(BytesIO(answer.content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getnframes() / file.getframerate(), array("h", file.readframes(file.getnframes()))


def is_music(samples: array[int], seconds: float) -> bool:
    """Neither silence nor noise: loud enough, not cut off at the top, and swinging as often as a voice or a guitar does."""
    loudness = (sum(value * value for value in samples) / len(samples)) ** 0.5
    crossings = sum((a < 0) != (b < 0) for a, b in pairwise(samples))
    return loudness > 1000 and max(map(abs, samples)) < 32_767 and 100 < crossings / 2 / seconds < 2000


def wish(client: Any, prompt: str, seconds: int = 2) -> Any:
    return client.post("/generate-music/", json={"prompt": prompt, "seconds": seconds})


def statuses(provider: Any) -> list[str]:
    return [task["status"] for task in provider.get("/tasks").json()]


def test_a_prompt_becomes_sound_of_the_length_that_was_asked_for(studio: Any) -> None:
    answer = wish(studio, "a calm song of rain on a roof", 3)
    assert answer.status_code == 200
    assert answer.json()["prompt"] == "a calm song of rain on a roof"
    seconds, samples = listen(answer.json()["audio_url"])
    assert seconds == 3
    assert is_music(samples, seconds)


def test_another_prompt_is_another_tune_and_the_same_one_the_same(studio: Any) -> None:
    rain, again, sun = (
        listen(wish(studio, prompt).json()["audio_url"])[1] for prompt in ("rain", "rain", "a happy dance in the sun")
    )
    assert rain == again != sun


def test_a_part_of_the_sound_can_be_asked_for_as_players_do(studio: Any) -> None:
    url = wish(studio, "rain").json()["audio_url"]
    part = httpx.get(url, headers={"range": "bytes=8-11"}, trust_env=False, timeout=20)
    assert (part.status_code, part.content) == (206, b"WAVE")


def test_a_task_that_fails_is_told_with_its_reason(studio: Any) -> None:
    answer = wish(studio, "?!")
    assert (answer.status_code, answer.json()) == (502, {"detail": "There is nothing to sing in '?!'."})
    assert wish(studio, "").json()["detail"][0]["loc"] == ["body", "prompt"]


def test_a_task_that_takes_too_long_is_cancelled(program: Any, serve: Any, client_of: Any, provider: Any) -> None:
    told = {"MUSIC_PROVIDER": str(provider.base_url), "MUSIC_POLL_EVERY": "0.05", "MUSIC_PATIENCE": "0.2"}
    with serve(program("music_studio"), "main:app", **told) as server:
        answer = wish(client_of(server), "a long one", 60)
    assert (answer.status_code, answer.json()) == (504, {"detail": "The music was not ready after 0.2 seconds."})
    assert statuses(provider)[-1] == "cancelled"


def test_a_caller_who_hangs_up_has_the_task_cancelled(studio: Any, provider: Any) -> None:
    before = len(statuses(provider))
    body = json.dumps({"prompt": "long", "seconds": 60}).encode()
    head = f"POST /generate-music/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with socket.create_connection((studio.base_url.host, studio.base_url.port)) as impatient:
        impatient.sendall(head.encode() + body)
        while statuses(provider)[before:] != ["running"]:
            pass
    while "running" in statuses(provider)[before:]:
        pass
    assert statuses(provider)[before:] == ["cancelled"]


def test_a_server_that_is_stopped_leaves_no_task_behind(
    program: Any, serve: Any, client_of: Any, provider: Any
) -> None:
    before = len(statuses(provider))
    told = {"MUSIC_PROVIDER": str(provider.base_url), "MUSIC_POLL_EVERY": "0.05"}
    with serve(program("music_studio"), "main:app", "--timeout-graceful-shutdown", "0", **told) as server:
        client = client_of(server)

        def wait_in_vain() -> None:
            with suppress(httpx.HTTPError):
                wish(client, "a long one", 60)

        waiting = threading.Thread(target=wait_in_vain)
        waiting.start()
        while "running" not in statuses(provider)[before:]:
            pass
    waiting.join()
    while "running" in statuses(provider)[before:]:
        pass
    assert statuses(provider)[before:] == ["cancelled"]


def test_a_provider_that_cannot_be_reached_is_told(program: Any, serve: Any, client_of: Any, free_port: Any) -> None:
    with serve(program("music_studio"), "main:app", MUSIC_PROVIDER=f"http://127.0.0.1:{free_port()}") as server:
        answer = wish(client_of(server), "rain")
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("The provider of music cannot be reached")


# ---- the page


@pytest.fixture(scope="module")
def whole_studio(program: Any, run: Any, free_port: Any) -> Iterator[str]:
    """All three processes as ``python start.py`` starts them; the address of the page."""
    pytest.importorskip("streamlit", reason="streamlit is not installed: group programs")
    api, provider, page = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    port = page.rpartition(":")[2]
    options = ("--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", port)
    told = {"MUSIC_API": api, "MUSIC_PROVIDER": provider, "MUSIC_PACE": "0.1", "MUSIC_POLL_EVERY": "0.05"}
    with run(program("music_studio"), "start.py", *options, **told) as started:
        for address in (api, provider, page):
            started.wait_for(re.escape(address))
        yield page


def ask_for(page: Any, prompt: str, seconds: int | None = None) -> None:
    page.get_by_label("What would you like to hear?").fill(prompt)
    if seconds is not None:
        slider = page.get_by_role("slider")
        slider.focus()
        for _ in range(10 - seconds):
            slider.press("ArrowLeft")
    page.get_by_role("button", name="Generate music").click()


def test_the_page_plays_what_was_asked_for(whole_studio: str, page: Any) -> None:
    page.goto(whole_studio)
    ask_for(page, "a slow song about winter", 4)
    player = page.locator("audio")
    player.wait_for()
    page.get_by_text("a slow song about winter").wait_for()
    page.wait_for_function("document.querySelector('audio').readyState >= 2")
    assert player.evaluate("audio => audio.duration") == 4
    played = player.evaluate(
        "async audio => { audio.muted = true; await audio.play();"
        " await new Promise(done => audio.addEventListener('timeupdate', () => audio.currentTime > 0 && done()));"
        " return audio.error === null }"
    )
    assert played
    seconds, samples = listen(player.get_attribute("src"))
    assert seconds == 4
    assert is_music(samples, seconds)


def test_the_page_shows_what_went_wrong_and_goes_on(whole_studio: str, page: Any) -> None:
    page.goto(whole_studio)
    ask_for(page, "?!")
    page.get_by_text("There is nothing to sing in '?!'.").wait_for()
    ask_for(page, "so let us have a tune", 1)
    page.locator("audio").wait_for()


def test_the_page_can_stop_what_it_began(whole_studio: str, page: Any) -> None:
    page.goto(whole_studio)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    ask_for(page, "a symphony")
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped.").wait_for()
    page.get_by_role("button", name="Generate music").wait_for()
