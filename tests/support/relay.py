"""A relay of bytes before a store, which tells the requests that went through.

    with Relay(store.port) as relay:
        ...                                     # a client that was told relay.root
        assert relay.lists() == 1

Signatures hold, since nothing is changed and clients sign the relay's own address.
"""

import re
import socket
import socketserver
import threading

PIECE_BYTES = 1 << 16
HOLD_LIMIT_S = 60
# How the stores spell the request for a list of objects.
LIST = re.compile(r"list-type=2|comp=list|/storage/v1/b/[^/?]+/o\?")


class Relay:
    def __init__(self, port, host="127.0.0.1"):
        self.target = (host, port)
        self.lock = threading.Lock()
        self.requests = []  # (method, path with query), in the order of their coming
        self.came = threading.Condition(self.lock)
        self.held = None
        self.server = None

    def __enter__(self):
        relay = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                relay.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True
            request_queue_size = 128  # one connection more than that waits for a second

            def handle_error(self, *_):
                pass  # one side went away

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self):
        return self.server.server_address[1]

    @property
    def root(self):
        return f"http://127.0.0.1:{self.port}"

    def forget(self):
        with self.lock:
            self.requests.clear()

    def asked(self):
        with self.lock:
            return list(self.requests)

    def lists(self):
        return [path for method, path in self.asked() if method == "GET" and LIST.search(path)]

    def hold(self, word):
        """The first GET from now on whose path holds `word` waits until there is a second."""
        with self.lock:
            self.held = word

    def note(self, method, path):
        with self.lock:
            self.requests.append((method, path))
            self.came.notify_all()
            if self.held is None or method != "GET" or self.held not in path:
                return
            self.held = None
            known = self.requests.count((method, path))
            self.came.wait_for(lambda: self.requests.count((method, path)) > known, HOLD_LIMIT_S)

    def serve(self, client):
        with socket.create_connection(self.target) as store:
            back = threading.Thread(target=copy, args=(store, client), daemon=True)
            back.start()
            try:
                self.copy_requests(client, store)
            finally:
                shut_down(store)
                back.join()

    def copy_requests(self, client, store):
        """Who reads sends no bodies: each request ends with its first empty line."""
        head = b""
        while piece := client.recv(PIECE_BYTES):
            *whole, head = (head + piece).split(b"\r\n\r\n")
            for text in whole:
                method, path, _ = text.split(b"\r\n")[0].decode().split(" ")
                self.note(method, path)
            store.sendall(piece)


def copy(source, destination):
    try:
        while piece := source.recv(PIECE_BYTES):
            destination.sendall(piece)
    except OSError:
        pass
    finally:
        shut_down(destination)


def shut_down(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
