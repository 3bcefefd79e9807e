"""A foreign ONVIF camera, `ipycam` from PyPI, in a process of its own: `camera_peer.py <name> <password>`.

Prints its ONVIF port and its RTSP port once it serves. It answers probes, shows a moving picture over RTSP and as
JPEG, and turns digitally.
"""

import socket
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ipycam import CameraConfig, IPCamera


def free() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return each.getsockname()[1]


config = CameraConfig(
    name="Peer",
    local_ip="127.0.0.1",
    onvif_port=free(),
    web_port=free(),
    rtsp_port=free(),
    main_width=640,
    main_height=360,
    main_fps=10,
    sub_width=320,
    sub_height=180,
)
config._config_path = str(Path(tempfile.mkdtemp()) / "config.json")
if len(sys.argv) > 2:
    config.set_credentials(sys.argv[1], sys.argv[2])
camera = IPCamera(config)
if not camera.start():
    raise SystemExit("the camera did not start")
sys.stdout.write(f"{config.onvif_port} {config.rtsp_port}\n")
sys.stdout.flush()
number = 0
while True:
    picture = np.full((360, 640, 3), 40, np.uint8)
    picture[:, (number * 8) % 600 : (number * 8) % 600 + 40] = (40, 200, 90)
    camera.stream(picture)
    number += 1
    time.sleep(0.1)
