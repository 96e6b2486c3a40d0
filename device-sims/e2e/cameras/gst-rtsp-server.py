"""RTSP servers that are not ours: GStreamer's, with a moving test picture; one for anybody, one behind a password.
Prints the ports that they took."""
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PICTURE = (
    "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast bitrate=400 key-int-max=15 "
    "! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)


def serve(locked):
    """Starts a server and returns it."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    # A picture of its own for each: two that begin at once on a shared one end this server by an assertion of its own.
    factory.set_shared(False)
    factory.set_launch(PICTURE)
    if locked:
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic("viewer", "secret"), token)
        server.set_auth(auth)
        role = Gst.Structure.new_empty("viewer")
        role.set_value("media.factory.access", True)
        role.set_value("media.factory.construct", True)
        factory.add_role_from_structure(role)
    server.get_mount_points().add_factory("/camera", factory)
    server.attach(None)
    return server


Gst.init(None)
servers = [serve(False), serve(True)]
print("ports", *(server.get_bound_port() for server in servers), flush=True)
GLib.MainLoop().run()
