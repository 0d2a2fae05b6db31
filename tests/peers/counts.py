"""What a peer counted, and how it says so: `listening <port or path>` when ready, one line of JSON when asked to stop."""

import asyncio
import collections
import json
import signal
import sys


class Counts:
    """The independent side of the bookkeeping that ringstorm's report is held against."""

    def __init__(self, keep=0):
        self.keep = keep  # how many messages are reported word for word
        self.texts = []
        self.connections = 0
        self.messages = 0
        self.bytes = 0
        self.open = 0
        self.closes = collections.Counter()
        self.violations = collections.Counter()
        self.extra = collections.Counter()
        self.last_request = {}
        self.cookies = []  # the Cookie field of each upgrade, in the order they came

    def message(self, payload):
        self.messages += 1
        self.bytes += len(payload)
        if len(self.texts) < self.keep:
            self.texts.append(payload.decode())

    def as_json(self):
        return json.dumps({
            "connections": self.connections,
            "messages": self.messages,
            "bytes": self.bytes,
            "closes": {str(code): n for code, n in sorted(self.closes.items())},
            "open": self.open,
            "violations": dict(self.violations),
            "last_request": self.last_request,
            "texts": self.texts,
            "cookies": self.cookies,
            **self.extra,
        })


def announce(where):
    """The port, or the path of a Unix socket."""
    print(f"listening {where}", flush=True)


async def until_stopped(counts, patience=5.0):
    """Waits for SIGTERM or SIGINT, then until every connection has ended, so that what was on the way is counted too."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    deadline = loop.time() + patience
    while counts.open > 0 and loop.time() < deadline:
        await asyncio.sleep(0.01)


def report(counts):
    print(counts.as_json(), flush=True)
    sys.stdout.flush()
