#!/usr/bin/python3
"""A server that only points elsewhere: `redirect.py --step PATH>LOCATION... [--status N] [--cookie SET-COOKIE]...`.

`{port}` in a location is its own port. A path without a step is answered 404. Prints `listening <port>` when ready, one
line of JSON when asked to stop: how often each path was asked for, and the headers of the last request.
"""

import argparse
import asyncio

from counts import Counts, announce, report, until_stopped


def serve(options, counts, port):
    steps = dict(step.split(">", 1) for step in options.step)

    async def one(reader, writer):
        counts.connections += 1
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            counts.extra[path] += 1
            counts.last_request = {"head": head}
            if path in steps:
                location = steps[path].replace("{port}", str(port()))
                field = f"Location: {location}\r\n" if location else ""
                # Behind others, as servers have it.
                filler = "X-Filler: " + 300 * "x" + "\r\n"
                field += "".join(f"Set-Cookie: {cookie}\r\n" for cookie in options.cookie)
                writer.write(f"HTTP/1.1 {options.status} Elsewhere\r\n{filler}{field}Content-Length: 0\r\n\r\n".encode())
            else:
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return one


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", action="append", default=[], metavar="PATH>LOCATION")
    parser.add_argument("--status", type=int, default=302)
    parser.add_argument("--cookie", action="append", default=[], metavar="SET-COOKIE", help="set by every redirect")
    options = parser.parse_args()
    counts = Counts()
    server = await asyncio.start_server(
        serve(options, counts, lambda: server.sockets[0].getsockname()[1]), "127.0.0.1", 0, backlog=4096)
    announce(server.sockets[0].getsockname()[1])
    await until_stopped(counts)
    report(counts)


asyncio.run(main())
