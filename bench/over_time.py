"""How the comparison went from run to run, as an SVG: a panel for each work, a line for each peer, ours in colour.

The median multiple of FastAPI's rate, on a logarithmic scale; those that are faster than we are stand above our line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from bench.peer import Peer
from bench.plot import STYLE, text
from bench.summary import summarise
from bench.works import WORKS

OURS = "hanok"
WIDTH, MARGIN, GUTTER, ABREAST = 960, 28, 30, 3
COLUMN = (WIDTH - 2 * MARGIN - (ABREAST - 1) * GUTTER) / ABREAST
LEFT, RIGHT, HEIGHT, HEADING, GAP = 30, 96, 120, 26, 40
TOP, BOTTOM = 84, 40
TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200)
MORE_STYLE = """
  .path { fill: none; stroke-width: 1.2; stroke: #b6c0ca } .dot { fill: #b6c0ca }
  .our.path { stroke: #c2532d; stroke-width: 2.4 } .our.dot { fill: #c2532d }
  @media (prefers-color-scheme: dark) {
    .path { stroke: #4b5763 } .dot { fill: #4b5763 } .our.path { stroke: #e2764e } .our.dot { fill: #e2764e }
  }
"""

Point = tuple[int, float]  # the run, the multiple
Lines = dict[str, list[Point]]  # by peer


def lines_of(runs: Sequence[Mapping[str, Any]]) -> dict[str, Lines]:
    """By work: what each peer has reached, run by run. A run without FastAPI or without us at a work says nothing of it."""
    found: dict[str, Lines] = {}
    for number, run in enumerate(runs):
        rows = summarise(run["measurements"])
        for (work, peer), row in rows.items():
            if row.ratio is not None and (work, OURS) in rows and peer != "fastapi":
                found.setdefault(work, {}).setdefault(peer, []).append((number, row.ratio))
    return {work: found[work] for work in WORKS if work in found}


def draw(runs: Sequence[Mapping[str, Any]], peers: Mapping[str, Peer]) -> str:
    """The whole picture."""
    works = lines_of(runs)
    parts = []
    for at, (work, lines) in enumerate(works.items()):
        x = MARGIN + at % ABREAST * (COLUMN + GUTTER)
        y = TOP + at // ABREAST * (HEADING + HEIGHT + GAP)
        parts += panel(x, y, work, {key: line for key, line in lines.items() if key in peers}, runs, peers)
    height = TOP + math.ceil(len(works) / ABREAST) * (HEADING + HEIGHT + GAP) + BOTTOM - GAP // 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
            ' aria-label="Requests a second relative to FastAPI, run by run">',
            f"<style>{STYLE}{MORE_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
            text(MARGIN, 38, "Requests a second relative to FastAPI on Uvicorn, run by run", "ink title"),
            text(MARGIN, 60, "Hanok in colour, everybody else in grey; what is above the line was faster.", "soft"),
            *parts,
            text(MARGIN, height - 18, "Medians of interleaved rounds. Logarithmic scale.", "soft"),
            "</svg>\n",
        ]
    )


def panel(
    x: float, y: float, work: str, lines: Lines, runs: Sequence[Mapping[str, Any]], peers: Mapping[str, Peer]
) -> list[str]:
    values = [ratio for line in lines.values() for _, ratio in line]
    low, high = min([1.0, *values]) * 0.9, max(values) * 1.1
    wide = COLUMN - LEFT - RIGHT

    def place(point: Point) -> tuple[float, float]:
        share = (math.log(point[1]) - math.log(low)) / (math.log(high) - math.log(low))
        across = point[0] / (len(runs) - 1) if len(runs) > 1 else 0.5
        return x + LEFT + across * wide, y + HEADING + (1 - share) * HEIGHT

    parts = [text(x, y + 12, work, "ink work")]
    for tick in TICKS:
        if low <= tick <= high:
            _, height = place((0, tick))
            parts += [
                f'<line class="line" x1="{x + LEFT}" x2="{x + LEFT + wide}" y1="{height:.1f}" y2="{height:.1f}"/>',
                text(x + LEFT - 6, height + 4, f"{tick:g}", "soft", "end"),
            ]
    others = [key for key in lines if key != OURS]
    for key in [*others, OURS]:  # ours is drawn last, above the others
        parts += one_line(key, [place(point) for point in lines[key]], lines[key], peers[key].name)
    fastest = max(others, key=lambda key: lines[key][-1][1], default=None)
    labels = {key: place(lines[key][-1])[1] for key in (OURS, fastest) if key is not None}
    for key, height in spread(labels).items():
        name = peers[key].name.split(",")[0].split(" on ")[0]
        weight = "ink bold" if key == OURS else "soft"
        parts.append(text(x + LEFT + wide + 8, height + 4, f"{name} {lines[key][-1][1]:.1f}", weight))
    foot = y + HEADING + HEIGHT + 14
    first, last = str(runs[0]["date"])[:10], str(runs[-1]["date"])[:10]
    parts.append(text(x + LEFT, foot, first, "soft"))
    if last != first:
        parts.append(text(x + LEFT + wide, foot, last, "soft", "end"))
    return parts


def one_line(key: str, places: Sequence[tuple[float, float]], points: Sequence[Point], name: str) -> list[str]:
    ours = "our " if key == OURS else ""
    title = f"<title>{escape(name)}: {', '.join(f'{ratio:.1f}' for _, ratio in points)}</title>"
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    size = 3.5 if ours else 2
    dots = [f'<circle class="{ours}dot" cx="{x:.1f}" cy="{y:.1f}" r="{size}">{title}</circle>' for x, y in places]
    return [f'<polyline class="{ours}path" points="{path}">{title}</polyline>', *dots]


def spread(labels: Mapping[str, float], least: float = 14) -> dict[str, float]:
    """The same heights, but no two labels on each other."""
    found: dict[str, float] = {}
    for key, height in sorted(labels.items(), key=lambda one: one[1]):
        above = max(found.values(), default=-math.inf)
        found[key] = max(height, above + least)
    return found
