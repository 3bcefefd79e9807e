"""A foreign client, run by the system's Python: `gstreamer_reader.py <url> <tcp|udp|http> <pictures> [audio]`.

Prints one JSON line: how many pictures were decoded, their caps, how many buffers of sound, and the error if any.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

Gst.init(None)
url, carrier, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
sound_wanted = len(sys.argv) > 4
loop = GLib.MainLoop()
seen = {"pictures": 0, "caps": "", "sound": 0, "error": None}
pipeline = Gst.Pipeline.new(None)
if carrier == "http":
    source = Gst.ElementFactory.make("uridecodebin")
    source.set_property("uri", url)
else:
    source = Gst.ElementFactory.make("rtspsrc")
    source.set_property("location", url)
    source.set_property("latency", 100)
    Gst.util_set_object_arg(source, "protocols", carrier)
pipeline.add(source)


def enough():
    if seen["pictures"] >= wanted and (not sound_wanted or seen["sound"] >= 10):
        loop.quit()


def shown(_sink, buffer, pad):
    seen["pictures"] += 1
    seen["caps"] = pad.get_current_caps().to_string()
    enough()


def heard(_sink, _buffer, _pad):
    seen["sound"] += 1
    enough()


def decoded(_decoder, pad):
    name = pad.get_current_caps().get_structure(0).get_name()
    sink = Gst.ElementFactory.make("fakesink")
    sink.set_property("signal-handoffs", True)
    sink.set_property("sync", False)
    sink.connect("handoff", shown if name.startswith("video") else heard)
    pipeline.add(sink)
    sink.sync_state_with_parent()
    pad.link(sink.get_static_pad("sink"))


def added(_source, pad):
    decoder = Gst.ElementFactory.make("decodebin")
    decoder.connect("pad-added", decoded)
    pipeline.add(decoder)
    decoder.sync_state_with_parent()
    pad.link(decoder.get_static_pad("sink"))


def failed(_bus, message):
    seen["error"] = message.parse_error()[0].message
    loop.quit()


source.connect("pad-added", decoded if carrier == "http" else added)
bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect("message::error", failed)
bus.connect("message::eos", lambda *_: loop.quit())
GLib.timeout_add_seconds(25, loop.quit)
pipeline.set_state(Gst.State.PLAYING)
loop.run()
sys.stdout.write(json.dumps(seen))
pipeline.set_state(Gst.State.NULL)
