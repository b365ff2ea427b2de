"""How a state diagram is drawn as SVG: states where they are put, an arrow for each change, its event upon it.

An event that leads many states to the same one is one short arrow with their names beside it. ``faults`` says what
would make a diagram unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from itertools import combinations
from math import hypot

COLUMN, ROW, MARGIN = 176, 104, 30
LETTER, SMALL, LINE = 8.0, 6.6, 15  # widths of a letter and the height of a line, a little more than fonts need
MANY = 3  # as many states as one event leads to the same state make one arrow, not many
STUB = 34

STYLE = """
  svg { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
  .paper { fill: #fff } .ink { fill: #1f2933 } .soft { fill: #5a6673 }
  .state { fill: #f3f5f7; stroke: #8b98a5 } .last { fill: #fff; stroke: #8b98a5 }
  .arrow { fill: none; stroke: #66727f; stroke-width: 1.3 } .head { fill: #66727f } .first { fill: #c2532d }
  .name { font-size: 13px; font-weight: 650 } .event { paint-order: stroke; stroke: #fff; stroke-width: 5px; fill: #9c3d1b }
  .small { font-size: 11px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #161b22 } .ink { fill: #e6edf3 } .soft { fill: #9aa7b4 }
    .state { fill: #21293a; stroke: #66727f } .last { fill: #161b22; stroke: #66727f }
    .arrow { stroke: #8b98a5 } .head { fill: #8b98a5 } .first { fill: #e2764e }
    .event { stroke: #161b22; fill: #f0916c }
  }
"""

Point = tuple[float, float]


@dataclass(frozen=True)
class Step:
    before: str
    event: str
    after: str


@dataclass(frozen=True)
class Diagram:
    """``places``: column and row of each state. ``bends``: how far an arrow swings to its left, in pixels.
    ``sides``: where an arrow that stands for many comes in, top if it is not said.
    """

    name: str
    title: str
    first: str
    steps: tuple[Step, ...]
    places: Mapping[str, Point]
    bends: Mapping[tuple[str, str], float] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def boxes(self) -> dict[str, Box]:
        return {name: Box(name, self.centre(name), self.again(name), self.is_last(name)) for name in self.places}

    def centre(self, name: str) -> Point:
        column, row = self.places[name]
        return column * COLUMN, row * ROW

    def again(self, name: str) -> list[str]:
        """The events that leave it as it is."""
        events = [step.event for step in self.steps if step.before == step.after == name]
        return wrapped(["↻ " + events[0], *events[1:]], 22) if events else []

    def is_last(self, name: str) -> bool:
        return not any(step.before == name != step.after for step in self.steps)

    @cached_property
    def gathered(self) -> list[tuple[str, list[str], str]]:
        """Event, the states that it leads from, the state it leads to: where these are many."""
        ways: dict[tuple[str, str], list[str]] = {}
        for step in self.steps:
            if step.event and step.before != step.after:
                ways.setdefault((step.event, step.after), []).append(step.before)
        return [(event, sources, after) for (event, after), sources in ways.items() if len(sources) >= MANY]

    @cached_property
    def arrows(self) -> dict[tuple[str, str], list[str]]:
        """The other ways, with their events."""
        many = {(before, event, after) for event, sources, after in self.gathered for before in sources}
        found: dict[tuple[str, str], list[str]] = {}
        for step in self.steps:
            if step.before != step.after and (step.before, step.event, step.after) not in many:
                found.setdefault((step.before, step.after), []).append(step.event)
        return found


@dataclass(frozen=True)
class Box:
    name: str
    centre: Point
    again: list[str]
    last: bool

    @property
    def width(self) -> float:
        return max(len(self.name) * LETTER + 26, 84, *(len(line) * SMALL + 22 for line in self.again))

    @property
    def height(self) -> float:
        return 36 + 13 * len(self.again)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        (x, y), w, h = self.centre, self.width / 2, self.height / 2
        return x - w, y - h, x + w, y + h

    def border(self, towards: Point, gap: float = 2) -> Point:
        """Where a line from the centre towards this point leaves the box."""
        (x, y), w, h = self.centre, self.width / 2 + gap, self.height / 2 + gap
        dx, dy = towards[0] - x, towards[1] - y
        share = min(w / abs(dx) if dx else 1e9, h / abs(dy) if dy else 1e9)
        return x + dx * share, y + dy * share

    def svg(self) -> Iterator[str]:
        left, top, right, bottom = self.corners
        kind = "last" if self.last else "state"
        yield (
            f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="9"'
            + (' stroke-dasharray="4 3"/>' if self.last else "/>")
        )
        yield text(self.centre[0], top + 23, self.name, "ink name")
        for at, line in enumerate(self.again):
            yield text(self.centre[0], top + 38 + 13 * at, line, "soft small")


@dataclass(frozen=True)
class Label:
    lines: list[str]
    centre: Point
    many: bool = False  # below its event stand the states that it leads from

    @property
    def corners(self) -> tuple[float, float, float, float]:
        (x, y), w, h = self.centre, max(map(len, self.lines)) * LETTER * 0.9 / 2, len(self.lines) * LINE / 2
        return x - w, y - h, x + w, y + h

    def svg(self) -> Iterator[str]:
        top = self.corners[1]
        for at, line in enumerate(self.lines):
            yield text(self.centre[0], top + 11 + at * LINE, line, "soft small" if at and self.many else "event")


@dataclass(frozen=True)
class Curve:
    """A quadratic Bézier curve with a head at its end."""

    start: Point
    control: Point
    end: Point

    def at(self, t: float) -> Point:
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        return (
            a * self.start[0] + b * self.control[0] + c * self.end[0],
            a * self.start[1] + b * self.control[1] + c * self.end[1],
        )

    def svg(self) -> Iterator[str]:
        (x0, y0), (x1, y1), (x2, y2) = self.start, self.control, self.end
        yield f'<path class="arrow" d="M{x0:.1f} {y0:.1f}Q{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f}"/>'
        length = hypot(x2 - x1, y2 - y1)
        dx, dy = (x2 - x1) / length, (y2 - y1) / length
        back, side = (x2 - 9 * dx, y2 - 9 * dy), (-4 * dy, 4 * dx)
        points = [(x2, y2), (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])]
        yield f'<polygon class="head" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def wrapped(words: list[str], width: int) -> list[str]:
    """Words with commas between them, in lines of this many letters."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 2 <= width:
            lines[-1] += f", {word}"
        else:
            lines[-1] += ","
            lines.append(word)
    return lines


def text(x: float, y: float, line: str, kinds: str) -> str:
    return f'<text class="{kinds}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(line, quote=False)}</text>'


def curves(diagram: Diagram) -> Iterator[tuple[Curve, Label | None, set[str]]]:
    """Each arrow with its label, and the states that it touches."""
    for (before, after), events in diagram.arrows.items():
        one, other = diagram.boxes[before], diagram.boxes[after]
        back = (after, before) in diagram.arrows
        bend = diagram.bends.get((before, after), 22.0 if back else 0.0)
        (x0, y0), (x2, y2) = one.centre, other.centre
        length = hypot(x2 - x0, y2 - y0)
        control = ((x0 + x2) / 2 + 2 * bend * (y2 - y0) / length, (y0 + y2) / 2 - 2 * bend * (x2 - x0) / length)
        curve = Curve(one.border(control), control, other.border(control, 3))
        lines = [event for event in events if event]
        yield curve, Label(lines, curve.at(0.5)) if lines else None, {before, after}
    for event, sources, after in diagram.gathered:
        box = diagram.boxes[after]
        label_lines = [event, *wrapped_sources(diagram, sources, after)]
        side = diagram.sides.get(after, "top")
        left, top, right, bottom = box.corners
        (x, y), half = box.centre, len(label_lines) * LINE / 2
        width = max(map(len, label_lines)) * LETTER * 0.9
        if side == "top":
            curve, centre = stub((x, top - STUB), (x, top - 3)), (x, top - STUB - half - 2)
        elif side == "bottom":
            curve, centre = stub((x, bottom + STUB), (x, bottom + 3)), (x, bottom + STUB + half + 2)
        elif side == "right":
            curve, centre = stub((right + STUB, y), (right + 3, y)), (right + STUB + width / 2 + 4, y)
        else:
            curve, centre = stub((left - STUB, y), (left - 3, y)), (left - STUB - width / 2 - 4, y)
        yield curve, Label(label_lines, centre, many=True), {after}


def stub(start: Point, end: Point) -> Curve:
    return Curve(start, ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), end)


def wrapped_sources(diagram: Diagram, sources: list[str], after: str) -> list[str]:
    missing = [name for name in diagram.places if name not in sources and name != after]
    if not missing:
        return ["from all others"]
    if len(missing) == 1 and len(sources) > MANY:
        return ["from all others", f"but {missing[0]}"]
    return wrapped([f"from {sources[0]}", *sources[1:]], 24)


def draw(diagram: Diagram) -> str:
    lines = list(curves(diagram))
    labels = [label for _, label, _ in lines if label]
    boxes = list(diagram.boxes.values())
    dot = first_dot(diagram)
    corners = [thing.corners for thing in (*boxes, *labels)]
    points = [curve.at(t / 20) for curve, _, _ in lines for t in range(21)] + [(dot[0] - 6, dot[1] - 6)]
    left = min([c[0] for c in corners] + [x for x, _ in points]) - MARGIN
    top = min([c[1] for c in corners] + [y for _, y in points]) - MARGIN
    width = max([c[2] for c in corners] + [x for x, _ in points]) + MARGIN - left
    height = max([c[3] for c in corners] + [y for _, y in points]) + MARGIN - top
    box = diagram.boxes[diagram.first]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" role="img" aria-label="{escape(diagram.title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" rx="10"/>',
        f'<circle class="first" cx="{dot[0]:.1f}" cy="{dot[1]:.1f}" r="6"/>',
        *stub((dot[0] + 6, dot[1]), (box.corners[0] - 2, dot[1])).svg(),
        *(part for curve, _, _ in lines for part in curve.svg()),
        *(part for one in boxes for part in one.svg()),
        *(part for label in labels for part in label.svg()),
        "</svg>\n",
    ]
    return "\n".join(parts)


def first_dot(diagram: Diagram) -> Point:
    box = diagram.boxes[diagram.first]
    return box.corners[0] - STUB, box.centre[1]


def faults(diagram: Diagram) -> list[str]:
    """What would make it unreadable: things that lie on each other, arrows through states."""
    lines = list(curves(diagram))
    named = [(box.name, box.corners) for box in diagram.boxes.values()]
    named += [(" ".join(label.lines), label.corners) for _, label, _ in lines if label]
    found = [f"{a} lies on {b}" for (a, one), (b, other) in combinations(named, 2) if overlap(one, other)]
    for curve, _, touched in lines:
        for name, box in diagram.boxes.items():
            left, top, right, bottom = box.corners
            inside = [left < x < right and top < y < bottom for x, y in (curve.at(t / 40) for t in range(41))]
            if name not in touched and any(inside):
                found.append(f"the arrow of {', '.join(sorted(touched))} goes through {name}")
    return found


def overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
