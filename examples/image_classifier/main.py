"""Upload a picture of a handwritten digit, and learn which one it is."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, Field

from hanok import File, Hanok, HTTPException, Request, UploadFile
from model import Model
from pictures import MOST_PIXELS, NotAPicture, TooLarge, read_picture

LARGEST_FILE = 5_000_000  # bytes
LARGEST_REQUEST = 40_000_000  # bytes: a batch
MOST_FILES = 16


class Prediction(BaseModel):
    class_name: str


class NamedPrediction(Prediction):
    filename: str | None


class Batch(BaseModel):
    predictions: list[NamedPrediction]


class About(BaseModel):
    class_names: list[str]
    accuracy: Annotated[
        float, Field(description="Of pictures that were not learnt from, the part that was recognised.")
    ]


class Problem(BaseModel):
    detail: str


PROBLEMS = {
    413: {"model": Problem, "description": "The file or the picture is too large."},
    415: {"model": Problem, "description": "The file is no picture that can be read."},
}


@asynccontextmanager
async def lifespan(app: Hanok) -> AsyncIterator[None]:
    """Train before the first request: it takes about a second."""
    app.state.model = await to_thread.run_sync(Model.trained)
    app.state.at_once = CapacityLimiter(os.cpu_count() or 1)
    yield


app = Hanok(title="Which digit is it?", lifespan=lifespan, max_body_size=LARGEST_REQUEST)


async def classify(file: UploadFile, request: Request) -> str:
    """The class of an uploaded picture. The event loop only reads the bytes; a thread does the work."""
    content = await file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise HTTPException(413, f"{file.filename} is larger than {LARGEST_FILE:,} bytes.")
    model: Model = request.app.state.model
    try:
        return await to_thread.run_sync(
            lambda: model.class_name(read_picture(content)), limiter=request.app.state.at_once
        )
    except NotAPicture:
        raise HTTPException(
            415, f"{file.filename} is not a picture that can be read: send PNG, JPEG, GIF or WebP."
        ) from None
    except TooLarge:
        raise HTTPException(413, f"{file.filename} has more than {MOST_PIXELS:,} pixels.") from None


@app.post("/predict", responses=PROBLEMS)
async def predict(file: UploadFile, request: Request) -> Prediction:
    return Prediction(class_name=await classify(file, request))


@app.post("/predict/batch", responses=PROBLEMS)
async def predict_batch(files: Annotated[list[UploadFile], File(max_length=MOST_FILES)], request: Request) -> Batch:
    """Several pictures in one request. One that cannot be read fails them all, and is named."""
    return Batch(
        predictions=[
            NamedPrediction(filename=file.filename, class_name=await classify(file, request)) for file in files
        ]
    )


@app.get("/model")
async def about(request: Request) -> About:
    model: Model = request.app.state.model
    return About(class_names=model.class_names, accuracy=model.accuracy)
