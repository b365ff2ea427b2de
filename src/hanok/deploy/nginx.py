"""``hanok export nginx``: a site for Nginx in front of one Hanok server or several."""

from __future__ import annotations

from dataclasses import dataclass

from hanok.deploy.nginx_forwarding import forwarding
from hanok.deploy.nginx_upstream import servers_of, upstream
from hanok.deploy.project import Project
from hanok.deploy.sheet import Sheet
from hanok.exceptions import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What Nginx has to be told that no option of the server says."""

    upstreams: tuple[str, ...] = ()  # host:port or unix:/path; by default where the configuration listens
    server_name: str = "_"
    certificate: str | None = None
    certificate_key: str | None = None
    http_port: int = 80
    https_port: int = 443
    rate: int = 50  # requests a second of one address
    burst: int = 100  # how many it may be ahead of that
    connections: int = 100  # of one address at the same time
    cache: tuple[str, ...] = ()  # path prefixes
    cache_folder: str = "/var/cache/nginx"


def export(project: Project, site: Site) -> dict[str, str]:
    """Raises ConfigError for options that cannot work behind Nginx."""
    if project.config.proxy_protocol:
        raise ConfigError(
            f"{project.why('proxy_protocol')}: Nginx passes HTTP requests on without the PROXY protocol. Leave it out."
        )
    return {f"{project.name}.conf": conf(project, site)}


def certificate_of(project: Project, site: Site) -> tuple[str, str, str] | None:
    """Certificate, key, and who named them; None for a site without TLS."""
    if site.certificate is not None:
        return site.certificate, site.certificate_key or site.certificate, "--certificate"
    if project.config.is_tls:
        first = project.config.certificates[0]
        return first.certfile, first.keyfile or first.certfile, project.why("ssl_certfile")
    if site.server_name != "_":
        folder = f"/etc/letsencrypt/live/{site.server_name}"
        return f"{folder}/fullchain.pem", f"{folder}/privkey.pem", "where certbot puts it"
    return None


def remarks(project: Project, site: Site) -> list[str]:
    """What the reader should do elsewhere."""
    found = []
    if certificate_of(project, site) is None:
        found.append("The site is plain HTTP: no certificate is known. Give --server-name or --certificate.")
    if len(project.config.certificates) > 1:
        found.append("Only the first certificate of the configuration is used: export a site for each name.")
    far = [
        one
        for one in servers_of(project, site.upstreams)
        if not one.startswith(("127.", "[::1]", "localhost", "unix:"))
    ]
    if far:
        found.append(
            f"{', '.join(far)} must trust the address of this Nginx, or clients seem to be Nginx itself: "
            f"{project.why('forwarded_allow_ips')}."
        )
    return found


def conf(project: Project, site: Site) -> str:
    sheet = Sheet()
    sheet.note(f"{project.name}: {project.target}, served by Hanok behind Nginx. Written by: hanok export nginx")
    sheet.note("It belongs in the http block: on Debian as a file in /etc/nginx/conf.d/. Then: nginx -t")
    sheet.gap()
    upstream(project, site.upstreams, sheet)
    sheet.gap()
    zones(project, site, sheet)
    sheet.gap()
    tls = certificate_of(project, site)
    if tls is not None:
        redirect(project, site, sheet)
        sheet.gap()
    server(project, site, sheet, tls)
    return sheet.text()


def zones(project: Project, site: Site, sheet: Sheet) -> None:
    name = project.name
    sheet.choice(
        "Floods. An address may send this many requests a second in the long run, and hold this many connections (over "
        "HTTP/2, requests under way). 10 MB remember 160,000 addresses. Offices share one address: be generous.",
        f"limit_req_zone $binary_remote_addr zone={name}_requests:10m rate={site.rate}r/s;",
        f"limit_conn_zone $binary_remote_addr zone={name}_connections:10m;",
    )
    sheet.gap().choice(
        "A WebSocket is asked for with Upgrade. All others leave Connection empty, which keeps connections to the "
        "servers open (RFC 9110 §7.8).",
        f"map $http_upgrade ${variable(name)}_connection {{",
        "    default upgrade;",
        "    '' '';",
        "}",
    )
    if "forwarded" in project.config.forwarded_headers:
        sheet.gap().choice(
            "Addresses of IPv6 stand in brackets and quotes (RFC 7239 §6).",
            f"map $remote_addr ${variable(name)}_for {{",
            "    default $remote_addr;",
            "    ~: '\"[$remote_addr]\"';",
            "}",
        )
    if site.cache:
        sheet.gap().choice(
            "What was not asked for within a day goes first; 1 GB at most.",
            f"proxy_cache_path {site.cache_folder}/{name} levels=1:2 keys_zone={name}_cache:10m max_size=1g inactive=1d "
            "use_temp_path=off;",
        )


def variable(name: str) -> str:
    """Names of variables have no hyphens."""
    return name.replace("-", "_")


def redirect(project: Project, site: Site, sheet: Sheet) -> None:
    port = "" if site.https_port == 443 else f":{site.https_port}"
    sheet.add("server {").indent(4)
    sheet.add(f"listen {site.http_port};", f"listen [::]:{site.http_port};", f"server_name {site.server_name};").gap()
    sheet.choice(
        "certbot renews over plain HTTP: certbot certonly --webroot -w /var/www/html",
        "location ^~ /.well-known/acme-challenge/ {",
        "    root /var/www/html;",
        "}",
    )
    sheet.choice(
        "308 keeps the method: a POST stays one.",
        "location / {",
        f"    return 308 https://$host{port}$request_uri;",
        "}",
    )
    sheet.indent(-4).add("}")


def server(project: Project, site: Site, sheet: Sheet, tls: tuple[str, str, str] | None) -> None:
    sheet.add("server {").indent(4)
    if tls is None:
        sheet.choice(
            "No certificate is known: plain HTTP.", f"listen {site.http_port};", f"listen [::]:{site.http_port};"
        )
    else:
        sheet.choice(
            "Nginx from 1.25.1 on prefers 'http2 on;' to this http2, and takes both.",
            f"listen {site.https_port} ssl http2;",
            f"listen [::]:{site.https_port} ssl http2;",
        )
    sheet.add(f"server_name {site.server_name};", "server_tokens off;").gap()
    if tls is not None:
        encryption(project, sheet, tls)
        sheet.gap()
    sizes(project, sheet)
    sheet.gap().choice(
        "Above the rate: up to the burst at once, then 429 (RFC 6585 §4). HTTP/2 counts each request.",
        f"limit_req zone={project.name}_requests burst={site.burst} nodelay;",
        f"limit_conn {project.name}_connections {site.connections};",
        "limit_req_status 429;",
        "limit_conn_status 429;",
    )
    sheet.gap().choice(
        "Nginx compresses so that workers need not. Small answers only grow. An application that compresses itself is "
        "left alone: what has a Content-Encoding is passed on.",
        "gzip on;",
        "gzip_proxied any;",
        "gzip_min_length 1024;",
        "gzip_comp_level 5;",
        "gzip_vary on;",
        "gzip_types application/json application/problem+json application/javascript application/xml",
        "           text/css text/plain text/javascript image/svg+xml;",
    )
    sheet.gap()
    forwarding(project, site.http_port if tls is None else site.https_port, sheet)
    locations(project, site, sheet)
    sheet.indent(-4).add("}")


def encryption(project: Project, sheet: Sheet, tls: tuple[str, str, str]) -> None:
    config = project.config
    certificate, key, who = tls
    sheet.choice(f"The certificate: {who}.", f"ssl_certificate {certificate};", f"ssl_certificate_key {key};")
    protocols = "TLSv1.3" if config.ssl_min_version == "1.3" else "TLSv1.2 TLSv1.3"
    sheet.choice(
        f"{project.why('ssl_min_version')}. The client chooses among ciphers that are all good; with TLS 1.2 too, forward "
        "secrecy and authenticated encryption only.",
        f"ssl_protocols {protocols};",
        f"ssl_ciphers {config.ssl_ciphers or CIPHERS};",
        "ssl_prefer_server_ciphers off;",
    )
    sheet.choice(
        "Sessions are resumed from memory that Nginx's workers share; tickets would need their key changed daily.",
        f"ssl_session_cache shared:{project.name}_tls:10m;",
        "ssl_session_timeout 1d;",
        "ssl_session_tickets off;",
    )
    if config.ssl_cert_reqs and config.ssl_ca_certs:
        sheet.choice(
            f"Clients show certificates: {project.why('ssl_cert_reqs', 'ssl_ca_certs')}.",
            f"ssl_client_certificate {config.ssl_ca_certs};",
            f"ssl_verify_client {'on' if config.ssl_cert_reqs == 2 else 'optional'};",
        )
    sheet.choice(
        "Once TLS works for good, browsers may be told never to come without (RFC 6797); they do not forget it.",
        "#add_header Strict-Transport-Security 'max-age=31536000' always;",
    )


CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def sizes(project: Project, sheet: Sheet) -> None:
    config = project.config
    sheet.choice(
        f"The limits are those of the server, so that both say no to the same requests. {project.why('max_body_size')}.",
        f"client_max_body_size {config.max_body_size or 0};",
    )
    if config.max_body_size == 0:
        sheet.note("Nginx cannot forbid bodies altogether (0 means no limit); the server does.")
    one = max(config.limit_request_line, config.limit_request_field_size)
    number = max(1, -(-config.limit_request_head // one))
    sheet.choice(
        f"A request line or a field fits into one buffer, a head into all: "
        f"{project.why('limit_request_line', 'limit_request_field_size', 'limit_request_head')}.",
        f"large_client_header_buffers {number} {one};",
    )
    sheet.choice(
        project.why("timeout_request_header", "timeout_request_body", "timeout_send") + ".",
        f"client_header_timeout {milliseconds(config.timeout_request_header)};",
        f"client_body_timeout {milliseconds(config.timeout_request_body)};",
        f"send_timeout {milliseconds(config.timeout_send)};",
    )


def milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds % 1 else f"{round(seconds)}s"


def locations(project: Project, site: Site, sheet: Sheet) -> None:
    scheme = "https" if project.config.is_tls else "http"
    prefix = project.config.root_path.strip("/")
    to = f"{scheme}://{project.name}"
    sheet.gap()
    if prefix:
        sheet.note(f"The prefix is taken away here, and the application knows it: {project.why('root_path')}.")
    for path in site.cache:
        path = path.strip("/")
        inner = f"/{path}/" if path else "/"
        sheet.add(f"location {'/' + prefix if prefix else ''}{inner} {{").indent(4)
        sheet.add(f"proxy_pass {to}{inner if prefix else ''};")
        caching(project, sheet)
        sheet.indent(-4).add("}")
    if any(not path.strip("/") for path in site.cache):
        return
    if not site.cache:
        sheet.note(
            "Nothing is cached: --cache /static/ adds a place whose answers are kept as their Cache-Control says."
        )
    sheet.add(
        f"location /{prefix + '/' if prefix else ''} {{",
        f"    proxy_pass {to}{'/' if prefix else ''};",
        "}",
    )


def caching(project: Project, sheet: Sheet) -> None:
    sheet.choice(
        "Kept are answers whose Cache-Control or Expires allows it, for as long as they say; those with Set-Cookie, "
        "private or no-store are not. The host is part of the key, for an application may have several.",
        f"proxy_cache {project.name}_cache;",
        "proxy_cache_key $scheme$host$request_uri;",
    )
    sheet.choice(
        "Answers to Authorization are that user's (RFC 9111 §3.5), and a WebSocket is no answer at all.",
        "proxy_cache_bypass $http_authorization $http_upgrade;",
        "proxy_no_cache $http_authorization $http_upgrade;",
    )
    sheet.choice(
        "One request fetches what is missing, the others wait for it. An old answer is better than an error, and is "
        "given while a new one is fetched (RFC 5861).",
        "proxy_cache_lock on;",
        "proxy_cache_revalidate on;",
        "proxy_cache_background_update on;",
        "proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;",
    )
    sheet.choice(
        "HIT, MISS, STALE...: for whoever wonders.", "add_header X-Cache-Status $upstream_cache_status always;"
    )
