"""The first server that one writes: two paths, and a parameter that is checked before the function is called."""

from typing import Union

from hanok import Hanok

app = Hanok()


@app.get("/")
def read_root():
    return {"Hello": "World"}


@app.get("/items/{item_id}")
def read_item(item_id: int, q: Union[str, None] = None):  # noqa: UP007 - as most tutorials spell it
    return {"item_id": item_id, "q": q}
