"""Addresses are looked at before anything is started."""

import socket

import pytest

from commonsight.problem import Refusal
from commonsight.processes.addresses import bind, check, wanted
from commonsight.settings import Settings


def test_all_that_will_listen_is_looked_at() -> None:
    settings = Settings.model_validate({"api": {"port": 1001}, "media": {"port": 1010, "nodes": 2}})
    found = list(wanted(settings, demo=True))
    assert [port for _, _, port in found] == [1001, 1010, 1011, settings.simulate.port]
    assert len(list(wanted(settings, demo=False))) == 3


def test_a_taken_address_is_refused_by_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Refusal) as caught:
            check(Settings.model_validate({"api": {"port": port}}), demo=False)
    refusal = caught.value
    assert (refusal.code, refusal.operand, refusal.actual) == (
        "processes.address_taken",
        "api.port",
        f"127.0.0.1:{port}",
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_is_not_ours_is_refused(host: str) -> None:
    with pytest.raises(Refusal) as caught:
        bind("api.port", host, 0)
    assert caught.value.code == "processes.address_unusable"


def test_a_free_address_is_listened_on() -> None:
    with bind("api.port", "127.0.0.1", 0) as listener:
        socket.create_connection(listener.getsockname()).close()
        assert not listener.getblocking()
