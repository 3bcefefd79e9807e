import subprocess

import pytest

from commonsight.connect.wire.codec import Codec
from commonsight.simulate.footage import ffmpeg
from commonsight.simulate.gb28181 import film
from tests.simulate.gb28181.above import Above


@pytest.fixture(scope="session")
def stream() -> bytes:
    """Two seconds of 320x180 at 10 pictures a second, a keyframe a second, really encoded."""
    source = "testsrc2=size=320x180:rate=10:duration=2"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264"]
    command += ["-preset", "ultrafast", "-bf", "0", "-g", "10", "-f", "h264", "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


@pytest.fixture(scope="session")
def reel(stream):
    """The two seconds of footage as a film."""
    return film.load("test", stream, Codec.H264, 10)


@pytest.fixture
async def above():
    """A registrar that knows no password yet."""
    made = Above({})
    await made.start()
    yield made
    await made.close()
