"""All that a plugin may import.

errors        the kinds of failure, grouped by what to do about them
records       what an adapter reads from a MIS, in one canonical shape
addresses     spaces of addresses, and phone numbers and mailboxes ready to use
channels      what a channel is, what it is given to send and what it reports back
doors         what comes in unasked: raw things, calls and their answers
ports         the small Protocols that plugins implement
hookspecs     the hooks by which a plugin makes itself known
outbound      the one HTTP client, in bounds
page_walk     a listing by pages that has an end
destinations  where a connection may lead
loopback      whether that is this machine
certificates  what is wrong with the other side's certificate, in words
tls           whether a port speaks TLS
gsm           the alphabet of text messages
settings      the base of a plugin's settings, with references to secrets
soundness     whether what a plugin gives is what its port promises
places        where in a plugin's files something is
blocking      for how long an event loop stood still
printable     text of others as a terminal may be given it
authoring     what an author does at a terminal: begin a plugin, check it
testing       conformance kits and fakes

May import nothing of ours; everything may import it.
"""

from __future__ import annotations

from typing import Final

SDK_VERSION: Final = "1.0.0"
"""Semantic: what goes is deprecated for one minor version at least, and goes with a major one."""
