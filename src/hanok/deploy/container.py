"""What the options become inside a container, where there is another machine around the process."""

from __future__ import annotations

from typing import NamedTuple

from hanok.deploy.project import Project
from hanok.exceptions import ConfigError

PORT = 8000
ADMIN_PORT = 9000
UID = 1001
KILL_AFTER = 5  # seconds after the drain until the supervisor kills a worker that has not ended
SPARE = 5  # for the supervisor's own end
UNBOUNDED = 3600  # where draining may take for ever: platforms want a number


class Variable(NamedTuple):
    """An environment variable of the container, and why it is set."""

    name: str
    value: str
    why: str


def variables(project: Project) -> list[Variable]:
    """Options that have to be others in a container, as variables: they win over [tool.hanok], and flags win over them."""
    config = project.config
    found = [
        Variable("HANOK_HOST", "0.0.0.0", "Published ports arrive from outside of the container, not from 127.0.0.1."),
        Variable("HANOK_PORT", str(PORT), "Above 1024, because the process is not root."),
        Variable(
            "HANOK_ADMIN_BIND",
            f"127.0.0.1:{ADMIN_PORT}",
            "/livez, /readyz and /metrics have no password: inside only, for the health check.",
        ),
    ]
    if config.is_tls:
        why = f"TLS ends in front of the container, and keys stay out of images. {project.why('ssl_certfile')}."
        found += [Variable(name, "", why) for name in ("HANOK_SSL_CERTFILE", "HANOK_SSL_KEYFILE")]
        if config.ssl_keyfile_password:
            found.append(Variable("HANOK_SSL_KEYFILE_PASSWORD", "", "None without keys."))
    if config.env_file is not None:
        why = f"Its secrets come from the platform's environment. {project.why('env_file')}."
        found.append(Variable("HANOK_ENV_FILE", "none", why))
    for name in ("user", "group"):
        if getattr(config, name) is not None:
            why = f"The process is user {UID} from its start, and may not become another. {project.why(name)}."
            found.append(Variable(f"HANOK_{name.upper()}", "none", why))
    if config.pidfile is not None:
        why = f"The supervisor is process 1 of the container. {project.why('pidfile')}."
        found.append(Variable("HANOK_PIDFILE", "none", why))
    for name in ("access_log_file", "error_log_file"):
        if getattr(config, name) is not None:
            why = f"Logs go to the output, where platforms collect them. {project.why(name)}."
            found.append(Variable(f"HANOK_{name.upper()}", "none", why))
    if config.reload:
        found.append(Variable("HANOK_RELOAD", "off", f"The files of an image do not change. {project.why('reload')}."))
    return found


def refuse(project: Project) -> None:
    """Raise ConfigError for options that no container can serve by."""
    if project.config.proxy_protocol:
        raise ConfigError(
            f"{project.why('proxy_protocol')}: the files written here are for balancers that pass requests on, "
            "and those send no PROXY protocol. Leave it out."
        )


def drain(project: Project) -> int:
    """Seconds from TERM until the server has surely ended."""
    graceful = project.config.timeout_graceful_shutdown
    return UNBOUNDED if graceful is None else round(graceful + KILL_AFTER + SPARE)


def why_drain(project: Project) -> str:
    told = project.why("timeout_graceful_shutdown")
    if project.config.timeout_graceful_shutdown is None:
        return f"{told}: an hour, because the platform wants a number"
    return f"{told}, {KILL_AFTER} s until workers that did not end are killed, {SPARE} s to spare"
