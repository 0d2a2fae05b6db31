#!/usr/bin/python3
"""An echo server that shares no code with ringstorm: Python's `websockets`."""

import argparse
import asyncio
import json
import logging

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

import tls
from counts import Counts, announce, report, until_stopped


def echo(counts):
    async def serve(connection, path=None):  # before websockets 10.1 a handler takes the path as well
        counts.connections += 1
        counts.open += 1
        counts.last_request = {"path": connection.path, "headers": dict(connection.request_headers.raw_items())}
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
    tls.add_options(parser)
    options = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)

    counts = Counts(options.keep)
    rules = dict(compression=None, extensions=extensions(options), max_size=256 * 1024 * 1024, ping_interval=None,
                 backlog=options.backlog, subprotocols=["chat"])
    if options.unix:
        await websockets.unix_serve(echo(counts), options.unix, **rules)
        announce(options.unix)
    else:
        server = await websockets.serve(echo(counts), options.host, options.port, ssl=tls.context(options), **rules)
        announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
