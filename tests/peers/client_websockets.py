#!/usr/bin/python3
"""A client that shares no code with ringstorm, for its embedded server: `client_websockets.py URL [--sink] [--unix PATH] [--ca FILE]`.

Sends text and binary of the sizes where the length encoding changes, fragmented and whole, and a ping; against an echo
server every message must come back as it went. Prints one line of JSON; exits 0 when all was as it should be.
"""

import argparse
import asyncio
import json
import ssl

import websockets

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]


async def expect_echo(connection, message, whole=None):
    await connection.send(message)
    answer = await asyncio.wait_for(connection.recv(), 10)
    assert answer == (message if whole is None else whole), f"{len(message)} went, {len(answer)} others came back"


async def echo(connection):
    for size in SIZES:
        await expect_echo(connection, bytes(i % 251 for i in range(size)))
        await expect_echo(connection, "é" * (size // 2))
    await expect_echo(connection, ["in three ", "fragments, ", "one message"], "in three fragments, one message")
    return 2 * len(SIZES) + 1


async def sink(connection):
    for size in SIZES:
        await connection.send(bytes(size))
    try:
        answer = await asyncio.wait_for(connection.recv(), 0.2)
        raise AssertionError(f"a sink answered {len(answer)} bytes")
    except asyncio.TimeoutError:
        return len(SIZES)


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--sink", action="store_true")
    parser.add_argument("--unix", metavar="PATH", help="connect to this Unix socket; the URL names the resource")
    parser.add_argument("--ca", metavar="FILE", help="the certificate to trust, and no other")
    options = parser.parse_args()
    rules = dict(compression=None, max_size=None, open_timeout=10)
    if options.ca:
        rules["ssl"] = ssl.create_default_context(cafile=options.ca)
    connecting = (websockets.unix_connect(options.unix, options.url, **rules) if options.unix
                  else websockets.connect(options.url, **rules))
    async with connecting as connection:
        messages = await (sink(connection) if options.sink else echo(connection))
        await asyncio.wait_for(await connection.ping(b"are you there"), 10)
        await connection.close(1000, "done")
        assert connection.close_code == 1000, connection.close_code
    print(json.dumps({"messages": messages, "close_code": connection.close_code}))


asyncio.run(main())
