#!/usr/bin/python3
"""Members of rooms, who share no code with ringstorm: `client_rooms.py ws://HOST:PORT --rooms den:5 attic:3 --messages 40`.

Each member sends its messages, text and binary in turns, and must hear those of everybody in its room, its own too, each
once and in the order they were sent, and nothing else. Exits 0 when all was as it should be.
"""

import argparse
import asyncio
import collections
import json

import websockets


async def member(url, room, name, members, messages, ready):
    async with websockets.connect(f"{url}/{room}?{name}", compression=None, max_size=None) as connection:
        await ready()

        async def send():
            for i in range(messages):
                text = json.dumps([room, name, i])
                await connection.send(text if i % 2 else text.encode())

        sending = asyncio.create_task(send())
        heard = collections.Counter()
        for _ in range(members * messages):
            message = await asyncio.wait_for(connection.recv(), 20)
            where, who, number = json.loads(message)
            assert where == room, f"{room} hears {where}"
            assert number == heard[who], f"{who} says {number} after {heard[who]} messages"
            assert isinstance(message, str) == bool(number % 2), "text became binary, or binary text"
            heard[who] += 1
        await sending
        await ready()  # nobody leaves before everybody has heard everything
        try:
            message = await asyncio.wait_for(connection.recv(), 0.1)
            raise AssertionError(f"one message too many: {message}")
        except asyncio.TimeoutError:
            pass
        assert len(heard) == members and set(heard.values()) == {messages}, heard


def barrier(parties):
    """Everybody waits for everybody, again and again."""
    state = {"arrived": 0, "event": asyncio.Event()}

    async def wait():
        event = state["event"]
        state["arrived"] += 1
        if state["arrived"] == parties:
            state.update(arrived=0, event=asyncio.Event())
            event.set()
        await asyncio.wait_for(event.wait(), 30)

    return wait


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rooms", nargs="+", required=True, metavar="NAME:MEMBERS")
    parser.add_argument("--messages", type=int, default=20)
    options = parser.parse_args()
    rooms = [(room.split(":")[0], int(room.split(":")[1])) for room in options.rooms]
    ready = barrier(sum(members for _, members in rooms))
    await asyncio.gather(*(member(options.url, room, f"m{i}", members, options.messages, ready)
                           for room, members in rooms for i in range(members)))
    print(json.dumps({"rooms": len(rooms)}))


asyncio.run(main())
