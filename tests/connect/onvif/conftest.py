"""The peers: a published virtual camera in a process of its own, and ours, which keeps to the service descriptions."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from commonsight.clock import SystemClock
from commonsight.simulate.onvif.answers import Shown
from commonsight.simulate.onvif.server import Camera, OnvifServer


@pytest.fixture(scope="module")
def foreign():
    """`ipycam` with a name and a password: (ONVIF port, RTSP port)."""
    if importlib.util.find_spec("ipycam") is None:
        pytest.skip("needs the package ipycam, a published virtual ONVIF camera")
    script = Path(__file__).with_name("camera_peer.py")
    peer = subprocess.Popen([sys.executable, str(script), "op", "s3cret"], stdout=subprocess.PIPE, text=True)
    try:
        ports = peer.stdout.readline().split()
        assert len(ports) == 2, "the foreign camera did not start"
        yield int(ports[0]), int(ports[1])
    finally:
        peer.kill()
        peer.wait(10)
        peer.stdout.close()


def shown():
    return [
        Shown(
            "p265",
            "main <4K>",
            "H265",
            3840,
            2160,
            25,
            "rtsp://192.168.7.7:554/main?a=1&b=2",
            "http://192.168.7.7/1.jpg",
        ),
        Shown("p264", "sub", "H264", 1280, 720, 15, "rtsp://192.168.7.7:554/sub", "http://192.168.7.7/2.jpg"),
    ]


@pytest.fixture
async def own():
    """Our virtual camera; what it is can be changed before it is asked."""
    server = OnvifServer(Camera(shown(), "op", "s3cret"), SystemClock())
    await server.start("127.0.0.1")
    yield server
    await server.close()
