"""``hanok export docker``: a Dockerfile and its .dockerignore."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hanok.deploy.container import ADMIN_PORT, PORT, UID, Variable, drain, refuse, variables, why_drain
from hanok.deploy.project import OWN_REQUIREMENT, REQUIREMENTS, Project
from hanok.deploy.sheet import Sheet
from hanok.server.config_files import PYPROJECT

# What no image should have, wherever it lies. Patterns are Docker's: without **/ they are of the top folder only.
UNWANTED: dict[str, tuple[str, ...]] = {
    "History and what tools leave behind: large, and changing it would build every layer again.": (
        ".git", "**/__pycache__", "**/*.py[cod]", "**/.pytest_cache", "**/.mypy_cache", "**/.ruff_cache", ".coverage",
        "htmlcov", "build", "dist", "**/*.egg-info", ".idea", ".vscode", "node_modules",
    ),
    "The environments of this machine; the image makes its own.": ("**/.venv", "**/venv"),
    "Secrets: an image is copied to many places, and its layers forget nothing.": (
        "**/.env", "**/.env.*", "**/*.pem", "**/*.key",
    ),
    "Not needed by what runs.": ("Dockerfile", ".dockerignore", "tests"),
}  # fmt: skip


def export(project: Project) -> dict[str, str]:
    """Raises ConfigError for options that cannot work in a container."""
    refuse(project)
    return {"Dockerfile": dockerfile(project), ".dockerignore": dockerignore(project)}


def dockerfile(project: Project) -> str:
    sheet = Sheet()
    sheet.note(f"{project.name}: {project.target}, served by Hanok. Written by: hanok export docker")
    sheet.note(f"docker build -t {project.name} .")
    sheet.note(f"docker run --rm -p {PORT}:{PORT} --stop-timeout {drain(project)} {project.name}")
    sheet.gap()
    build_stage(project, sheet)
    sheet.gap()
    final_stage(project, sheet)
    return sheet.text()


def build_stage(project: Project, sheet: Sheet) -> None:
    sheet.choice(
        "Two stages: compilers, caches and pip's downloads stay in the first, which is thrown away.\n"
        "The version is that of .python-version, or of the Python that wrote this file. For builds that can be "
        "repeated exactly, add the digest of the image: @sha256:...",
        f"FROM python:{project.python}-slim AS build",
        "WORKDIR /src",
    )
    commands = requirements(project, sheet)
    if project.is_package:
        run(sheet, commands)
        sheet.choice(
            "The application is a package and becomes a wheel too; after the others, so that a change of code builds only "
            "this one again.",
            "COPY . .",
        )
        commands = ["pip wheel --no-cache-dir --no-deps --wheel-dir /wheels ."]
    sheet.note("An environment without pip: what serves installs nothing.")
    run(
        sheet,
        [
            *commands,
            "python -m venv --without-pip /opt/venv",
            "pip --python /opt/venv/bin/python install --no-cache-dir --no-index --no-deps /wheels/*.whl",
        ],
    )


def run(sheet: Sheet, commands: Sequence[str]) -> None:
    sheet.add("RUN " + " \\\n    && ".join(commands))


def requirements(project: Project, sheet: Sheet) -> list[str]:
    """The commands that make wheels of what the project needs; before them, the lines that bring the file that says so."""
    own = () if project.names_hanok else (OWN_REQUIREMENT,)
    commands: list[str] = []
    wanted: tuple[str, ...] = own
    if project.requirements is not None:
        sheet.choice(
            "Before the code, so that these layers are built again only when what is required changes.",
            f"COPY {project.requirements} ./",
        )
        wanted = ("-r", REQUIREMENTS, *own)
    if project.requirements == PYPROJECT:
        commands.append(f'python -c "{DEPENDENCIES}" > {REQUIREMENTS}')
    if own:
        sheet.note(
            f"{project.requirements or 'The project'} does not name hanok: here is the version that wrote this file."
        )
    sheet.note("Everything becomes a wheel once, and the environment is made of those wheels and of nothing else.")
    return [*commands, f"pip wheel --no-cache-dir --wheel-dir /wheels {' '.join(wanted)}"]


# The shell makes one backslash of two.
DEPENDENCIES = (
    "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; "
    r"print(*project['dependencies'], sep='\\n')"
)


def final_stage(project: Project, sheet: Sheet) -> None:
    sheet.add(f"FROM python:{project.python}-slim")
    sheet.choice(
        "A user of its own, with a number that Kubernetes can see to be none of root's (runAsNonRoot).",
        f"RUN groupadd --gid {UID} app \\",
        f"    && useradd --uid {UID} --gid {UID} --no-create-home --home-dir /app --shell /usr/sbin/nologin app",
        "WORKDIR /app",
        "COPY --from=build /opt/venv /opt/venv",
    )
    if project.is_package:
        sheet.choice("The code is in the environment; this is [tool.hanok], the options.", "COPY pyproject.toml ./")
    else:
        sheet.choice("Root's files: the process can read its code, and cannot change it.", "COPY . .")
    sheet.choice("Output is seen at once, and nobody tries to write bytecode.", *PYTHON_ENV)
    environment(variables(project), sheet)
    config = project.config
    sheet.note(
        f"All other options are those of [tool.hanok], as they were: {project.why('workers')}; set HANOK_WORKERS or "
        "WEB_CONCURRENCY for another number. Behind a proxy, set FORWARDED_ALLOW_IPS to its addresses: "
        f"{project.why('forwarded_allow_ips')}."
    )
    sheet.add(f"USER {UID}:{UID}", f"EXPOSE {PORT}").gap()
    stop(project, sheet)
    sheet.choice(
        "Ready is more than alive: a worker serves, and the server is not about to stop. No curl is needed; a "
        "proxy that the environment may name is not asked.",
        f"HEALTHCHECK --interval=10s --timeout=3s --start-period={round(config.timeout_worker_boot or 120)}s --retries=3 \\",
        f"    CMD {json.dumps(['python', '-c', HEALTH])}",
    )
    sheet.choice(
        "The exec form: Hanok's supervisor is process 1 itself, so signals arrive, and it reaps orphans.",
        f"CMD {json.dumps(['hanok', 'run', project.target])}",
    )


PYTHON_ENV = ("ENV PATH=/opt/venv/bin:$PATH \\", "    PYTHONUNBUFFERED=1 \\", "    PYTHONDONTWRITEBYTECODE=1")
HEALTH = (
    f"import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', {ADMIN_PORT}, timeout=2); "
    "c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"
)


def environment(found: Sequence[Variable], sheet: Sheet) -> None:
    for one in found:
        sheet.choice(one.why, f"ENV {one.name}={json.dumps(one.value) if not one.value else one.value}")


def stop(project: Project, sheet: Sheet) -> None:
    sheet.choice(
        "TERM drains: nothing new is taken, and what runs is finished. Docker waits 10 s before it kills; give it "
        f"{drain(project)} with --stop-timeout, or stop_grace_period in compose: {why_drain(project)}.",
        "STOPSIGNAL SIGTERM",
    )


def dockerignore(project: Project) -> str:
    sheet = Sheet()
    sheet.note("What is not sent to the builder, and so cannot get into the image.")
    for why, patterns in UNWANTED.items():
        sheet.gap().choice(why, *patterns)
    config = project.config
    named = [config.env_file, *config.ssl_certfile, *config.ssl_keyfile]
    inside = [path for path in named if path and not path.startswith(("/", ".."))]
    if inside:
        sheet.gap().choice("Named in [tool.hanok].", *dict.fromkeys(inside))
    return sheet.text()
