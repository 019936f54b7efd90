"""A connection's plugin in a process of its own: what crosses between it and the role, and both ends.

values    the SDK's records and errors as JSON, validated where they arrive
wire      frames, and what may be said in them
link      the role's end of the socket: frames out and in, without anybody waiting
keeper    begins the process, tells how it ended and begins it anew
pending   the calls under way, and what becomes of them
proxy     stands in the role for the plugin, with the methods that the plugin has
servant   in the process: calls the plugin as it is told

May import the SDK and the room around it; `install` and `web` may import it.
"""
