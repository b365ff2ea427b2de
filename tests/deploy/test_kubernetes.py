"""The objects, judged by Kubernetes' own schemas; and that they fit together, and with the server."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hanok.cli.group import run_group

yaml = pytest.importorskip("yaml")
Exported = Callable[..., dict[str, str]]
MakeProject = Callable[..., Path]


@pytest.fixture
def objects(exported: Exported) -> Callable[..., dict[str, Any]]:
    def load(*arguments: str) -> dict[str, Any]:
        found = [yaml.safe_load(text) for text in exported("k8s", *arguments).values()]
        return {one["kind"]: one for one in found}

    return load


def container(objects: dict[str, Any]) -> Any:
    [found] = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    return found


OPTIONS = [
    "",
    "workers = 4\nworkers_max_rss = 300\ntimeout_graceful_shutdown = 'none'\nmax_body_size = 'none'\nroot_path = '/api'",
    "ssl_certfile = 'c.pem'\nssl_keyfile = 'k.pem'\nuser = 'www-data'\ntimeout_worker_boot = 'none'",
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("version", ["1.25", "1.31", "1.37"])
def test_the_schemas_of_kubernetes_have_nothing_to_say(
    project: MakeProject, objects: Callable[..., dict[str, Any]], options: str, version: str
) -> None:
    judge = pytest.importorskip("kubernetes_validate")
    project(options)
    found = objects("--ingress-class", "nginx")
    assert set(found) == {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress"}
    for one in found.values():
        judge.validate(one, version, strict=True)


def test_a_wrong_object_is_found_out(project: MakeProject, objects: Callable[..., dict[str, Any]]) -> None:
    judge = pytest.importorskip("kubernetes_validate")
    project()
    found = objects()
    container(found)["livenessProbe"]["httpGet"]["route"] = "/livez"
    with pytest.raises(judge.ValidationError):
        judge.validate(found["Deployment"], "1.31", strict=True)


def test_all_of_it_speaks_of_the_same_pods_and_ports(
    project: MakeProject, objects: Callable[..., dict[str, Any]]
) -> None:
    project()
    found = objects()
    template = found["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    scaled = found["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert (scaled["kind"], scaled["name"]) == ("Deployment", found["Deployment"]["metadata"]["name"])
    [rule] = found["Ingress"]["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "my-shop", "port": {"name": "http"}}
    ports = {one["name"]: one["containerPort"] for one in container(found)["ports"]}
    [service] = found["Service"]["spec"]["ports"]
    assert ports[service["targetPort"]] == 8000
    env = {one["name"]: one["value"] for one in container(found)["env"]}
    assert env["HANOK_PORT"] == "8000"
    assert env["HANOK_ADMIN_BIND"] == f"0.0.0.0:{ports['admin']}"


def test_the_probes_ask_pages_that_the_admin_listener_has(
    project: MakeProject, objects: Callable[..., dict[str, Any]]
) -> None:
    from hanok.observe.admin import PAGES

    project()
    one = container(objects())
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert one[name]["httpGet"]["port"] == "admin"
        assert one[name]["httpGet"]["path"] in PAGES


def seconds(probe: Any) -> int:
    return int(probe["periodSeconds"] * probe["failureThreshold"])


def test_the_probes_are_as_patient_as_the_supervisor(
    project: MakeProject, objects: Callable[..., dict[str, Any]]
) -> None:
    project("timeout_worker_boot = 300\ntimeout_worker_healthcheck = 100")
    one = container(objects())
    assert seconds(one["startupProbe"]) > 300
    assert seconds(one["livenessProbe"]) > 100  # the supervisor comes first
    assert seconds(one["readinessProbe"]) <= 10


@pytest.mark.parametrize(("graceful", "grace"), [("30", 45), ("120", 135), ("0.5", 15), ("'none'", 3605)])
def test_the_grace_period_is_longer_than_the_drain(
    project: MakeProject, objects: Callable[..., dict[str, Any]], graceful: str, grace: int
) -> None:
    project(f"timeout_graceful_shutdown = {graceful}")
    pod = objects()["Deployment"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", "5"]
    assert pod["terminationGracePeriodSeconds"] == grace


def test_the_core_and_the_memory_are_for_all_workers(
    project: MakeProject, objects: Callable[..., dict[str, Any]]
) -> None:
    project("workers = 3\nworkers_max_rss = 200")
    resources = container(objects())["resources"]
    assert resources["requests"]["cpu"] == "3"
    assert resources["limits"] == {"memory": f"{4 * 200 + 128}Mi"}


def test_nothing_runs_as_root_or_writes(project: MakeProject, objects: Callable[..., dict[str, Any]]) -> None:
    project()
    found = objects()
    assert found["Deployment"]["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 1001
    assert container(found)["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_choices_of_the_command_line_are_there(
    project: MakeProject, objects: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    project("forwarded_allow_ips = '10.0.0.0/8'")
    found = objects(
        "--image", "registry.example/shop:7", "--host", "shop.example", "--replicas-max", "3", "--name", "s"
    )
    assert container(found)["image"] == "registry.example/shop:7"
    assert found["Ingress"]["spec"]["rules"][0]["host"] == "shop.example"
    assert found["HorizontalPodAutoscaler"]["spec"]["maxReplicas"] == 3
    assert found["Service"]["metadata"]["name"] == "s"
    assert "note" not in capsys.readouterr().err


def test_what_is_to_be_done_elsewhere_is_said(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project("root_path = '/api'")
    assert run_group(["export", "k8s", "--ingress-class", "traefik"]) == 0
    out, err = capsys.readouterr()
    assert "ingressClassName: traefik" in out
    assert 'path: "/api"' in out
    assert err.count("note") == 3
    assert re.search(r"take the prefix away: root_path = /api", err)
