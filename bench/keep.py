"""What becomes of a run's results: a file with its date, and its part of the latest ones.

Ratios mean something inside one run only. So a run takes the place of a work in ``latest.json`` as a whole, and only if it has
measured every peer that is known for that work there, in three rounds or more; ``measured`` says which work is of which run.
What a smaller run has measured stays in its own file: the goals find it there, and so does the history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.goals import LEAST_ROUNDS

Results = Mapping[str, Any]


def peers_of(results: Results) -> dict[str, set[str]]:
    """Work → the peers that were measured."""
    found: dict[str, set[str]] = {}
    for one in results.get("measurements", ()):
        found.setdefault(one["work"], set()).add(one["peer"])
    return found


def told(results: Results) -> dict[str, Any]:
    """Work → the run that has measured it."""
    settings = results["settings"]
    run = {"date": results["date"], "rounds": settings["rounds"], "seconds": settings["seconds"]}
    return {work: results.get("measured", {}).get(work, run) for work in peers_of(results)}


def merged(latest: Results | None, new: Results) -> dict[str, Any]:
    """The latest results after a run. Those of a run that takes no work over are unchanged."""
    if latest is None or not latest.get("measurements"):
        return {**new, "measured": told(new)}
    before, now = peers_of(latest), peers_of(new)
    taken = {work for work, peers in now.items() if peers >= before.get(work, set())}
    if not taken or new["settings"]["rounds"] < LEAST_ROUNDS:
        return dict(latest)
    kept = [one for one in latest["measurements"] if one["work"] not in taken]
    result = {**latest, **new}
    result["measurements"] = [*kept, *(one for one in new["measurements"] if one["work"] in taken)]
    result["measured"] = {**{work: run for work, run in told(latest).items() if work not in taken},
                          **{work: run for work, run in told(new).items() if work in taken}}  # fmt: skip
    result["versions"] = {**latest.get("versions", {}), **new.get("versions", {})}
    result["absent"] = {**latest.get("absent", {}), **new.get("absent", {})}
    # A failure is "peer work" or "peer work round n".
    old = {name: why for name, why in latest.get("failed", {}).items() if name.split()[1] not in taken}
    result["failed"] = {**old, **new.get("failed", {})}
    if "imports" in latest or "imports" in new:
        result["imports"] = new.get("imports") or latest.get("imports", {})
    return result


def keep(new: Results, folder: Path, name: str, latest: str) -> Path:
    """Write both files; the one with the date."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(json.dumps(new, indent=1) + "\n")
    before = folder / latest
    known = json.loads(before.read_text()) if before.exists() else None
    before.write_text(json.dumps(merged(known, new), indent=1) + "\n")
    return file
