"""The peer of bench.mask in its own environment: which areas `deface` covers. Prints a JSON line a frame.

python mask_peer.py '{"clip": FILE, "frames": [NUMBER]}'
"""

import json
import sys
import time

import av
from deface.centerface import CenterFace
from deface.deface import scale_bb

THRESHOLD = 0.2
MARGIN = 1.3
"""Both are deface's own defaults."""

work = json.loads(sys.argv[1])
network = CenterFace(in_shape=None, backend="onnxrt", override_execution_provider="CPUExecutionProvider")
left = set(work["frames"])
with av.open(work["clip"]) as opened:
    for index, frame in enumerate(opened.decode(video=0)):
        if index in left:
            picture = frame.to_ndarray(format="rgb24")
            began = time.process_time()
            found, _ = network(picture, threshold=THRESHOLD)
            spent = (time.process_time() - began) * 1000
            boxes = [[float(side) for side in scale_bb(*box[:4], MARGIN)] for box in found]
            height, width = picture.shape[:2]
            print(json.dumps({"frame": index, "boxes": boxes, "width": width, "height": height, "ms": spent}))
        if index >= max(work["frames"]):
            break
