"""A foreign RTSP server, run by the system's Python: `gstreamer_server.py <h264.mp4> <h265.mp4> [name password]`.

Prints its port. Paths: /h264 and /h265 (the files), /both (a live test picture with sound, video second).
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstRtsp", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service("0")
# With the default of one thread a reader that stalls holds up the pipeline it waits for.
server.get_thread_pool().set_max_threads(8)

LIVE = (
    "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 "
    "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 "
    "! x264enc key-int-max=25 tune=zerolatency speed-preset=ultrafast ! rtph264pay name=pay1 pt=97 )"
)
paths = {
    "/h264": f"( filesrc location={sys.argv[1]} ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 mtu=900 )",
    "/h265": f"( filesrc location={sys.argv[2]} ! qtdemux ! h265parse ! rtph265pay name=pay0 pt=96 mtu=900 )",
    "/both": LIVE,
}
for path, launch in paths.items():
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(launch)
    if len(sys.argv) > 4:
        role = Gst.Structure.new_from_string(
            "viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true;"
        )
        permissions = GstRtspServer.RTSPPermissions.new()
        permissions.add_role_from_structure(role)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(path, factory)
if len(sys.argv) > 4:
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(sys.argv[3], sys.argv[4], token)
    server.set_auth(auth)
server.attach(None)
sys.stdout.write(f"{server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
