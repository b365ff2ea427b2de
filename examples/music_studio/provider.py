"""The client of the outside service: start a task, ask until it is done, give it up if nobody waits for it any more."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx


class ProviderError(Exception):
    """The provider said no, or failed. The message is its reason."""


class Unreachable(ProviderError):
    """Nobody answers at its address."""


class TookTooLong(ProviderError):
    """It was not done in time."""


class NobodyWaits(ProviderError):
    """The one who asked for it has gone."""


class Provider:
    """Generates music at ``address``. ``patience`` and ``poll_every`` are seconds."""

    def __init__(self, address: str, key: str, patience: float, poll_every: float) -> None:
        self.patience = patience
        self.poll_every = poll_every
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = httpx.AsyncClient(base_url=address, headers=headers, timeout=10)

    async def close(self) -> None:
        await self.client.aclose()

    async def generate(self, prompt: str, seconds: int, has_gone: Callable[[], Awaitable[bool]]) -> str:
        """The URL of the sound. Raises ProviderError or what it is a base of; then the task is not left running."""
        started = await self.ask("POST", "/tasks", json={"prompt": prompt, "seconds": seconds})
        task = f"/tasks/{started['task_id']}"
        done = False
        try:
            async with asyncio.timeout(self.patience):
                while True:
                    state = await self.ask("GET", task)
                    if done := state["status"] != "running":
                        break
                    if await has_gone():
                        raise NobodyWaits("The caller has gone.")
                    await asyncio.sleep(self.poll_every)
        except TimeoutError:
            raise TookTooLong(f"The music was not ready after {self.patience:g} seconds.") from None
        finally:
            # Also when this request is cancelled, because the server stops: so the farewell is a task of its own.
            if not done:
                await asyncio.shield(asyncio.create_task(self.give_up(task)))
        if state["status"] != "done":
            raise ProviderError(state["reason"] or f"The task was {state['status']}.")
        return str(state["audio_url"])

    async def give_up(self, task: str) -> None:
        with suppress(ProviderError):  # there is nothing more that we could do
            await self.ask("DELETE", task)

    async def ask(self, method: str, path: str, **options: object) -> dict[str, str]:
        try:
            answer = await self.client.request(method, path, **options)
        except httpx.TransportError as error:
            raise Unreachable(f"The provider of music cannot be reached: {error or type(error).__name__}.") from None
        if answer.is_error:
            raise ProviderError(f"The provider of music answered {answer.status_code}.")
        return answer.json() if answer.content else {}
