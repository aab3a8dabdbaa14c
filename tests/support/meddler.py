"""A store that answers wrongly: the real one behind a relay that changes its answers.

    with Meddler(store.port) as meddler:
        meddler.change = lambda answer: answer.cut(10) if answer.is_for(".json") else answer

Signatures hold, since requests go on as they came and clients sign the relay's own address.
"""

import dataclasses
import http.client
import http.server
import re

from .relay import LIST
from .web import WebServer

TIMEOUT_S = 60
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


@dataclasses.dataclass(frozen=True)
class Answer:
    method: str
    path: str  # with query
    status: int
    headers: tuple  # of (name, value)
    body: bytes

    def is_list(self):
        return bool(LIST.search(self.path))

    def is_for(self, suffix):
        return not self.is_list() and self.path.split("?")[0].endswith(suffix)

    def replaced(self, status, body=b""):
        """Another answer altogether."""
        length = ("Content-Length", str(len(body)))
        return dataclasses.replace(self, status=status, headers=(length,), body=body)

    def cut(self, count):
        """Without its last bytes, which its length still counts."""
        return dataclasses.replace(self, body=self.body[:-count])

    def shortened(self, count):
        """Without its last bytes, as if it had never had them."""
        return self.with_body(self.body[:-count])

    def with_body(self, body):
        kept = tuple(h for h in self.headers if h[0].lower() != "content-length")
        length = ("Content-Length", str(len(body)))
        return dataclasses.replace(self, headers=(*kept, length), body=body)

    def with_elements(self, name, change):
        """An XML answer whose elements of that name are as `change` makes of their list."""
        pattern = rf"<{name}>.*?</{name}>".encode()
        elements = re.findall(pattern, self.body, re.DOTALL)
        if not elements:
            return self
        first, last = self.body.index(elements[0]), self.body.rindex(elements[-1])
        end = last + len(elements[-1])
        return self.with_body(self.body[:first] + b"".join(change(elements)) + self.body[end:])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.relay(self)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Meddler(WebServer):
    def __init__(self, port):
        super().__init__(Handler)
        self.target_port = port
        self.change = lambda answer: answer

    @property
    def port(self):
        return self.server_port

    def relay(self, request):
        answer = self.change(self.ask(request))
        request.send_response_only(answer.status)
        for name, value in answer.headers:
            request.send_header(name, value)
        request.end_headers()
        request.close_connection = True
        try:
            request.wfile.write(answer.body)
        except ConnectionError:
            pass  # it has heard enough

    def ask(self, request):
        store = http.client.HTTPConnection("127.0.0.1", self.target_port, timeout=TIMEOUT_S)
        try:
            store.putrequest(
                request.command, request.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in request.headers.items():
                store.putheader(name, value)
            store.endheaders()
            answer = store.getresponse()
            kept = [h for h in answer.getheaders() if h[0].lower() not in OF_THE_CONNECTION]
            found = Answer(request.command, request.path, answer.status, tuple(kept), answer.read())
            return found if request.command == "HEAD" else found.with_body(found.body)
        finally:
            store.close()
