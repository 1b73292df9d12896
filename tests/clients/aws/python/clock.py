"""Lets botocore sign by a clock that is wrong, as that of some clients is. It has one for all of them, so each client sets
that of its thread before it signs."""
import datetime
import threading
import types

import botocore.auth
from botocore.compat import HAS_CRT

_thread = threading.local()


class _Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return datetime.datetime.utcnow() + datetime.timedelta(milliseconds=getattr(_thread, "offset", 0))


botocore.auth.datetime = types.SimpleNamespace(datetime=_Clock, timezone=datetime.timezone)
if HAS_CRT:
    # Where it is installed, it is what signs.
    import botocore.crt.auth
    botocore.crt.auth.datetime = botocore.auth.datetime


def set_clock(client, offset):
    """`offset` is in milliseconds, and 0 for a client whose clock is right."""
    def before_signing(**_):
        _thread.offset = offset
    client.meta.events.register("before-sign", before_signing)
