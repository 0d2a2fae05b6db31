"""RFC 6455 from the server's side, by hand: nothing here comes from a WebSocket library, so nothing stops it from lying.

A `Wire` is one accepted connection. What the client does wrong is written into `counts.violations`.
"""

import asyncio
import base64
import binascii
import hashlib
import socket
import struct

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode, payload=b"", fin=True, reserved=0, key=None, length_bytes=None):
    """One frame. `length_bytes` forces a length encoding of 1, 2 or 8 bytes; `key` masks, as a server must not."""
    size = len(payload)
    if length_bytes is None:
        length_bytes = 1 if size <= 125 else 2 if size <= 0xFFFF else 8
    masked = 0x80 if key else 0
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    if length_bytes == 1:
        head += bytes([masked | size])
    elif length_bytes == 2:
        head += bytes([masked | 126]) + struct.pack("!H", size)
    else:
        head += bytes([masked | 127]) + struct.pack("!Q", size)
    return head + (key + mask(payload, key) if key else payload)


def mask(payload, key):
    """XOR with the repeated key, as one long number because a loop over 16 MiB would take seconds."""
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pad, "little")).to_bytes(size, "little")


def accept_key(nonce):
    return base64.b64encode(hashlib.sha1((nonce + GUID).encode()).digest()).decode()


class Request:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    @property
    def path(self):
        return self.line.split(" ")[1]

    @property
    def nonce(self):
        return self.headers.get("sec-websocket-key", "")


class Frame:
    def __init__(self, fin, opcode, payload):
        self.fin, self.opcode, self.payload = fin, opcode, payload


class Gone(Exception):
    """The client ended the connection."""


class Wire:
    seen_nonces = set()

    def __init__(self, sock, counts):
        self.sock = sock
        self.counts = counts
        self.loop = asyncio.get_running_loop()
        self.buffer = bytearray()
        self.deflates = False  # permessage-deflate was agreed on
        self.last_key = None
        self.closed_with = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # Bytes.

    async def send(self, data):
        try:
            await self.loop.sock_sendall(self.sock, data)
        except OSError as error:
            raise Gone from error

    async def _fill(self):
        try:
            data = await self.loop.sock_recv(self.sock, 1 << 18)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.buffer += data

    async def _take(self, size):
        while len(self.buffer) < size:
            await self._fill()
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    async def until_gone(self):
        """Reads frames and answers none, until the client leaves; so the code of its close frame is counted."""
        while True:
            await self.read_frame()

    def reset(self):
        """Ends the connection with a RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # The upgrade.

    async def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            await self._fill()
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        request = Request(head)
        self.counts.last_request = {"path": request.path, "headers": request.headers}
        self._check_request(request)
        return request

    def _check_request(self, request):
        headers = request.headers
        self._expect(request.line.startswith("GET ") and request.line.endswith(" HTTP/1.1"), "request line")
        self._expect("host" in headers, "no host")
        self._expect(headers.get("upgrade", "").lower() == "websocket", "upgrade header")
        self._expect("upgrade" in headers.get("connection", "").lower(), "connection header")
        self._expect(headers.get("sec-websocket-version") == "13", "version header")
        self._expect(not self.buffer, "frames before the upgrade was answered")
        try:
            size = len(base64.b64decode(request.nonce, validate=True))
        except binascii.Error:
            size = -1
        self._expect(size == 16, "nonce is not 16 bytes")
        self._expect(request.nonce not in Wire.seen_nonces, "nonce used twice")
        Wire.seen_nonces.add(request.nonce)

    def upgrade_response(self, request, accept=None, extra=()):
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        accept = accept_key(request.nonce) if accept is None else accept
        if accept:
            lines.append("Sec-WebSocket-Accept: " + accept)
        return ("\r\n".join([*lines, *extra]) + "\r\n\r\n").encode()

    async def upgrade(self, **changes):
        await self.send(self.upgrade_response(await self.read_request(), **changes))

    async def agree(self, extensions="permessage-deflate"):
        """Upgrades, with these words in Sec-WebSocket-Extensions."""
        self.deflates = True
        await self.upgrade(extra=["Sec-WebSocket-Extensions: " + extensions])

    # Frames from the client.

    async def read_frame(self):
        first, second = await self._take(2)
        opcode, short = first & 0x0F, second & 0x7F
        allowed = 0x40 if self.deflates and opcode in (TEXT, BINARY) else 0  # RFC 7692 section 6
        self._expect(first & 0x70 & ~allowed == 0, "reserved bit")
        self._expect(opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), "opcode")
        size = await self._read_length(short)
        if opcode >= CLOSE:
            self._expect(first & 0x80 and size <= 125, "control frame fragmented or too long")
        self._expect(second & 0x80, "frame not masked")
        key = await self._take(4) if second & 0x80 else None
        payload = await self._take(size)
        if key:
            self._check_key(key)
            payload = mask(payload, key)
        if opcode == CLOSE:
            self._note_close(payload)
        return Frame(bool(first & 0x80), opcode, payload)

    async def _read_length(self, short):
        if short < 126:
            return short
        size = int.from_bytes(await self._take(2 if short == 126 else 8), "big")
        self._expect(size > (125 if short == 126 else 0xFFFF), "length not minimally encoded")
        return size

    def _check_key(self, key):
        self._expect(key != b"\0\0\0\0", "mask key zero")
        self._expect(key != self.last_key, "mask key used twice in a row")
        self.last_key = key

    def _note_close(self, payload):
        self._expect(len(payload) != 1, "close payload of one byte")
        self._expect(self.closed_with is None, "two close frames")
        self.closed_with = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
        self.counts.closes[self.closed_with] += 1

    def _expect(self, fact, name):
        if not fact:
            self.counts.violations[name] += 1

    # A well-behaved server, one message at a time, for the behaviours that misbehave in one point only.

    async def read_message(self):
        """The opcode and payload of the next whole message; pings are answered, and a close ends with `Gone`."""
        opcode, parts = None, []
        while True:
            got = await self.read_frame()
            if got.opcode == CLOSE:
                await self.send(frame(CLOSE, got.payload[:2]))
                raise Gone
            if got.opcode == PING:
                await self.send(frame(PONG, got.payload))
            elif got.opcode == PONG:
                self.on_pong(got.payload)
            else:
                opcode = got.opcode if opcode is None else opcode
                parts.append(got.payload)
                if got.fin:
                    payload = b"".join(parts)
                    self.counts.message(payload)
                    return opcode, payload

    def on_pong(self, payload):
        self.counts.extra["pongs"] += 1
