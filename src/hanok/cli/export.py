"""``hanok export``: files for Docker, Nginx, systemd and Kubernetes, made from the project's own options."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hanok.cli.help import RichCommand, RichGroup

if TYPE_CHECKING:
    from hanok.deploy.project import Project

F = TypeVar("F", bound=Callable[..., Any])


@click.group(
    "export",
    cls=RichGroup,
    short_help="Write files for Docker, Nginx, systemd and Kubernetes.",
    epilog="Example: hanok export nginx --server-name example.org --output deploy",
)
def command() -> None:
    """Write the files with which this project is deployed. They are made from the options of [tool.hanok] in
    pyproject.toml, and say in comments which option decided what. The environment of this shell is not looked at: it is
    not part of the project.

    They are printed, or written into the folder of --output."""


def exporter(name: str, short_help: str) -> Callable[[F], click.Command]:
    """A subcommand with what all of them take. The function gets the Project, and gives files and remarks."""

    def decorate(function: F) -> click.Command:
        @command.command(name, cls=RichCommand, short_help=short_help, help=function.__doc__)
        @click.argument("target", required=False)
        @click.option("--output", "-o", metavar="FOLDER", help="Write the files into this folder.")
        @click.option("--force", is_flag=True, help="Overwrite files that are there.")
        @click.option("--only", metavar="FILE", help="Only the file of this name.")
        @click.option("--name", help="What files and objects are called; by default as the project is.")
        @click.option("--config", "-c", metavar="PATH", help="Read options from this file, too.")
        def run(
            target: str | None,
            output: str | None,
            force: bool,
            only: str | None,
            name: str | None,
            config: str | None,
            **choices: Any,
        ) -> int:
            project = project_here(target, name, config)
            files, remarks = function(project, **choices)
            deliver(chosen(files, only), output, force)
            for remark in [*project.found.remarks, *project.remarks, *remarks]:
                click.echo(f"{click.style('note', fg='yellow')}      {remark}", err=True)
            return 0

        for option in reversed(getattr(function, "choices", [])):
            run.params.insert(1, option)
        return run

    return decorate


def choices(*options: click.Option) -> Callable[[F], F]:
    """What one exporter takes beyond that, in the order of its help."""

    def decorate(function: F) -> F:
        function.choices = options  # type: ignore[attr-defined]  # read where the command is made
        return function

    return decorate


def number(flag: str, default: int, help: str) -> click.Option:
    text = f"{help} [default: {default}]"
    return click.Option([flag], type=click.IntRange(min=1), default=default, metavar="N", help=text)


def text(flag: str, help: str, *, metavar: str = "TEXT", **more: Any) -> click.Option:
    return click.Option([flag], metavar=metavar, help=help, **more)


# ---- the exporters


@exporter("docker", "A Dockerfile and its .dockerignore.")
def docker(project: Project) -> tuple[dict[str, str], list[str]]:
    """A Dockerfile of two stages, whose process is user 1001 on 0.0.0.0:8000, is asked for its health and is told to stop
    in time; and a .dockerignore that keeps secrets out of the image."""
    from hanok.deploy.docker import export

    return export(project), []


@exporter("nginx", "A site for Nginx in front of one server or several.")
@choices(
    text("--upstream", "A server: host:port or unix:/path; may be given several times. By default where it listens.",
         metavar="ADDRESS", multiple=True),
    text("--server-name", "The names of the site, as example.org.", default="_"),
    text("--certificate", "Certificate chain (PEM); by default the server's own, or where certbot puts it.", metavar="PATH"),
    text("--certificate-key", "Its private key (PEM).", metavar="PATH"),
    number("--http-port", 80, "Listen here for HTTP."),
    number("--https-port", 443, "Listen here for HTTPS."),
    number("--rate", 50, "Requests a second that one address may send."),
    number("--burst", 100, "How many more at once."),
    number("--connections", 100, "Connections that one address may hold."),
    text("--cache", "Cache what lies below this path, as its Cache-Control says; may be given several times.",
         metavar="PATH", multiple=True),
    text("--cache-folder", "Where cached answers lie.", metavar="FOLDER", default="/var/cache/nginx"),
)  # fmt: skip
def nginx(project: Project, upstream: tuple[str, ...], **given: Any) -> tuple[dict[str, str], list[str]]:
    """A site for Nginx: balancing over several servers with another try for what fails, TLS, compression, limits for
    requests and connections, WebSockets, a cache. Sizes and timeouts are the server's own."""
    from hanok.deploy.nginx import Site, export, remarks

    site = Site(upstreams=upstream, **given)
    return export(project, site), remarks(project, site)


@exporter("systemd", "A service and a socket for systemd.")
@choices(
    text("--directory", "Where the project will be; by default where it is.", metavar="FOLDER"),
    text("--environment", "The virtual environment; by default the one that runs this.", metavar="FOLDER"),
    text("--user", "Run as this user; by default one that exists only while it runs."),
)
def systemd(
    project: Project, directory: str | None, environment: str | None, user: str | None
) -> tuple[dict[str, str], list[str]]:
    """A service that says when it is ready, is watched, reloaded and hardened; and the socket that it is given, so that
    nobody is refused while it restarts."""
    from hanok.deploy.systemd import Place, export

    place = Place(
        directory=os.path.abspath(directory or project.folder),
        environment=os.path.abspath(environment or sys.prefix),
        user=user,
    )
    return export(project, place), []


@exporter("k8s", "Objects for Kubernetes.")
@choices(
    text("--image", "The image; by default the project's name and version."),
    text("--host", "The name under which it is reached.", default="example.org"),
    text("--ingress-class", "The ingress controller, as nginx or traefik."),
    number("--replicas-min", 2, "Pods at least."),
    number("--replicas-max", 10, "Pods at most."),
)
def k8s(project: Project, **given: Any) -> tuple[dict[str, str], list[str]]:
    """Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget and Ingress: with probes of the admin listener, and
    a grace period that is as long as draining may take."""
    from hanok.deploy.kubernetes import Cluster, export, remarks

    cluster = Cluster(**given)
    return export(project, cluster), remarks(project, cluster)


# ---- what they share


def project_here(target: str | None, name: str | None, config: str | None) -> Project:
    """The project in the current folder. Raises ConfigError."""
    from hanok.cli.target import find_target
    from hanok.deploy.project import Project
    from hanok.server.config_layers import effective

    given = {} if config is None else {"config": config}
    found = effective(given, environ={})
    named = target or (found.target and found.target.value)
    return Project.read(Path(), find_target(named, found.config.app_dir), found, name)


def chosen(files: dict[str, str], only: str | None) -> dict[str, str]:
    if only is None:
        return files
    if only not in files:
        raise click.UsageError(f"--only: there is no {only}; the files are {', '.join(files)}.")
    return {only: files[only]}


def deliver(files: dict[str, str], output: str | None, force: bool) -> None:
    from hanok.deploy.output import joined, write

    if output is None:
        click.echo(joined(files), nl=False)
        return
    from rich.text import Text

    from hanok.cli.console import out

    for path in write(files, Path(output), force=force):
        lines = files[path.name].count("\n")
        out().print(
            Text.assemble(("wrote", "good"), "  ", (str(path), "path"), (f"  {lines} lines", "quiet")), soft_wrap=True
        )
