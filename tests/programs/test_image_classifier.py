"""The image classifier: real pictures, sent to a real model over the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

Image = pytest.importorskip("PIL.Image", reason="pillow is not installed: group programs")
datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed: group programs")

NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def as_file(picture: Any, kind: str = "PNG") -> bytes:
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def digit(number: int, *, side: int = 160) -> Any:
    """A picture of the data set: dark ink on white paper with a margin, as somebody would photograph it."""
    values = datasets.load_digits().images[number]
    drawn = Image.fromarray((255 - values * 255 / 16).astype("uint8")).resize((side, side))
    paper = Image.new("L", (side * 2, side * 2), "white")
    paper.paste(drawn, (side // 3, side // 2))
    return paper


@pytest.fixture(scope="module")
def classifier(program: Any, serve: Any, client_of: Any) -> Iterator[Any]:
    with serve(program("image_classifier"), "main:app") as server:
        yield client_of(server)


def predict(client: Any, content: bytes, name: str = "digit.png") -> Any:
    return client.post("/predict", files={"file": (name, content)})


def test_a_picture_is_recognised(classifier: Any) -> None:
    for number in (0, 7, 9):
        answer = predict(classifier, as_file(digit(number)))
        assert (answer.status_code, answer.json()) == (200, {"class_name": NAMES[number]})


def test_nearly_all_pictures_are_recognised(classifier: Any) -> None:
    # The data set begins with the ten digits in order, three times, by different hands.
    files = [("files", (f"{number}.png", as_file(digit(number)))) for number in range(30)]
    told = []
    for batch in (files[:15], files[15:]):
        told += [each["class_name"] for each in classifier.post("/predict/batch", files=batch).json()["predictions"]]
    assert sum(given == expected for given, expected in zip(told, NAMES * 3, strict=True)) >= 27


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
def test_other_formats_are_read(classifier: Any, kind: str) -> None:
    assert predict(classifier, as_file(digit(7), kind)).json() == {"class_name": "seven"}


def test_bright_ink_and_transparent_paper_are_read(classifier: Any) -> None:
    dark = Image.eval(digit(4), lambda value: 255 - value)
    assert predict(classifier, as_file(dark)).json() == {"class_name": "four"}
    ink = Image.new("RGBA", dark.size, (0, 0, 80, 255))
    ink.putalpha(dark)
    assert predict(classifier, as_file(ink)).json() == {"class_name": "four"}


def test_the_model_is_a_real_one(classifier: Any) -> None:
    about = classifier.get("/model").json()
    assert about["class_names"] == NAMES
    assert 0.95 < about["accuracy"] < 1


def test_a_batch_is_answered_in_its_order(classifier: Any) -> None:
    files = [("files", (f"{number}.png", as_file(digit(number)))) for number in (3, 1, 4)]
    answer = classifier.post("/predict/batch", files=files)
    assert answer.json() == {
        "predictions": [
            {"filename": "3.png", "class_name": "three"},
            {"filename": "1.png", "class_name": "one"},
            {"filename": "4.png", "class_name": "four"},
        ]
    }
    answer = classifier.post("/predict/batch", files=[*files, ("files", ("notes.txt", b"milk, eggs"))])
    assert answer.status_code == 415
    assert answer.json()["detail"].startswith("notes.txt is not a picture")
    answer = classifier.post("/predict/batch", files=files * 6)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "files"]


def test_what_is_no_picture_is_refused_and_told_so(classifier: Any) -> None:
    whole = as_file(digit(2))
    for content in (b"just some text", b"", whole[: len(whole) // 2], b"\x89PNG\r\n\x1a\n" + bytes(100)):
        answer = predict(classifier, content, "report.pdf")
        assert answer.status_code == 415
        assert answer.json()["detail"] == ("report.pdf is not a picture that can be read: send PNG, JPEG, GIF or WebP.")
    missing = classifier.post("/predict")
    assert missing.status_code == 422
    assert missing.json()["detail"][0]["loc"] == ["body", "file"]


def test_what_is_too_large_is_refused(classifier: Any) -> None:
    answer = predict(classifier, bytes(5_000_001))
    assert (answer.status_code, answer.json()["detail"]) == (413, "digit.png is larger than 5,000,000 bytes.")
    # Few bytes that would become many: it is not unpacked.
    answer = predict(classifier, as_file(Image.new("1", (10_000, 10_000))))
    assert (answer.status_code, answer.json()["detail"]) == (413, "digit.png has more than 25,000,000 pixels.")
    files = [("files", (f"{number}.png", bytes(4_900_000))) for number in range(9)]
    assert classifier.post("/predict/batch", files=files).status_code == 413


def test_others_are_answered_while_it_works(classifier: Any) -> None:
    large = as_file(Image.new("L", (5000, 5000), "white"))
    done = threading.Event()
    took: list[float] = []

    def work() -> None:
        began = time.monotonic()
        answer = classifier.post("/predict/batch", files=[("files", ("large.png", large))] * 3)
        assert answer.status_code == 200
        took.append(time.monotonic() - began)
        done.set()

    working = threading.Thread(target=work)
    working.start()
    longest = 0.0
    while not done.is_set():
        began = time.monotonic()
        assert classifier.get("/model").status_code == 200
        longest = max(longest, time.monotonic() - began)
        done.wait(0.01)
    working.join()
    assert longest < took[0] / 2
