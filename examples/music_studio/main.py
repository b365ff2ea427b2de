"""The API of the studio: a prompt in, the address of the music out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, Field

from hanok import Hanok, HTTPException, Request
from provider import NobodyWaits, Provider, ProviderError, TookTooLong, Unreachable
from settings import Settings

# Which answer each failure gets. 499 is what Nginx writes into its log for a client that has gone; nobody reads it.
STATUS = {Unreachable: 503, TookTooLong: 504, NobodyWaits: 499, ProviderError: 502}


class Wish(BaseModel):
    prompt: Annotated[str, Field(min_length=1, max_length=500, examples=["a calm song of rain on a roof"])]
    seconds: Annotated[int, Field(ge=1, le=60)] = 10


class Music(BaseModel):
    prompt: str
    audio_url: str


class Problem(BaseModel):
    detail: str


PROBLEMS = {
    502: {"model": Problem, "description": "The provider of music failed."},
    503: {"model": Problem, "description": "The provider of music cannot be reached."},
    504: {"model": Problem, "description": "The provider of music took too long."},
}


@asynccontextmanager
async def lifespan(app: Hanok) -> AsyncIterator[None]:
    settings = Settings.from_environment()
    app.state.provider = Provider(settings.provider, settings.provider_key, settings.patience, settings.poll_every)
    yield
    await app.state.provider.close()


app = Hanok(title="Music studio", lifespan=lifespan)


@app.post("/generate-music/", responses=PROBLEMS)
async def generate_music(wish: Wish, request: Request) -> Music:
    """Answers when the music is there. Hang up to cancel it."""
    provider: Provider = request.app.state.provider
    try:
        audio_url = await provider.generate(wish.prompt, wish.seconds, request.is_disconnected)
    except ProviderError as error:
        raise HTTPException(STATUS[type(error)], str(error)) from None
    return Music(prompt=wish.prompt, audio_url=audio_url)
