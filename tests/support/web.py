"""A web server of a test's own, on a free port of loopback.

    with WebServer(files_below("examples/warehouse")) as web:
        table = web.root + "/retail/orders"
"""

import functools
import http.server
import threading

POLL_S = 0.05


class WebServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler):
        super().__init__(("127.0.0.1", 0), handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(POLL_S,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def root(self):
        return f"http://127.0.0.1:{self.server_port}"


class FileHandler(http.server.SimpleHTTPRequestHandler):
    """Gives files away and says nothing of it."""

    def log_message(self, *_):
        pass


def files_below(folder, handler=FileHandler):
    return functools.partial(handler, directory=str(folder))
