"""The state diagrams are drawn from the tables as they are, and can be read."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import diagrams
from docs.drawing import Diagram, Step, draw, faults

DIAGRAMS = {diagram.name: diagram for diagram in diagrams.DIAGRAMS}


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_picture_is_the_one_that_the_table_gives(root: Path, name: str) -> None:
    picture = (root / "docs" / "diagrams" / f"{name}.svg").read_text("utf-8")
    assert picture == draw(DIAGRAMS[name]), "run: python -m docs.diagrams"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_every_state_and_every_event_is_in_it(name: str) -> None:
    diagram = DIAGRAMS[name]
    assert set(diagram.places) == {state.name for state in diagrams.STATES[name]}
    picture = ElementTree.fromstring(draw(diagram))
    words = {
        word.strip("↻, ")
        for text in picture.iter("{http://www.w3.org/2000/svg}text")
        for word in (text.text or "").split(", ")
    }
    assert {step.event for step in diagram.steps if step.event} <= words
    assert set(diagram.places) <= words


@pytest.mark.parametrize("name", DIAGRAMS)
def test_nothing_in_it_lies_on_something_else(name: str) -> None:
    assert faults(DIAGRAMS[name]) == []


def test_what_lies_on_something_else_is_found_out() -> None:
    places = {"A": (0, 0), "B": (1, 0), "C": (2, 0), "D": (2, 0)}
    crowded = Diagram("crowded", "Crowded", "A", (Step("A", "GO", "C"),), places)
    assert {"C lies on D", "the arrow of A, C goes through B"} <= set(faults(crowded))


def test_no_picture_is_left_over(root: Path) -> None:
    assert {file.stem for file in (root / "docs" / "diagrams").iterdir()} == set(DIAGRAMS)
