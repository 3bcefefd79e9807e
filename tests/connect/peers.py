"""The other side of the connection: encoded clips from a real encoder, and a server that plays a script."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Callable

import imageio_ffmpeg

from commonsight.connect.wire.codec import Codec
from commonsight.connect.wire.rtsp_message import Headers, Interleaved, Reader, Request, Response, interleave, serialise


def ffmpeg() -> str:
    """ffmpeg on PATH, else the one in the wheel that the product depends on."""
    return shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe()


def encode(codec: Codec, *, width: int = 320, height: int = 180, rate: int = 10, seconds: int = 2) -> bytes:
    """A moving test picture as an Annex B byte stream, a keyframe a second, in a process of its own."""
    coder = {
        Codec.H264: ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", str(rate), "-f", "h264"],
        Codec.H265: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
                     f"log-level=none:bframes=0:keyint={rate}:repeat-headers=1", "-f", "hevc"],
    }[codec]  # fmt: skip
    source = f"testsrc2=size={width}x{height}:rate={rate}:duration={seconds}"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", *coder, "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


Answer = Callable[[Request, "Script"], Response | None]


class Script:
    """A misbehaving device: `answer` decides about each request; None means silence."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self._tls = tls
        self.requests: list[Request] = []
        self.frames: list[tuple[int, bytes]] = []
        self.writer: asyncio.StreamWriter | None = None
        self.connections = 0
        self.url = ""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Script":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.url = f"rtsp{'s' if self._tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/live"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, channel: int, payload: bytes) -> None:
        assert self.writer is not None
        self.writer.write(interleave(channel, payload))

    def drop(self) -> None:
        """Cut the connection without a word."""
        assert self.writer is not None
        self.writer.transport.abort()

    def asked(self) -> list[str]:
        return [request.method for request in self.requests]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.writer = writer
        messages = Reader()
        try:
            while data := await reader.read(65_536):
                for message in messages.feed(data):
                    if isinstance(message, Interleaved):
                        self.frames.append((message.channel, bytes(message.payload)))
                    elif isinstance(message, Request):
                        self.requests.append(message)
                        response = self.answer(message, self)
                        if response is not None:
                            response.headers.add("CSeq", message.headers.get("cseq"))
                            writer.write(serialise(response))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)


def reply(status: int = 200, reason: str = "OK", body: bytes = b"", **headers: str) -> Response:
    return Response(status, reason, Headers([(k.replace("_", "-"), v) for k, v in headers.items()]), body)


def jpegs(count: int, size: str = "320x180") -> list[bytes]:
    """Different real pictures, each a JPEG file."""
    source = f"testsrc2=size={size}:rate=5"
    command = [ffmpeg(), "-v", "error", "-f", "lavfi", "-i", source, "-frames:v", str(count)]
    command += ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "5", "-f", "image2pipe", "-"]
    stream = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return [b"\xff\xd8" + part for part in stream.split(b"\xff\xd8")[1:]]
