"""``hanok export k8s``: Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget, Ingress."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import ceil

from hanok.deploy.container import ADMIN_PORT, PORT, UID, drain, refuse, variables, why_drain
from hanok.deploy.project import Project
from hanok.deploy.sheet import Sheet

ENDPOINTS_TAKE = 5  # seconds until everybody in a cluster has heard that a pod goes
PERIOD = 5  # seconds between probes
LIVE_PERIOD = 10
NO_HOST = "example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What the cluster has to be told that no option of the server says."""

    image: str | None = None
    host: str = NO_HOST
    ingress_class: str | None = None
    replicas_min: int = 2
    replicas_max: int = 10


def export(project: Project, cluster: Cluster) -> dict[str, str]:
    """Raises ConfigError for options that cannot work in a container."""
    refuse(project)
    return {
        "deployment.yaml": deployment(project, cluster),
        "service.yaml": service(project),
        "hpa.yaml": autoscaler(project, cluster),
        "pdb.yaml": budget(project),
        "ingress.yaml": ingress(project, cluster),
    }


def remarks(project: Project, cluster: Cluster) -> list[str]:
    """What the reader should do elsewhere."""
    found = []
    if set(project.config.forwarded_allow_ips) <= {"127.0.0.1", "::1"}:
        found.append(
            "Requests come by way of the ingress controller; until forwarded_allow_ips names the network of the pods, it "
            "seems to be every client."
        )
    if project.config.root_path:
        found.append(f"The ingress controller has to take the prefix away: {project.why('root_path')}.")
    if cluster.host == NO_HOST:
        found.append(f"The host is {NO_HOST}: --host says which it is.")
    return found


def head(project: Project, kind: str, api: str, why: str) -> Sheet:
    sheet = Sheet()
    sheet.note(why)
    sheet.add(f"apiVersion: {api}", f"kind: {kind}", "metadata:", f"  name: {project.name}", "  labels:")
    sheet.add(f"    app.kubernetes.io/name: {project.name}")
    return sheet


# ---- Deployment


def deployment(project: Project, cluster: Cluster) -> str:
    sheet = head(
        project,
        "Deployment",
        "apps/v1",
        f"{project.name}: {project.target}, served by Hanok. Written by: hanok export k8s",
    )
    sheet.add("spec:").indent(2)
    sheet.note("No replicas here: their number is the autoscaler's, and would be set back with each kubectl apply.")
    sheet.add("selector:", "  matchLabels:", f"    app.kubernetes.io/name: {project.name}")
    sheet.choice(
        "A new pod has to be ready before an old one goes.",
        "strategy:",
        "  type: RollingUpdate",
        "  rollingUpdate:",
        "    maxSurge: 1",
        "    maxUnavailable: 0",
    )
    sheet.add("template:", "  metadata:", "    labels:", f"      app.kubernetes.io/name: {project.name}", "  spec:")
    sheet.indent(4)
    pod(project, sheet)
    sheet.add("containers:", f"  - name: {project.name}").indent(4)
    container(project, cluster, sheet)
    sheet.indent(-4).choice(
        "Uploads wait in files when they are large.", "volumes:", "  - name: tmp", "    emptyDir: {}"
    )
    return sheet.text()


def pod(project: Project, sheet: Sheet) -> None:
    sheet.choice(
        f"Until the kill: {ENDPOINTS_TAKE} s before TERM (preStop, below), then {why_drain(project)}.",
        f"terminationGracePeriodSeconds: {ENDPOINTS_TAKE + drain(project)}",
    )
    sheet.choice("The application does not speak with Kubernetes.", "automountServiceAccountToken: false")
    sheet.choice(
        "The user of the image, not root; the kubelet checks it.",
        "securityContext:",
        "  runAsNonRoot: true",
        f"  runAsUser: {UID}",
        f"  runAsGroup: {UID}",
        "  seccompProfile:",
        "    type: RuntimeDefault",
    )
    sheet.choice(
        "Not all on one node, as far as there are several.",
        "topologySpreadConstraints:",
        "  - maxSkew: 1",
        "    topologyKey: kubernetes.io/hostname",
        "    whenUnsatisfiable: ScheduleAnyway",
        "    labelSelector:",
        "      matchLabels:",
        f"        app.kubernetes.io/name: {project.name}",
    )


def container(project: Project, cluster: Cluster, sheet: Sheet) -> None:
    config = project.config
    sheet.choice(
        "What hanok export docker has described. A tag that is never reused, so that a roll-back is one.",
        f"image: {json.dumps(cluster.image or f'{project.name}:{project.version}')}",
    )
    sheet.add(
        "ports:", "  - name: http", f"    containerPort: {PORT}", "  - name: admin", f"    containerPort: {ADMIN_PORT}"
    )
    sheet.add("env:").indent(2)
    for one in variables(project):
        if one.name == "HANOK_ADMIN_BIND":
            sheet.choice(
                "Probes come from the node, so not 127.0.0.1. No Service leads to this port; a NetworkPolicy can close it "
                "to all but the node and Prometheus.",
                f"- name: {one.name}",
                f'  value: "0.0.0.0:{ADMIN_PORT}"',
            )
        else:
            sheet.choice(one.why, f"- name: {one.name}", f"  value: {json.dumps(one.value)}")
    sheet.note(
        "Requests come from the ingress controller: its network has to be trusted for clients' addresses to be seen. "
        f"{project.why('forwarded_allow_ips')}."
    )
    sheet.add("#- name: FORWARDED_ALLOW_IPS", '#  value: "10.0.0.0/8"').indent(-2)
    resources(project, sheet)
    probes(project, sheet)
    sheet.choice(
        f"For {ENDPOINTS_TAKE} s it serves on as before: those who send requests here have not all heard yet that it goes. "
        "Only then TERM comes, which drains. (From Kubernetes 1.30 on, sleep: {seconds: 5} does it without a program.)",
        "lifecycle:",
        "  preStop:",
        "    exec:",
        f'      command: ["sleep", "{ENDPOINTS_TAKE}"]',
    )
    sheet.choice(
        "Nothing can be written but /tmp, and nothing of root's can be had.",
        "securityContext:",
        "  allowPrivilegeEscalation: false",
        "  readOnlyRootFilesystem: true",
        "  capabilities:",
        '    drop: ["ALL"]',
        "volumeMounts:",
        "  - name: tmp",
        "    mountPath: /tmp",
    )
    if config.timeout_graceful_shutdown is None:
        sheet.note(f"Draining has no end of its own: {project.why('timeout_graceful_shutdown')}.")


def resources(project: Project, sheet: Sheet) -> None:
    config = project.config
    if config.workers_max_rss is not None:
        # A worker is replaced above it, and its successor is there before it goes.
        limit = config.workers_max_rss * (config.workers + 1) + 128
        why = f"{project.why('workers_max_rss')}, one worker more than there are for replacements, and 128 MiB"
    else:
        limit = 512 * (config.workers + 1)
        why = "half a GiB for each worker and one more; measure yours (hanok top), or set workers_max_rss"
    sheet.choice(
        f"A worker is one process that can fill one core: {project.why('workers')}. Pods are easier to add than workers, so "
        "one or two are usual here. No limit of the CPU: it would make requests wait for nothing.\n"
        f"Memory: {why}.",
        "resources:",
        "  requests:",
        f'    cpu: "{config.workers}"',
        f"    memory: {128 * (config.workers + 1)}Mi",
        "  limits:",
        f"    memory: {limit}Mi",
    )


def probes(project: Project, sheet: Sheet) -> None:
    config = project.config
    boot = config.timeout_worker_boot or 600
    probe(
        sheet, "startupProbe", "/readyz", PERIOD, ceil(boot / PERIOD) + 1,
        f"Starting may take as long as a worker may: {project.why('timeout_worker_boot')}.",
    )  # fmt: skip
    probe(
        sheet, "readinessProbe", "/readyz", PERIOD, 2,
        "Ready: a worker serves and the server is not stopping. Else no requests are sent here.",
    )  # fmt: skip
    blocked = config.timeout_worker_healthcheck or 30
    probe(
        sheet, "livenessProbe", "/livez", LIVE_PERIOD, ceil((blocked + 30) / LIVE_PERIOD),
        "Alive: an event loop turns. The supervisor replaces a blocked worker itself "
        f"({project.why('timeout_worker_healthcheck')}); the kubelet comes half a minute later, if that did not help.",
    )  # fmt: skip


def probe(sheet: Sheet, name: str, path: str, period: int, failures: int, why: str) -> None:
    sheet.choice(
        why,
        f"{name}:",
        "  httpGet:",
        f"    path: {path}",
        "    port: admin",
        f"  periodSeconds: {period}",
        "  timeoutSeconds: 2",
        f"  failureThreshold: {failures}",
    )


# ---- the others


def service(project: Project) -> str:
    sheet = head(project, "Service", "v1", "One address for all pods that are ready.")
    sheet.add("spec:", "  selector:", f"    app.kubernetes.io/name: {project.name}", "  ports:")
    sheet.add("    - name: http", "      port: 80", "      targetPort: http")
    return sheet.text()


def autoscaler(project: Project, cluster: Cluster) -> str:
    sheet = head(
        project,
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        "More pods when the cores of those that are there get busy.",
    )
    sheet.add("spec:").indent(2)
    sheet.add("scaleTargetRef:", "  apiVersion: apps/v1", "  kind: Deployment", f"  name: {project.name}")
    sheet.choice(
        "Two at least: one may go with its node. The maximum is what the database and the purse allow.",
        f"minReplicas: {cluster.replicas_min}",
        f"maxReplicas: {cluster.replicas_max}",
    )
    sheet.choice(
        "Of the core that each worker has asked for: above 70 % answers begin to wait for each other.",
        "metrics:",
        "  - type: Resource",
        "    resource:",
        "      name: cpu",
        "      target:",
        "        type: Utilization",
        "        averageUtilization: 70",
    )
    return sheet.text()


def budget(project: Project) -> str:
    sheet = head(project, "PodDisruptionBudget", "policy/v1", "Nodes are emptied one pod at a time.")
    sheet.add("spec:", "  maxUnavailable: 1", "  selector:", "    matchLabels:")
    return sheet.add(f"      app.kubernetes.io/name: {project.name}").text()


def ingress(project: Project, cluster: Cluster) -> str:
    config = project.config
    sheet = head(project, "Ingress", "networking.k8s.io/v1", "The way in from outside, where TLS ends.")
    sheet.indent(2)
    if cluster.ingress_class == "nginx":
        sheet.choice(
            f"The limits of the server: {project.why('max_body_size')}.",
            "annotations:",
            f'  nginx.ingress.kubernetes.io/proxy-body-size: "{config.max_body_size or 0}"',
        )
    sheet.indent(-2).add("spec:").indent(2)
    if cluster.ingress_class is None:
        sheet.note(
            "No class: the cluster's own. Controllers limit bodies by annotations of their own; the server's limit is "
            f"{project.why('max_body_size')}."
        )
    else:
        sheet.add(f"ingressClassName: {cluster.ingress_class}")
    sheet.choice(
        "The secret has the certificate and its key; cert-manager, for one, makes such.",
        "tls:",
        "  - hosts:",
        f"      - {cluster.host}",
        f"    secretName: {project.name}-tls",
    )
    path = "/" + config.root_path.strip("/")
    if config.root_path:
        sheet.note(f"The controller has to take this prefix away: {project.why('root_path')}.")
    sheet.add("rules:", f"  - host: {cluster.host}", "    http:", "      paths:")
    sheet.add(
        f"        - path: {json.dumps(path)}",
        "          pathType: Prefix",
        "          backend:",
        "            service:",
    )
    return sheet.add(f"              name: {project.name}", "              port:", "                name: http").text()
