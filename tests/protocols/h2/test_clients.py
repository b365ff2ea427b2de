"""Other people's clients: httpx and h2, over TLS with ALPN and without."""

import asyncio
import ssl

import httpx
import pytest
import trustme

from hanok import Hanok
from hanok.http import FileResponse, Request, StreamingResponse
from hanok.server.threaded import Server


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def context(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / "large.bin"
    path.write_bytes(bytes(range(256)) * 2000)
    return path


@pytest.fixture(scope="module")
def app(file):
    app = Hanok()

    @app.get("/items/{item_id}")
    async def item(item_id: int, q: str | None = None):
        return {"item_id": item_id, "q": q}

    @app.post("/upload")
    async def upload(request: Request):
        return {"size": len(await request.body()), "version": request.scope["http_version"]}

    @app.get("/stream")
    async def stream():
        async def pieces():
            for number in range(100):
                yield b"%d\n" % number * 100

        return StreamingResponse(pieces())

    @app.get("/file")
    async def send_file():
        return FileResponse(file)

    @app.get("/sync")
    def sync():
        return {"sync": True}

    return app


@pytest.fixture(params=["asyncio", "uvloop"])
def client(request, app, certificate, context):
    with (
        Server(app, loop=request.param, ssl_certfile=certificate) as server,
        httpx.Client(
            http2=True, verify=context, base_url=f"https://localhost:{server.port}", trust_env=False, timeout=20
        ) as client,
    ):
        yield client


def test_alpn_chooses_http_2(client):
    response = client.get("/items/5", params={"q": "abc"})
    assert response.http_version == "HTTP/2"
    assert response.json() == {"item_id": 5, "q": "abc"}


def test_alpn_lets_a_client_have_http_1(app, certificate, context):
    with Server(app, ssl_certfile=certificate) as server:
        url = f"https://localhost:{server.port}/items/5"
        with httpx.Client(verify=context, trust_env=False, timeout=20) as client:
            assert client.get(url).http_version == "HTTP/1.1"


def test_alpn_offers_no_http_2_where_it_is_turned_off(app, certificate, context):
    with Server(app, ssl_certfile=certificate, http2=False) as server:
        url = f"https://localhost:{server.port}/items/5"
        with httpx.Client(http2=True, verify=context, trust_env=False, timeout=20) as client:
            assert client.get(url).http_version == "HTTP/1.1"


@pytest.mark.parametrize("size", [0, 10, 65536, 65537, 3_000_000])
def test_uploads(client, size):
    assert client.post("/upload", content=bytes(size)).json() == {"size": size, "version": "2"}


def test_an_upload_of_unknown_length(client):
    assert client.post("/upload", content=(bytes(1000) for _ in range(200))).json()["size"] == 200_000


def test_downloads(client, file):
    assert client.get("/file").content == file.read_bytes()
    assert client.get("/file", headers={"range": "bytes=256-511"}).content == bytes(range(256))
    assert client.get("/stream").text.count("\n") == 10_000
    assert client.get("/sync").json() == {"sync": True}
    assert client.get("/nothing").status_code == 404


def test_errors_have_their_bodies(client):
    assert client.get("/items/x").json()["detail"][0]["loc"] == ["path", "item_id"]


def test_many_requests_at_once(app):
    async def ask(url):
        async with httpx.AsyncClient(http1=False, http2=True, trust_env=False, timeout=20) as client:
            answers = await asyncio.gather(*[client.get(f"{url}/items/{number}") for number in range(100)])
        return [answer.json()["item_id"] for answer in answers]

    with Server(app) as server:
        assert asyncio.run(ask(server.url)) == list(range(100))
