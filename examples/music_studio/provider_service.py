"""A service that generates music by the task: start it, ask until it is done, fetch it. It stands for the one you pay for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import BaseModel, Field

from hanok import Depends, Hanok, HTTPException, Request, Response
from hanok.http import FileResponse
from settings import Settings
from sound import compose

MOST_KEPT = 200  # tasks; the oldest are forgotten, with their sound


class Order(BaseModel):
    prompt: Annotated[str, Field(min_length=1, max_length=500)]
    seconds: Annotated[int, Field(ge=1, le=60)] = 10


class TaskState(BaseModel):
    task_id: str
    status: Literal["running", "done", "failed", "cancelled"]
    audio_url: str | None = None  # when it is done
    reason: str | None = None  # when it has failed


@dataclass
class Task:
    work: asyncio.Task[None]
    file: Path


@asynccontextmanager
async def lifespan(app: Hanok) -> AsyncIterator[None]:
    with TemporaryDirectory(prefix="music-") as directory:
        app.state.directory = Path(directory)
        app.state.tasks = {}
        yield
        running = [task.work for task in app.state.tasks.values()]
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)


app = Hanok(title="Music by the task", lifespan=lifespan)
settings = Settings.from_environment()


async def generate(order: Order, file: Path) -> None:
    """As slow as told, and in a thread, because it needs the processor."""
    await asyncio.sleep(settings.pace * order.seconds)
    await asyncio.to_thread(lambda: file.write_bytes(compose(order.prompt, order.seconds)))


def existing_task(task_id: str, request: Request) -> Task:
    task: Task | None = request.app.state.tasks.get(task_id)
    if task is None:
        raise HTTPException(404, f"There is no task {task_id}.")
    return task


ExistingTask = Annotated[Task, Depends(existing_task)]


def state_of(task_id: str, task: Task, request: Request) -> TaskState:
    if not task.work.done():
        return TaskState(task_id=task_id, status="running")
    if task.work.cancelled():
        return TaskState(task_id=task_id, status="cancelled")
    if error := task.work.exception():
        reason = str(error) if isinstance(error, ValueError) else "An error of ours; we are looking at it."
        return TaskState(task_id=task_id, status="failed", reason=reason)
    return TaskState(task_id=task_id, status="done", audio_url=str(request.url_for("audio", task_id=task_id)))


@app.post("/tasks", status_code=202)
async def start(order: Order, request: Request) -> TaskState:
    tasks: dict[str, Task] = request.app.state.tasks
    if len(tasks) >= MOST_KEPT:
        oldest = tasks.pop(next(iter(tasks)))
        oldest.work.cancel()
        oldest.file.unlink(missing_ok=True)
    task_id = uuid4().hex
    file = request.app.state.directory / f"{task_id}.wav"
    tasks[task_id] = Task(asyncio.create_task(generate(order, file)), file)
    return state_of(task_id, tasks[task_id], request)


@app.get("/tasks")
async def all_tasks(request: Request) -> list[TaskState]:
    return [state_of(task_id, task, request) for task_id, task in request.app.state.tasks.items()]


@app.get("/tasks/{task_id}")
async def look(task_id: str, task: ExistingTask, request: Request) -> TaskState:
    return state_of(task_id, task, request)


@app.delete("/tasks/{task_id}", status_code=204, response_class=Response)
async def cancel(task: ExistingTask) -> None:
    task.work.cancel()


@app.get("/audio/{task_id}.wav", response_class=FileResponse)
async def audio(task: ExistingTask) -> FileResponse:
    if not task.file.exists():
        raise HTTPException(404, "It is not done.")
    return FileResponse(task.file, media_type="audio/wav")
