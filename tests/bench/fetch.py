"""GETs over several kept connections, from one thread that does next to nothing: it looks at each
answer's head and throws the bytes away. What a server can give by itself is measured with it."""

import re
import selectors
import socket
import time

from load import TIMEOUT_S, BenchError

BLOCK_BYTES = 1 << 20
MAX_HEAD_BYTES = 1 << 16
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


class Stream:
    """One connection, which takes the next request of `queue` when it has its answer."""

    def __init__(self, address, queue):
        self.socket = socket.create_connection(address, TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.queue = queue
        self.head, self.left_bytes = b"", 0
        self.body_bytes = 0

    def ask(self):
        """False if there is nothing left to ask for."""
        request = next(self.queue, None)
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def take(self, block):
        """One turn of receiving; True at the end of an answer."""
        count = self.socket.recv_into(block)
        if not count:
            raise BenchError("the connection was cut")
        if not self.left_bytes:
            self.head += block[:count]
            end = self.head.find(b"\r\n\r\n") + 4
            if end < 4:
                if len(self.head) > MAX_HEAD_BYTES:
                    raise BenchError(f"no HTTP: {self.head[:200]}")
                return False
            count = len(self.head) - end
            self.left_bytes = self.begin(self.head[:end])
            self.head = b""
        self.left_bytes -= count
        self.body_bytes += count
        return not self.left_bytes

    def begin(self, head):
        length = LENGTH.search(head)
        if head[9:11] != b"20" or not length:
            raise BenchError(head.decode("latin-1"))
        return int(length[1])


def fetch_all(address, requests, connections):
    """Sends each of `requests`, bytes of a GET; how many seconds that took, and how many bytes the
    bodies had. An answer that is no success ends it."""
    queue = iter(requests)
    block = bytearray(BLOCK_BYTES)
    view = memoryview(block)
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        streams = [Stream(address, queue) for _ in range(min(connections, len(requests)))]
        for stream in streams:
            stream.ask()
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        waiting = len(streams)
        while waiting:
            ready = selector.select(TIMEOUT_S)
            if not ready:
                raise BenchError("no answer in time")
            for key, _ in ready:
                if key.data.take(view) and not key.data.ask():
                    selector.unregister(key.fileobj)
                    waiting -= 1
        seconds = time.perf_counter() - started
    for stream in streams:
        stream.socket.close()
    return seconds, sum(stream.body_bytes for stream in streams)
