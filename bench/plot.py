"""The comparison as an SVG: a panel for each work, a bar for each peer, the longest first, ours in colour."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import wrap

from bench.peer import OURS, Peer
from bench.summary import Row
from bench.works import WORKS

WIDTH, MARGIN, GUTTER = 960, 28, 36
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
NAMES, NUMBERS = 150, 112  # what a panel keeps free left and right of its bars
BAR, STEP, HEADING, GAP = 14, 21, 30, 26
TOP, BOTTOM = 84, 40
NOTE, LINE = 140, 17  # characters of the note in a line, and what a line more takes

STYLE = """
  svg { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
  .paper { fill: #fff } .ink { fill: #1f2933 } .soft { fill: #66727f } .line { stroke: #d5dbe1 }
  .bar { fill: #b6c0ca } .ours { fill: #c2532d } .ceiling { fill: #e4e8ec }
  .title { font-size: 19px } .work { font-size: 13px } .title, .work, .bold { font-weight: 650 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #8b98a5 } .line { stroke: #30363d }
    .bar { fill: #4b5763 } .ours { fill: #e2764e } .ceiling { fill: #262d35 }
  }
"""


def draw(rows: Mapping[tuple[str, str], Row], peers: Mapping[str, Peer], note: str) -> str:
    """The whole picture. ``note`` stands under the title: where and how it was measured."""
    notes = wrap(note, NOTE) or [""]
    panels = []
    for work in WORKS:
        mine = [row for row in rows.values() if row.work == work and row.ratio is not None and row.peer in peers]
        if mine:
            panels.append((work, sorted(mine, key=lambda row: -(row.ratio or 0))))
    # The panels go two abreast, and a line of them is as high as its higher one.
    parts, y = [], float(TOP + LINE * (len(notes) - 1))
    for at in range(0, len(panels), 2):
        pair = panels[at : at + 2]
        for column, (work, mine) in enumerate(pair):
            parts += panel(MARGIN + column * (COLUMN + GUTTER), y, work, mine, peers)
        y += HEADING + STEP * max(len(mine) for _, mine in pair) + GAP
    height = y - GAP + BOTTOM
    foot = "One core for the server, the other for wrk. Medians of interleaved rounds. "
    foot += "nginx answers with a constant: a ceiling, not a peer."
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
            ' aria-label="Requests a second, relative to FastAPI on Uvicorn">',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{height:.0f}" rx="8"/>',
            text(MARGIN, 38, "Requests a second, relative to FastAPI on Uvicorn", "ink title"),
            *(text(MARGIN, 60 + LINE * number, line, "soft") for number, line in enumerate(notes)),
            *parts,
            text(MARGIN, height - 18, foot, "soft"),
            "</svg>\n",
        ]
    )


def panel(x: float, y: float, work: str, rows: list[Row], peers: Mapping[str, Peer]) -> list[str]:
    room = COLUMN - NAMES - NUMBERS
    longest = max(row.ratio or 0 for row in rows)
    parts = [
        text(x, y + 12, WORKS[work].title[0].upper() + WORKS[work].title[1:], "ink work"),
        f'<line class="line" x1="{x}" x2="{x + COLUMN}" y1="{y + 20}" y2="{y + 20}"/>',
    ]
    for number, row in enumerate(rows):
        top = y + HEADING + number * STEP
        ratio = row.ratio or 0
        length = max(1.5, ratio / longest * room)
        peer = peers[row.peer]
        kind = "ours" if row.peer in OURS else "ceiling" if peer.ceiling else "bar"
        weight = " bold" if row.peer in OURS else ""
        parts += [
            text(x + NAMES - 8, top + 11, peer.name, f"ink{weight}", "end"),
            f'<rect class="{kind}" x="{x + NAMES}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2"/>',
            f'<text x="{x + NAMES + length + 6:.1f}" y="{top + 11}">'
            f'<tspan class="ink{weight}">{ratio:.1f}×</tspan>'
            f'<tspan class="soft" dx="6">{row.rate / 1000:.1f} k/s</tspan></text>',
        ]
    return parts


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'
