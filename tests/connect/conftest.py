import pytest

from commonsight.connect.wire.codec import NAL_CODECS, Codec

from .peers import encode


@pytest.fixture(scope="session")
def streams() -> dict[Codec, bytes]:
    """Two seconds of 320x180 at 10 pictures a second in each codec, really encoded."""
    return {codec: encode(codec) for codec in NAL_CODECS}
