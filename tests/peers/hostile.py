#!/usr/bin/python3
"""A server that breaks the rules on purpose, one way per run: `hostile.py --behaviour NAME [--after N]`.

Where it does keep them it watches the client: masked frames, fresh keys and nonces, well-formed pongs.
`hostile.py --list` prints the names.
"""

import argparse
import asyncio
import os
import socket
import zlib

import wire
from counts import Counts, announce, report, until_stopped
from wire import BINARY, CLOSE, CONTINUATION, PING, TEXT, Gone, frame

BEHAVIOURS = {}


def behaviour(name):
    def register(function):
        BEHAVIOURS[name] = function
        return function

    return register


# Instead of an upgrade.


def answer_with(status_line, headers=""):
    async def serve(peer, options):
        await peer.read_request()
        body = f"this is the body of {status_line}\n"
        await peer.send(f"HTTP/1.1 {status_line}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    return serve


BEHAVIOURS["http-200"] = answer_with("200 OK")
BEHAVIOURS["http-301"] = answer_with("301 Moved Permanently", "Location: ws://elsewhere.invalid/\r\n")
BEHAVIOURS["http-401"] = answer_with("401 Unauthorized", "WWW-Authenticate: Basic\r\n")
BEHAVIOURS["http-403"] = answer_with("403 Forbidden")
BEHAVIOURS["http-500"] = answer_with("500 Internal Server Error")


@behaviour("silent")
async def silent(peer, options):
    await peer.read_request()
    await peer.until_gone()


@behaviour("garbage")
async def garbage(peer, options):
    await peer.read_request()
    await peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http at all\r\n\r\n")
    await peer.until_gone()


@behaviour("half-head")
async def half_head(peer, options):
    response = peer.upgrade_response(await peer.read_request())
    await peer.send(response[: len(response) // 2])
    await peer.until_gone()


@behaviour("half-head-close")
async def half_head_close(peer, options):
    response = peer.upgrade_response(await peer.read_request())
    await peer.send(response[: len(response) // 2])


@behaviour("endless-head")
async def endless_head(peer, options):
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        await peer.send(b"X-More: and more and more and more\r\n" * 32)
        await asyncio.sleep(0.001)


@behaviour("wrong-accept")
async def wrong_accept(peer, options):
    await peer.upgrade(accept=wire.accept_key("somebody else's key"))
    await peer.until_gone()


@behaviour("no-accept")
async def no_accept(peer, options):
    await peer.upgrade(accept="")
    await peer.until_gone()


@behaviour("unoffered-subprotocol")
async def unoffered_subprotocol(peer, options):
    await peer.upgrade(extra=["Sec-WebSocket-Protocol: never-offered"])
    await peer.until_gone()


@behaviour("unoffered-extension")
async def unoffered_extension(peer, options):
    await peer.upgrade(extra=["Sec-WebSocket-Extensions: permessage-deflate"])
    await peer.until_gone()


def agree_to(extensions):
    async def serve(peer, options):
        await peer.agree(extensions)
        await peer.until_gone()

    return serve


BEHAVIOURS["deflate-twice"] = agree_to("permessage-deflate, permessage-deflate")
BEHAVIOURS["deflate-and-another"] = agree_to("permessage-deflate, permessage-bzip2")
BEHAVIOURS["deflate-malformed"] = agree_to("permessage-deflate; =10")
BEHAVIOURS["deflate-unknown-parameter"] = agree_to("permessage-deflate; max_window_bits=10")
BEHAVIOURS["deflate-repeated-parameter"] = agree_to(
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover")
BEHAVIOURS["deflate-window-of-16"] = agree_to("permessage-deflate; server_max_window_bits=16")
BEHAVIOURS["deflate-window-of-nothing"] = agree_to("permessage-deflate; client_max_window_bits")


# Instead of the first reply: bytes that break a rule, after which the client's close frame is awaited.


def reply_with(data):
    async def serve(peer, options):
        await peer.upgrade()
        await peer.read_message()
        await peer.send(data)
        await peer.until_gone()

    return serve


def deflate(data):
    """As one message: without the four bytes that a sync flush ends with (RFC 7692 section 7.2.1)."""
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def deflated_reply(data):
    async def serve(peer, options):
        await peer.agree()
        await peer.read_message()
        await peer.send(data)
        await peer.until_gone()

    return serve


RSV1 = 0x40
HELLO = deflate(b"hello")
BEHAVIOURS["deflate-rsv1-on-continuation"] = deflated_reply(
    frame(TEXT, HELLO[:3], fin=False, reserved=RSV1) + frame(CONTINUATION, HELLO[3:], reserved=RSV1))
BEHAVIOURS["deflate-rsv1-on-ping"] = deflated_reply(frame(PING, b"", reserved=RSV1))
BEHAVIOURS["deflate-rsv2"] = deflated_reply(frame(TEXT, HELLO, reserved=0x20))
BEHAVIOURS["deflate-truncated"] = deflated_reply(frame(TEXT, HELLO[:-2], reserved=RSV1))
BEHAVIOURS["deflate-garbage-behind"] = deflated_reply(frame(TEXT, HELLO + b"\xff" * 8, reserved=RSV1))
BEHAVIOURS["deflate-no-deflate"] = deflated_reply(frame(TEXT, b"\x07hello", reserved=RSV1))
BEHAVIOURS["deflate-bomb"] = deflated_reply(frame(TEXT, deflate(b"a" * (3 << 20)), reserved=RSV1))
BEHAVIOURS["deflate-invalid-utf8"] = deflated_reply(frame(TEXT, deflate(b"\xce\xba\xed\xa0\x80"), reserved=RSV1))

BEHAVIOURS["masked-frame"] = reply_with(frame(TEXT, b"hello", key=b"\x37\xfa\x21\x3d"))
BEHAVIOURS["reserved-bit"] = reply_with(frame(TEXT, b"hello", reserved=0x40))
BEHAVIOURS["bad-opcode"] = reply_with(frame(0x3, b"hello"))
BEHAVIOURS["length-2-63"] = reply_with(b"\x82\x7f" + (1 << 63).to_bytes(8, "big"))
BEHAVIOURS["huge-length"] = reply_with(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 64)
BEHAVIOURS["overlong-length"] = reply_with(frame(TEXT, b"hello", length_bytes=2))
BEHAVIOURS["invalid-utf8"] = reply_with(frame(TEXT, b"\xce\xba\xed\xa0\x80"))  # a surrogate, RFC 3629 section 3
BEHAVIOURS["split-invalid-utf8"] = reply_with(frame(TEXT, b"\xce", fin=False) + frame(CONTINUATION, b"\x41"))
BEHAVIOURS["fragmented-ping"] = reply_with(frame(PING, b"half", fin=False))
BEHAVIOURS["oversized-ping"] = reply_with(frame(PING, b"x" * 126))
BEHAVIOURS["stray-continuation"] = reply_with(frame(CONTINUATION, b"of what?"))
BEHAVIOURS["interrupted-message"] = reply_with(frame(TEXT, b"one", fin=False) + frame(TEXT, b"two"))
BEHAVIOURS["one-byte-close"] = reply_with(frame(CLOSE, b"\x03"))
BEHAVIOURS["forbidden-close-code"] = reply_with(frame(CLOSE, (1006).to_bytes(2, "big")))


@behaviour("reset-mid-frame")
async def reset_mid_frame(peer, options):
    await peer.upgrade()
    await peer.read_message()
    await peer.send(frame(BINARY, b"x" * 1000)[:500])
    await asyncio.sleep(0.02)  # a RST at once would overtake the half frame
    peer.reset()


@behaviour("never-reads")
async def never_reads(peer, options):
    await peer.upgrade()
    await asyncio.Event().wait()


@behaviour("never-answers")
async def never_answers(peer, options):
    await peer.upgrade()
    while True:
        await peer.read_message()


# Endings in the middle of a run.


async def echo_until(peer, after):
    """Answers `after` messages of this connection."""
    for _ in range(after):
        opcode, payload = await peer.read_message()
        await peer.send(frame(opcode, payload))


@behaviour("close-1001")
async def close_1001(peer, options):
    await peer.upgrade()
    await echo_until(peer, options.after)
    await peer.send(frame(CLOSE, (1001).to_bytes(2, "big") + b"going away"))
    await peer.until_gone()


@behaviour("close-empty")
async def close_empty(peer, options):
    await peer.upgrade()
    await echo_until(peer, options.after)
    await peer.send(frame(CLOSE))
    await peer.until_gone()


@behaviour("close-without-frame")
async def close_without_frame(peer, options):
    await peer.upgrade()
    await echo_until(peer, options.after)
    peer.sock.shutdown(socket.SHUT_WR)  # a FIN, and no RST for what the client still sends
    await peer.until_gone()


@behaviour("dies-mid-run")
async def dies_mid_run(peer, options):
    await peer.upgrade()
    while peer.counts.messages < options.after:
        opcode, payload = await peer.read_message()
        await peer.send(frame(opcode, payload))
    os._exit(1)


@behaviour("never-closes")
async def never_closes(peer, options):
    await peer.upgrade()
    while True:
        got = await peer.read_frame()
        if got.opcode in (TEXT, BINARY):
            peer.counts.message(got.payload)
            await peer.send(frame(got.opcode, got.payload))


# Within the rules, and inconvenient.


@behaviour("echo")
async def echo(peer, options):
    await peer.upgrade()
    while True:
        await echo_until(peer, 1)


@behaviour("ping-storm")
async def ping_storm(peer, options):
    """Pings round every reply, with payloads of 0 to 125 bytes. The pongs must come in order and bring the same bytes back;
    one may answer for the pings before it too (RFC 6455 section 5.5.3)."""
    await peer.upgrade()
    unanswered = []

    def on_pong(payload):
        if payload in unanswered:
            peer.counts.extra["pongs"] += 1
            del unanswered[: unanswered.index(payload) + 1]
        else:
            peer.counts.extra["wrong_pongs"] += 1

    peer.on_pong = on_pong
    turn = 0
    while True:
        opcode, payload = await peer.read_message()
        pings = [os.urandom((turn * 7 + i * 41) % 126) for i in range(3)]
        turn += 1
        unanswered += pings
        peer.counts.extra["pings"] += len(pings)
        first, second, third = (frame(PING, ping) for ping in pings)
        await peer.send(first + second + frame(opcode, payload) + third)


@behaviour("fragmented-echo")
async def fragmented_echo(peer, options):
    """Every reply in three fragments with a ping between them (RFC 6455 section 5.4)."""
    await peer.upgrade()
    while True:
        opcode, payload = await peer.read_message()
        third = len(payload) // 3
        await peer.send(frame(opcode, payload[:third], fin=False) + frame(PING, b"between"))
        await peer.send(frame(CONTINUATION, payload[third : 2 * third], fin=False) + frame(PING))
        await peer.send(frame(CONTINUATION, payload[2 * third :]))
        peer.counts.extra["pings"] += 2


@behaviour("slow-bytes")
async def slow_bytes(peer, options):
    for byte in peer.upgrade_response(await peer.read_request()):
        await peer.send(bytes([byte]))
    while True:
        opcode, payload = await peer.read_message()
        for byte in frame(opcode, payload):
            await peer.send(bytes([byte]))


@behaviour("extra-message")
async def extra_message(peer, options):
    await peer.upgrade()
    while True:
        opcode, payload = await peer.read_message()
        await peer.send(frame(opcode, payload) * 2)


# The listener.


async def serve_one(peer, counts, options):
    counts.connections += 1
    counts.open += 1
    try:
        await BEHAVIOURS[options.behaviour](peer, options)
    except Gone:
        pass
    finally:
        if peer.closed_with is None:
            counts.closes[1006] += 1
        peer.sock.close()
        counts.open -= 1


async def accept_all(listener, counts, options):
    loop = asyncio.get_running_loop()
    tasks = set()
    while True:
        sock, _ = await loop.sock_accept(listener)
        task = loop.create_task(serve_one(wire.Wire(sock, counts), counts, options))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def listen(options):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.behaviour == "never-reads":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # inherited by what it accepts
    listener.bind(("127.0.0.1", options.port))
    listener.listen(4096)
    listener.setblocking(False)
    return listener


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="echo", metavar="NAME")
    parser.add_argument("--after", type=int, default=3, help="messages answered before an ending")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        print("\n".join(BEHAVIOURS))
        return

    counts = Counts()
    listener = listen(options)
    accepting = asyncio.create_task(accept_all(listener, counts, options))
    announce(listener.getsockname()[1])
    await until_stopped(counts, patience=0.2 if options.behaviour == "never-reads" else 5.0)
    accepting.cancel()
    report(counts)
    os._exit(0)  # connections that never end must not keep the process


asyncio.run(main())
