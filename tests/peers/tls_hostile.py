#!/usr/bin/python3
"""A TLS server that breaks off, stalls or lies, one way per run: `tls_hostile.py --behaviour NAME [--after N] --certificate FILE --key FILE`.

The handshake is Python's ssl over memory, so that every byte of it can be held back.
"""

import argparse
import asyncio
import ssl

import tls
from counts import Counts, announce, report, until_stopped

BEHAVIOURS = {}


def behaviour(function):
    BEHAVIOURS[function.__name__.replace("_", "-")] = function
    return function


class Tls:
    """The server's side of one connection, its bytes to be sent by the caller."""

    def __init__(self, context):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    async def opened(self, reader, send):
        """Shakes hands; `send(bytes)` decides what becomes of each flight."""
        while True:
            try:
                self.object.do_handshake()
                await send(self.outgoing.read())
                return True
            except ssl.SSLWantReadError:
                await send(self.outgoing.read())
            received = await reader.read(65536)
            if not received:
                return False
            self.incoming.write(received)


async def until_gone(reader):
    while await reader.read(65536):
        pass


def sender_of_the_first(count, writer, after_that=lambda: None):
    """Sends so many bytes of the handshake, however it is cut into flights; then calls `after_that`."""
    left = count

    async def send(flight):
        nonlocal left
        writer.write(flight[:left])
        left -= min(left, len(flight))
        await writer.drain()
        if left == 0:
            after_that()

    return send


def give_up():
    raise ConnectionError


@behaviour
async def stall(reader, writer, options, context):
    """Sends `--after` bytes of the handshake and then nothing."""
    await Tls(context).opened(reader, sender_of_the_first(options.after, writer))
    await until_gone(reader)


@behaviour
async def cut(reader, writer, options, context):
    """Sends `--after` bytes of the handshake and closes."""
    await Tls(context).opened(reader, sender_of_the_first(options.after, writer, give_up))


@behaviour
async def flip(reader, writer, options, context):
    """Turns bit 0 of byte `--after` of the handshake over."""
    at = options.after

    async def send(flight):
        nonlocal at
        flight = bytearray(flight)
        if 0 <= at < len(flight):
            flight[at] ^= 1
        at -= len(flight)
        writer.write(flight)
        await writer.drain()

    await Tls(context).opened(reader, send)
    await until_gone(reader)


@behaviour
async def plain_http(reader, writer, options, context):
    await reader.read(65536)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nthis is http\n")
    await writer.drain()


@behaviour
async def close_at_once(reader, writer, options, context):
    pass


@behaviour
async def no_close_notify(reader, writer, options, context):
    """Upgrades, waits for a message, and ends TCP without a word of TLS."""
    connection = Tls(context)

    async def send(flight):
        writer.write(flight)
        await writer.drain()

    async def hear():
        while True:
            try:
                return connection.object.read(65536)
            except ssl.SSLWantReadError:
                received = await reader.read(65536)
                if not received:
                    raise ConnectionError from None
                connection.incoming.write(received)

    if not await connection.opened(reader, send):
        return
    head = b""
    while b"\r\n\r\n" not in head:
        head += await hear()
    connection.object.write(upgrade_response(head))
    await send(connection.outgoing.read())
    await hear()


def upgrade_response(head):
    import base64
    import hashlib

    key = next(line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")


async def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--behaviour", choices=sorted(BEHAVIOURS), required=True)
    parser.add_argument("--after", type=int, default=0)
    tls.add_options(parser)
    options = parser.parse_args()
    counts = Counts()
    context = tls.context(options)

    async def serve(reader, writer):
        counts.connections += 1
        try:
            await BEHAVIOURS[options.behaviour](reader, writer, options, context)
        except (ConnectionError, ssl.SSLError):
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
