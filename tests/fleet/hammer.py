"""Many requests over kept connections, each with some under way, and what became of each.

    hammer = Hammer(nodes, asks, total=100_000)
    hammer.at(5_000, end_a_node)      # called in a thread of its own after so many answers
    asyncio.run(hammer.run())
    hammer.received                   # request ids of all answers that came whole
    hammer.lost                       # requests sent whose answer did not
"""

import asyncio
import itertools
import re

REQUEST_ID = re.compile(rb"\r\nX-Request-Id: (\S+)")
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)")
RETRY_S = 0.02
NOT_READY = 503
LIMIT_S = 600  # far above what 100,000 take; reached only if something is broken
AGENT = "hammer"  # in the records


class Ask:
    """A request as bytes, and the statuses that it may have. `peer` is who a trusted proxy would
    say that asks."""

    def __init__(self, name, method, path, token, statuses, body=None, peer=None):
        self.name, self.statuses = name, statuses
        lines = [
            f"{method} /delta-sharing{path} HTTP/1.1",
            "Host: fleet",
            f"User-Agent: {AGENT}",
            f"Authorization: Bearer {token}",
        ]
        if peer is not None:
            lines.append(f"X-Forwarded-For: {peer}")
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.bytes = ("\r\n".join(lines) + "\r\n\r\n" + (body or "")).encode()


class Line(asyncio.Protocol):
    """One connection. Answers come in the order of the requests."""

    def __init__(self, hammer, ended):
        self.hammer, self.ended = hammer, ended
        self.transport, self.buffer, self.waiting = None, bytearray(), []
        self.is_resting = False

    def connection_made(self, transport):
        self.transport = transport
        self.fill()

    def fill(self):
        if self.is_resting or self.transport.is_closing():
            return
        asks = []
        while len(self.waiting) < self.hammer.depth and self.hammer.may_send():
            ask = next(self.hammer.turns)
            self.waiting.append(ask)
            asks.append(ask.bytes)
        if asks:
            self.transport.write(b"".join(asks))
        elif not self.waiting:
            self.transport.close()  # all is done

    def rest(self):
        """Of a node that is not ready yet one asks little: `total` is of real answers."""
        self.is_resting = True
        asyncio.get_running_loop().call_later(RETRY_S, self.wake)

    def wake(self):
        self.is_resting = False
        self.fill()

    def data_received(self, data):
        self.buffer += data
        while self.take_one():
            pass
        self.fill()

    def take_one(self):
        """Whether a whole answer was there."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.buffer[:end])
        whole = end + 4 + int(LENGTH.search(head).group(1))
        if len(self.buffer) < whole:
            return False
        del self.buffer[:whole]
        status = int(head[9:12])
        self.hammer.took(self.waiting.pop(0), status, REQUEST_ID.search(head).group(1))
        if status == NOT_READY:
            self.rest()
        return True

    def connection_lost(self, fault):
        self.hammer.lose(len(self.waiting))
        self.ended.set_result(None)


class Hammer:
    def __init__(self, nodes, asks, total, lines=8, depth=2):
        self.addresses = [(node.host, node.listen_port) for node in nodes for _ in range(lines)]
        self.turns, self.total, self.depth = itertools.cycle(asks), total, depth
        self.sent = self.lost = self.served = 0
        self.due = 0  # served or under way
        self.received, self.strange, self.statuses = [], [], {}
        self.events, self.tasks = [], []

    def at(self, answers, action):
        self.events.append((answers, action))

    def may_send(self):
        """Counts one more, of which `total` are to be served."""
        if self.due >= self.total:
            return False
        self.sent += 1
        self.due += 1
        return True

    def lose(self, count):
        self.lost += count
        self.due -= count

    def took(self, ask, status, request_id):
        self.received.append(request_id.decode())
        key = (ask.name, status)
        self.statuses[key] = self.statuses.get(key, 0) + 1
        if status == NOT_READY:
            self.due -= 1
            return
        self.served += 1
        if status not in ask.statuses:
            self.strange.append(key)
        while self.events and self.served >= self.events[0][0]:
            _, action = self.events.pop(0)
            self.tasks.append(asyncio.create_task(asyncio.to_thread(action)))

    async def run(self, limit_s=LIMIT_S):
        async with asyncio.timeout(limit_s):
            await self.run_to_the_end()

    async def run_to_the_end(self):
        self.events.sort(key=lambda event: event[0])
        await asyncio.gather(*(self.keep_line(*address) for address in self.addresses))
        await asyncio.gather(*self.tasks)

    async def keep_line(self, host, port):
        """Connects again and again, until there is nothing more to ask."""
        loop = asyncio.get_running_loop()
        while self.served < self.total:
            ended = loop.create_future()
            try:
                await loop.create_connection(lambda e=ended: Line(self, e), host, port)
            except OSError:  # the node is not there
                await asyncio.sleep(RETRY_S)
                continue
            await ended
            await asyncio.sleep(RETRY_S)
