"""What the exported site says; what it does is in test_nginx_running.py."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from hanok.cli.group import run_group

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
Exported = Callable[..., dict[str, str]]
MakeProject = Callable[..., Path]


@pytest.fixture
def site(exported: Exported) -> Callable[..., list[str]]:
    """The directives of the exported site, one a line."""

    def export(*arguments: str) -> list[str]:
        [text] = exported("nginx", *arguments).values()
        return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]

    return export


@pytest.mark.skipif(NGINX is None, reason="needs Debian's nginx")
@pytest.mark.parametrize(
    ("options", "arguments"),
    [
        ("", []),
        (
            "root_path = '/api'\nws_ping_interval = 'none'\ntimeout_keep_alive = 0",
            ["--cache", "/static", "--cache", "/"],
        ),
        ("root_path = '/api'\nmax_body_size = 0", ["--cache", "static/"]),
        ("forwarded_headers = 'forwarded'\nssl_min_version = '1.3'\nws = 'none'", ["--upstream", "unix:/run/a.sock"]),
        ("ssl_certfile = 'cert.pem'\nssl_keyfile = 'key.pem'\nssl_cert_reqs = 2\nssl_ca_certs = 'ca.pem'", []),
        ("ssl_certfile = 'cert.pem'\nssl_keyfile = 'key.pem'\nbind = ['[::1]:8000', 'unix:/run/a.sock', ':8001']", []),
        (
            "timeout_send = 0.5\nlimit_request_head = 128\nuds = '/run/shop.sock'",
            ["--server-name", "a.example b.example"],
        ),
    ],
)
def test_nginx_accepts_every_site(project: MakeProject, exported: Exported, options: str, arguments: list[str]) -> None:
    folder = project(options)
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    if "--server-name" in arguments:
        arguments = [*arguments, "--certificate", "cert.pem", "--certificate-key", "key.pem"]
    exported("nginx", *arguments, "--cache-folder", str(folder))
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; events {{}} http {{ access_log off; include {folder}/exported/*.conf; }}"
    )
    command = [NGINX, "-t", "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=30)  # type: ignore[arg-type]
    assert checked.returncode == 0, checked.stderr


def test_limits_and_timeouts_are_the_servers(project: MakeProject, site: Callable[..., list[str]]) -> None:
    project(
        """
        max_body_size = 1234
        limit_request_line = 8192
        limit_request_field_size = 4096
        limit_request_head = 20000
        timeout_request_header = 7
        timeout_request_body = 8.5
        timeout_send = 9
        timeout_keep_alive = 10
        ws_ping_interval = 40
        ssl_min_version = "1.3"
        """
    )
    assert {
        "client_max_body_size 1234;",
        "large_client_header_buffers 3 8192;",
        "client_header_timeout 7s;",
        "client_body_timeout 8500ms;",
        "send_timeout 9s;",
        "keepalive_timeout 8000ms;",
        "proxy_read_timeout 120s;",
        "ssl_protocols TLSv1.3;",
    } <= set(site("--server-name", "shop.example"))


def test_the_servers_are_where_the_configuration_listens(project: MakeProject, site: Callable[..., list[str]]) -> None:
    project("bind = [':8000', '[::]:8001', '127.0.0.2:8002', 'unix:/run/a.sock', '[::1]:8003']")
    found = [line.split()[1] for line in site() if line.startswith("server ") and "max_fails" in line]
    assert found == ["127.0.0.1:8000", "[::1]:8001", "127.0.0.2:8002", "unix:/run/a.sock", "[::1]:8003"]


def test_the_servers_that_are_named_come_instead(
    project: MakeProject, site: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    project()
    found = site("--upstream", "10.0.0.5:8000", "--upstream", "unix:/run/a.sock", "--upstream", "[::1]:9")
    assert [line.split()[1] for line in found if "max_fails" in line] == [
        "10.0.0.5:8000",
        "unix:/run/a.sock",
        "[::1]:9",
    ]
    assert "10.0.0.5:8000 must trust the address of this Nginx" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [":8000", "fd://3", "8000", "a b"])
def test_an_upstream_has_to_be_an_address(project: MakeProject, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    project()
    assert run_group(["export", "nginx", "--upstream", wrong]) == 2
    assert "--upstream" in capsys.readouterr().err


def test_an_inherited_descriptor_leads_nowhere(project: MakeProject, capsys: pytest.CaptureFixture[str]) -> None:
    project("fd = 3")
    assert run_group(["export", "nginx"]) == 2
    assert "--upstream" in capsys.readouterr().err


def test_a_name_alone_means_the_certificates_of_certbot(project: MakeProject, site: Callable[..., list[str]]) -> None:
    project()
    found = site("--server-name", "shop.example")
    assert "ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem;" in found
    assert "return 308 https://$host$request_uri;" in found


def test_without_a_certificate_the_site_is_plain_and_says_so(
    project: MakeProject, site: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    project()
    found = site()
    assert "listen 80;" in found
    assert not any("ssl" in line for line in found)
    assert "plain HTTP" in capsys.readouterr().err


def test_servers_that_speak_tls_are_spoken_to_so(
    project: MakeProject, site: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    project(
        """
        [[tool.hanok.certificates]]
        certfile = "both.pem"
        [[tool.hanok.certificates]]
        certfile = "other.pem"
        """
    )
    found = site()
    assert "proxy_pass https://my-shop;" in found
    assert "ssl_certificate_key both.pem;" in found
    assert "Only the first certificate" in capsys.readouterr().err


def test_the_prefix_of_the_application_is_taken_away(project: MakeProject, site: Callable[..., list[str]]) -> None:
    project("root_path = '/api/'")
    found = site("--cache", "/static/")
    assert found[found.index("location /api/static/ {") + 1] == "proxy_pass http://my-shop/static/;"
    assert found[found.index("location /api/ {") + 1] == "proxy_pass http://my-shop/;"


def test_a_port_that_is_not_the_usual_one_is_part_of_the_host(
    project: MakeProject, site: Callable[..., list[str]]
) -> None:
    project()
    assert "proxy_set_header Host $host:8080;" in site("--http-port", "8080")
    assert "proxy_set_header Host $host;" in site()


def test_what_is_believed_of_forwarded_is_sent(project: MakeProject, site: Callable[..., list[str]]) -> None:
    project("forwarded_headers = ['forwarded']")
    assert r'proxy_set_header Forwarded "for=$my_shop_for;proto=$scheme;host=\"$host\"";' in site()
