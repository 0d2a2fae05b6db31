#!/usr/bin/python3
"""The peers' own test: a careful client is found without fault, and each fault of a careless one is found."""

import atexit
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import unittest

import wire

HERE = pathlib.Path(__file__).parent


class Server:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # does nothing to one that has ended
        self.port = int(self.process.stdout.readline().split()[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=20)
        return json.loads(out)


class Client:
    """Raw bytes; careful unless told otherwise."""

    def __init__(self, port, nonce=None, version="13", upgrade="websocket"):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        nonce = base64.b64encode(nonce or os.urandom(16)).decode()
        self.sock.sendall((
            f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: {upgrade}\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: {version}\r\n\r\n").encode())
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self.received += self.sock.recv(4096)

    def send(self, opcode, payload=b"", **details):
        details.setdefault("key", os.urandom(4))
        self.sock.sendall(wire.frame(opcode, payload, **details))

    def close(self, **details):
        self.send(wire.CLOSE, (1000).to_bytes(2, "big"), **details)
        while self.sock.recv(4096):
            pass
        self.sock.close()


def violations_of(talk, **handshake):
    server = Server(HERE / "hostile.py")
    client = Client(server.port, **handshake)
    talk(client)
    client.close()
    return server.stop()["violations"]


class Witness(unittest.TestCase):
    def test_a_careful_client_breaks_nothing(self):
        def talk(client):
            client.send(wire.TEXT, b"hello")
            client.send(wire.BINARY, b"x" * 126)
            client.send(wire.TEXT, b"half", fin=False)
            client.send(wire.PING, b"alive?")
            client.send(wire.CONTINUATION, b"half")

        self.assertEqual(violations_of(talk), {})

    def test_each_fault_is_found(self):
        key = b"\x01\x02\x03\x04"
        faults = {
            "mask key zero": lambda c: c.send(wire.TEXT, b"x", key=b"\0\0\0\0"),
            "mask key used twice in a row": lambda c: (c.send(wire.TEXT, b"x", key=key), c.send(wire.TEXT, b"y", key=key)),
            "frame not masked": lambda c: c.send(wire.TEXT, b"x", key=None),
            "length not minimally encoded": lambda c: c.send(wire.TEXT, b"x", length_bytes=2),
            "reserved bit": lambda c: c.send(wire.TEXT, b"x", reserved=0x40),
            "opcode": lambda c: c.send(0x3, b"x"),
            "control frame fragmented or too long": lambda c: c.send(wire.PING, b"x", fin=False),
        }
        for name, talk in faults.items():
            with self.subTest(name):
                self.assertIn(name, violations_of(talk))

    def test_a_careless_handshake_is_found(self):
        self.assertIn("nonce is not 16 bytes", violations_of(lambda c: None, nonce=b"short"))
        self.assertIn("version header", violations_of(lambda c: None, version="8"))
        self.assertIn("upgrade header", violations_of(lambda c: None, upgrade="h2c"))

    def test_a_nonce_used_twice_is_found(self):
        server = Server(HERE / "hostile.py")
        for _ in range(2):
            Client(server.port, nonce=b"0123456789abcdef").close()
        self.assertEqual(server.stop()["violations"], {"nonce used twice": 1})

    def test_a_wrong_pong_is_found(self):
        server = Server(HERE / "hostile.py", "--behaviour", "ping-storm")
        client = Client(server.port)
        client.send(wire.TEXT, b"x")
        client.send(wire.PONG, b"not what you sent" * 7)
        client.close()
        self.assertEqual(server.stop()["wrong_pongs"], 1)


class Counting(unittest.TestCase):
    def test_all_peers_count_alike(self):
        for command in ([HERE / "echo_websockets.py"], ["node", HERE / "echo_ws.js"], [HERE / "hostile.py"]):
            with self.subTest(str(command[-1])):
                server = Server(*command)
                client = Client(server.port)
                client.send(wire.TEXT, b"hello")
                client.send(wire.BINARY, b"x" * 126)
                client.close()
                counts = server.stop()
                self.assertEqual(counts["connections"], 1)
                self.assertEqual(counts["messages"], 2)
                self.assertEqual(counts["bytes"], 131)
                self.assertEqual(counts["closes"], {"1000": 1})
                self.assertEqual(counts["open"], 0)


if __name__ == "__main__":
    unittest.main()
