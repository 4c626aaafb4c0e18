"""What goes wrong with servers, as two exceptions.

`ServerUnavailable` means this machine lacks something (a JDK, Maven, a binary): tests skip with
its message. `ServerFailed` means a server was started and did not come up: its log's tail is in
the message, and it is never a reason to skip.
"""

from __future__ import annotations


class ServerUnavailable(Exception):
    """This machine lacks what the server needs; the message says what to install."""


class ServerFailed(Exception):
    """A server ended or did not get ready in time; the message ends with its log's tail."""
