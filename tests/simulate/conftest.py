import subprocess

import pytest

from commonsight.simulate.footage import ffmpeg


@pytest.fixture(scope="session")
def stream() -> bytes:
    """Two seconds of 320x180 at 10 pictures a second, a keyframe a second, really encoded."""
    source = "testsrc2=size=320x180:rate=10:duration=2"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-c:v", "libx264"]
    command += ["-preset", "ultrafast", "-bf", "0", "-g", "10", "-f", "h264", "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
