"""A peer: a server with an application that does some of the works, as ``peers/*/*.toml`` declares it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.works import WORKS

HERE = Path(__file__).parent
SCRATCH = HERE / ".env"
# BENCH_PYTHON=3.11 measures the Python peers on that version, installed beside the usual one.
VERSION = os.environ.get("BENCH_PYTHON", "")
# BENCH_PURE=1 measures Hanok without its compiled core.
PURE = os.environ.get("BENCH_PURE", "0") not in ("", "0")
PYTHON = SCRATCH / f"python{VERSION and '-' + VERSION}{'-pure' if PURE else ''}" / "bin" / "python"
BASELINE = "fastapi"
OURS = ("hanok", "dropin", "inline", "hanok-recommended")


@dataclass(frozen=True)
class Peer:
    """The keys of the declaration. Commands may name {python} {bin} {port} {folder} {scratch}."""

    key: str
    name: str
    language: str
    works: list[str]
    start: list[str]
    folder: Path
    packages: list[str] = field(default_factory=list)  # of PyPI
    needs: list[str] = field(default_factory=list)  # commands, or paths, that must be on the machine
    copy: list[str] = field(default_factory=list)  # files that the build needs in {scratch}
    build: list[str] = field(default_factory=list)  # run once, in the folder
    template: list[str] = field(default_factory=list)  # files written to {scratch} with their names filled in
    version: list[str] = field(default_factory=list)  # a command that prints it
    environment: dict[str, str] = field(default_factory=dict)
    ceiling: bool = False  # does less than the work; shows how far the machine can go

    @property
    def scratch(self) -> Path:
        kind = self.folder.parent.name
        return SCRATCH / (self.key if kind == "peers" else f"{kind}-{self.key}")

    def fill(self, command: Sequence[str], port: int = 0) -> list[str]:
        """The command with its names filled in."""
        names: dict[str, Any] = {
            "python": PYTHON,
            "bin": PYTHON.parent,
            "port": port,
            "folder": self.folder,
            "scratch": self.scratch,
        }
        filled = []
        for word in command:
            for name, value in names.items():
                word = word.replace("{" + name + "}", str(value))
            filled.append(word)
        return filled

    def variables(self, work: str) -> dict[str, str]:
        """What the server's environment gets: the application builds itself for this work."""
        values = self.fill(list(self.environment.values()))
        return dict(zip(self.environment, values, strict=True)) | {"BENCH_WORK": work}


def read_peers(folder: Path = HERE / "peers", works: Collection[str] = tuple(WORKS)) -> dict[str, Peer]:
    """All declarations of a folder, the baseline and ourselves first, the ceilings last."""
    peers = []
    for file in sorted(folder.glob("*/*.toml")):
        peer = Peer(folder=file.parent, **tomllib.loads(file.read_text()))
        unknown = set(peer.works) - set(works)
        if unknown:
            raise ValueError(f"{file}: no such works: {', '.join(sorted(unknown))}")
        peers.append(peer)
    first = (BASELINE, *OURS)
    peers.sort(key=lambda peer: (first.index(peer.key) if peer.key in first else len(first), peer.ceiling, peer.key))
    return {peer.key: peer for peer in peers}
