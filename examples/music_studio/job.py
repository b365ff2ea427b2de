"""One request that goes on in a thread while the page is drawn, and that can be stopped."""

import asyncio
import threading
from contextlib import suppress

import httpx

LONGEST = 300  # seconds; the API gives up earlier


class Job:
    """A request for music. ``audio_url`` or ``problem`` is set when it is ``done``."""

    def __init__(self, api: str, prompt: str, seconds: int) -> None:
        self.api = api
        self.wish = {"prompt": prompt, "seconds": seconds}
        self.audio_url: str | None = None
        self.problem: str | None = None
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._ask())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        self._thread.join(seconds)

    def stop(self) -> None:
        """Hang up: the API notices, and cancels the task at the provider."""
        with suppress(RuntimeError):  # the loop is closed: it was done already
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self.problem = self.problem or "Stopped."

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self.problem = "Stopped."
        finally:
            self._loop.close()

    async def _ask(self) -> None:
        try:
            async with httpx.AsyncClient(base_url=self.api, timeout=LONGEST) as client:
                answer = await client.post("/generate-music/", json=self.wish)
        except httpx.TransportError as error:
            self.problem = f"The studio cannot be reached: {error or type(error).__name__}"
            return
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        if answer.is_success:
            self.audio_url = told["audio_url"]
        else:
            self.problem = str(told.get("detail", f"The studio answered {answer.status_code}."))
