#!/usr/bin/python3
"""An HTTP proxy that shares no code with ringstorm: it understands CONNECT and nothing else.

`proxy.py [--user NAME:PASSWORD] [--behaviour NAME]`: `forward` makes a tunnel to 127.0.0.1 at the asked port, whatever
the name, and counts what passes; the others answer wrongly or not at all. Prints `listening <port>` when ready, one line
of JSON when asked to stop.
"""

import argparse
import asyncio
import base64

from counts import Counts, announce, report, until_stopped

ANSWERS = {
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno\n",
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    "half-head": b"HTTP/1.1 200 OK\r\nX-Half: ",
}


async def pump(reader, writer, counts, name):
    try:
        while data := await reader.read(65536):
            counts.extra[name] += len(data)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def forward(reader, writer, counts, authority, in_pieces):
    host, port = authority.rsplit(":", 1)
    counts.extra["asked_for_" + host] += 1
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", int(port))
    answer = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 tests\r\n\r\n"
    for i in range(0, len(answer), 1 if in_pieces else len(answer)):
        writer.write(answer[i:i + (1 if in_pieces else len(answer))])
        await writer.drain()
        await asyncio.sleep(0)
    await asyncio.gather(pump(reader, server_writer, counts, "bytes_to_server"),
                         pump(server_reader, writer, counts, "bytes_to_client"))


def is_authorized(head, user):
    if user is None:
        return True
    expected = b"Proxy-Authorization: Basic " + base64.b64encode(user.encode())
    return expected in head.split(b"\r\n")


async def misbehave(reader, writer, behaviour):
    if behaviour == "endless-head":
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(4000):
            writer.write(b"X-Filler: " + b"x" * 60 + b"\r\n")
            await writer.drain()
    elif behaviour in ANSWERS:
        writer.write(ANSWERS[behaviour])
        await writer.drain()
    if behaviour != "close":
        await reader.read()  # until the client has gone


def serve(options, counts):
    async def one(reader, writer):
        counts.connections += 1
        counts.open += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, authority, _ = head.split(b"\r\n")[0].decode().split(" ")
            counts.last_request = {"line": head.split(b"\r\n")[0].decode()}
            if options.behaviour not in ("forward", "in-pieces"):
                await misbehave(reader, writer, options.behaviour)
            elif method != "CONNECT" or not is_authorized(head, options.user):
                counts.extra["refused"] += 1
                await misbehave(reader, writer, "407")
            else:
                counts.extra["tunnels"] += 1
                await forward(reader, writer, counts, authority, options.behaviour == "in-pieces")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            counts.open -= 1
            writer.close()

    return one


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--user", metavar="NAME:PASSWORD")
    parser.add_argument("--behaviour", default="forward",
                        choices=["forward", "in-pieces", "silent", "close", "endless-head", *ANSWERS])
    options = parser.parse_args()
    counts = Counts()
    server = await asyncio.start_server(serve(options, counts), "127.0.0.1", 0, backlog=4096)
    announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
