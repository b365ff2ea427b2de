"""Makes ``bench/.env``: a virtual environment for the Python peers, npm packages, the compiled Go program."""

from __future__ import annotations

import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.peer import HERE, PURE, PYTHON, SCRATCH, VERSION, Peer
from bench.processes import clean_environment

Say = Callable[[str], None]
FORM = "from hanok.cli.version import form; print(form())"  # compiled, or pure Python
PREFERRED = VERSION or "3.13"
ROOT = HERE.parent
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "src")


def find_python() -> str:
    """The preferred Python if one answers, on the path or under pyenv, else the one that runs this; but what was asked for by
    BENCH_PYTHON must be there.
    """
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    candidates = [
        shutil.which(f"python{PREFERRED}"),
        *glob.glob(f"{pyenv}/versions/{PREFERRED}*/bin/python3"),
    ]
    for candidate in candidates:
        # A pyenv shim may be there and answer nothing.
        if candidate and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    if VERSION:
        raise SystemExit(f"BENCH_PYTHON={VERSION}: there is no python{VERSION}")
    return sys.executable


def prepare(peers: Iterable[Peer], say: Say) -> dict[str, str]:
    """Install and build what is missing. Returns the peers that cannot run here, with the reason."""
    missing = {}
    wanted: set[str] = set()
    for peer in peers:
        lacking = [need for need in peer.needs if shutil.which(need) is None and not Path(need).is_dir()]
        if lacking:
            missing[peer.key] = f"{', '.join(lacking)} is not installed"
        wanted.update(peer.packages)
    install(wanted, say)
    for peer in peers:
        if peer.key not in missing and peer.build:
            build(peer, say)
    return missing


def install(packages: set[str], say: Say) -> None:
    """The Python peers' packages; Hanok from this checkout, so that what is measured is what is here."""
    if not PYTHON.exists():
        python = find_python()
        say(f"making an environment with {python}")
        SCRATCH.mkdir(exist_ok=True)
        run([python, "-m", "venv", PYTHON.parents[1]])
    stamp = PYTHON.parents[1] / "installed"
    done = set(stamp.read_text().split()) if stamp.exists() else set()
    ours = f"hanok-{digest_of_sources()}"
    wanted = {package for package in packages if package != "hanok"} | {ours}
    if wanted <= done:
        return
    say(f"installing {', '.join(sorted(packages))}")
    # A copy: a build leaves its traces where the sources are. Not editable, which would leave out the compiled core.
    with tempfile.TemporaryDirectory() as folder:
        for name in SOURCES:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder, name))
        environment = os.environ | {"HANOK_PURE": "1" if PURE else "0"}
        names = sorted(packages - {"hanok"})
        run([PYTHON, "-m", "pip", "install", "--quiet", "--upgrade", folder, *names], env=environment)
    stamp.write_text("\n".join(sorted(wanted | {one for one in done if not one.startswith("hanok-")})))


def digest_of_sources() -> str:
    """What Hanok is built from, in one word."""
    files = [file for name in SOURCES for file in [ROOT / name, *(ROOT / name).rglob("*")]]
    kept = sorted(file for file in files if file.is_file() and file.suffix in (".py", ".pxd", ".toml"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in kept)).hexdigest()


def build(peer: Peer, say: Say) -> None:
    """Run the peer's build unless its sources are those of the last build."""
    peer.scratch.mkdir(parents=True, exist_ok=True)
    sources = b"".join(file.read_bytes() for file in sorted(peer.folder.iterdir()) if file.is_file())
    digest = hashlib.sha256(sources).hexdigest()
    stamp = peer.scratch / "built"
    if stamp.exists() and stamp.read_text() == digest:
        return
    say(f"building {peer.name}")
    for name in peer.copy:
        shutil.copy(peer.folder / name, peer.scratch / name)
    run(peer.fill(peer.build), cwd=peer.folder, env=os.environ | peer.variables(""))
    stamp.write_text(digest)


def versions(peers: Iterable[Peer]) -> dict[str, str]:
    """What was measured, as each peer names itself."""
    code = "import sys, importlib.metadata as m; [print(n, m.version(n)) for n in sys.argv[1:]]"
    found = {}
    for peer in peers:
        if peer.version:
            command = peer.fill(peer.version)
        else:
            command = [str(PYTHON), "-c", code, *peer.packages]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | peer.variables(""), timeout=30)
        found[peer.key] = ", ".join((done.stdout or done.stderr).split("\n")).strip(", ")
    return found


def machine() -> dict[str, str | int]:
    """Where it was measured."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    python = subprocess.run([PYTHON, "-VV"], capture_output=True, text=True, timeout=30).stdout.strip()
    return {
        "processor": model,
        "cores": os.cpu_count() or 0,
        "kernel": platform.release(),
        "python": python,
        "hanok": subprocess.run(
            [PYTHON, "-c", FORM], capture_output=True, text=True, timeout=30, env=clean_environment()
        ).stdout.strip(),
    }


def run(command: Sequence[str | Path], cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step of the installation; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
