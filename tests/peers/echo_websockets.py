#!/usr/bin/python3
"""An echo server that shares no code with ringstorm: Python's `websockets`."""

import argparse
import asyncio
import itertools
import json
import logging

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

import tls
from counts import Counts, announce, report, until_stopped


def echo(counts, setting_cookies):
    async def serve(connection, path=None):  # before websockets 10.1 a handler takes the path as well
        counts.connections += 1
        counts.open += 1
        counts.last_request = {"path": connection.path, "headers": dict(connection.request_headers.raw_items())}
        if setting_cookies:
            counts.cookies += connection.request_headers.get_all("Cookie") or [""]
        try:
            async for message in connection:
                counts.message(message.encode() if isinstance(message, str) else message)
                await connection.send(message)
        except websockets.ConnectionClosed:
            pass
        finally:
            await connection.wait_closed()
            counts.closes[connection.close_code] += 1
            counts.open -= 1

    return serve


def numbered_cookies():
    """A cookie with each answer to an upgrade, which says how many were before it."""
    numbers = itertools.count()
    return lambda path, request: {"Set-Cookie": f"visit={next(numbers)}; Path=/"}


def extensions(options):
    return None if options.deflate is None else [ServerPerMessageDeflateFactory(**options.deflate)]


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unix", metavar="PATH", help="listen on a Unix socket instead")
    parser.add_argument("--backlog", type=int, default=4096)
    parser.add_argument("--deflate", type=json.loads, help="what to grant of permessage-deflate, as JSON")
    parser.add_argument("--keep", type=int, default=0, help="report so many messages word for word")
    parser.add_argument("--set-cookies", action="store_true", help="set a cookie with each upgrade")
    tls.add_options(parser)
    options = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)

    counts = Counts(options.keep)
    rules = dict(compression=None, extensions=extensions(options), max_size=256 * 1024 * 1024, ping_interval=None,
                 backlog=options.backlog, subprotocols=["chat"],
                 extra_headers=numbered_cookies() if options.set_cookies else None)
    if options.unix:
        await websockets.unix_serve(echo(counts, options.set_cookies), options.unix, **rules)
        announce(options.unix)
    else:
        server = await websockets.serve(echo(counts, options.set_cookies), options.host, options.port, ssl=tls.context(options), **rules)
        announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
