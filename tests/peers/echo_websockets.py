#!/usr/bin/python3
"""An echo server that shares no code with ringstorm: Python's `websockets`."""

import argparse
import asyncio
import logging

import websockets

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


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keep", type=int, default=0, help="report so many messages word for word")
    options = parser.parse_args()
    logging.getLogger("websockets").setLevel(logging.CRITICAL)

    counts = Counts(options.keep)
    server = await websockets.serve(
        echo(counts), options.host, options.port, compression=None, max_size=256 * 1024 * 1024, ping_interval=None,
        backlog=4096, subprotocols=["chat"])
    announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
