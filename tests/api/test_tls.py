"""TLS of the API and of the media node, over real sockets; nothing goes out in clear beyond this machine."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from commonsight import tls
from commonsight.clock import SystemClock
from commonsight.media import node
from commonsight.problem import Refusal
from commonsight.processes import addresses, api
from commonsight.processes.runtime import Runtime
from commonsight.settings import Api, Media, Settings, Tls


@pytest.fixture
def made(tmp_path) -> Tls:
    chain, key = tls.self_signed(tmp_path / "tls", ["localhost", "127.0.0.1"], SystemClock().now())
    assert key.stat().st_mode & 0o777 == 0o600
    return Tls(certificate=chain, key=key)


def trusting(made: Tls) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(made.certificate))


@contextlib.asynccontextmanager
async def serving(serve, settings, database, name) -> AsyncIterator[None]:
    stop = asyncio.Event()
    if serve is api.serve:
        running = asyncio.create_task(api.serve(Runtime(name, "api", settings, database, SystemClock(), stop)))
    else:
        running = asyncio.create_task(node.serve(settings, database, SystemClock(), name, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(30):
            await running


async def answered(url: str, context: ssl.SSLContext) -> httpx.Response:
    async with asyncio.timeout(30), httpx.AsyncClient(verify=context) as client:
        while True:
            try:
                return await client.get(url)
            except httpx.ConnectError as error:
                if "refused" not in str(error).lower() and "attempts failed" not in str(error).lower():
                    raise
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("serve", [api.serve, node.serve])
async def test_our_servers_speak_tls(made, database, tmp_path, unused_tcp_port, serve):
    own = {"api": Api(port=unused_tcp_port), "media": Media(port=unused_tcp_port)}
    settings = Settings(data_dir=tmp_path, tls=made, **own)
    url = f"https://127.0.0.1:{unused_tcp_port}/healthz"
    async with serving(serve, settings, database, "media-1"):
        answer = await answered(url, trusting(made))
        assert answer.status_code == 200
        assert answer.headers["strict-transport-security"]
        async with asyncio.timeout(30), httpx.AsyncClient(verify=trusting(made)) as client:
            with pytest.raises(httpx.TransportError):  # in clear
                await client.get(url.replace("https", "http"))
        old = trusting(made)
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(httpx.ConnectError):
            await answered(url, old)
        with pytest.raises(httpx.ConnectError):  # nobody vouches for it
            await answered(url, ssl.create_default_context())


@pytest.mark.parametrize("section", ["api", "media"])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "192.168.1.2", "video.example"])
def test_nothing_is_served_in_clear_beyond_this_machine(tmp_path, section, host):
    settings = Settings(data_dir=tmp_path, **{section: {"host": host}})
    with pytest.raises(Refusal) as refused:
        addresses.check(settings, demo=False)
    assert refused.value.code == "tls.missing"
    assert (refused.value.operand, refused.value.actual) == (f"{section}.host", host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "[::1]", "localhost"])
def test_on_this_machine_it_may(host):
    tls.refuse_exposed("api.host", host, Tls())


def test_with_a_certificate_or_a_proxy_it_may(made):
    tls.refuse_exposed("api.host", "0.0.0.0", made)
    tls.refuse_exposed("api.host", "0.0.0.0", Tls(behind_proxy=True))


async def test_a_process_started_alone_refuses_too(database, tmp_path):
    settings = Settings(data_dir=tmp_path, api=Api(host="0.0.0.0"), media=Media(host="0.0.0.0"))
    runtime = Runtime("api", "api", settings, database, SystemClock(), asyncio.Event())
    with pytest.raises(Refusal, match=r"tls\.missing"):
        await api.serve(runtime)
    with pytest.raises(Refusal, match=r"tls\.missing"):
        await node.serve(settings, database, SystemClock(), "media-1", asyncio.Event())


def test_a_certificate_that_cannot_be_used_is_named(made, tmp_path):
    other, other_key = tls.self_signed(tmp_path / "other", ["localhost"], SystemClock().now())
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    for wrong in (
        Tls(certificate=tmp_path / "nothing.pem", key=made.key),
        Tls(certificate=made.certificate, key=other_key),
        Tls(certificate=broken, key=made.key),
    ):
        with pytest.raises(Refusal) as refused:
            tls.context_of(wrong)
        assert refused.value.code == "tls.unreadable"
    made.key.chmod(0o644)
    with pytest.raises(Refusal, match=r"tls\.key_open"):
        tls.context_of(made)
    assert other.is_file()
    with pytest.raises(ValueError):
        Tls(certificate=made.certificate)


def test_a_key_is_never_overwritten(tmp_path):
    tls.self_signed(tmp_path, ["localhost"], SystemClock().now())
    with pytest.raises(Refusal, match=r"tls\.present"):
        tls.self_signed(tmp_path, ["localhost"], SystemClock().now())
    with pytest.raises(Refusal, match=r"tls\.name_invalid"):
        tls.self_signed(tmp_path / "b", ["bad name\n.example" * 30], SystemClock().now())
