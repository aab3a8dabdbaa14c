"""What a MinIO says that it answered, request by request: its audit log, sent to a listener here.

    with AccessLog() as log, Minio(folder, variables=log.variables()) as minio:
        ...
        assert sum(log.read(".parquet")) == 1000
"""

import http.server
import json
import threading

from .server import wait_until
from .web import WebServer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if body:
            with self.server.lock:
                self.server.entries.append(json.loads(body))
        self.send_response_only(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST


class AccessLog(WebServer):
    def __init__(self):
        super().__init__(Handler)
        self.entries, self.lock = [], threading.Lock()

    def variables(self):
        """MinIO's settings for it."""
        name = "MINIO_AUDIT_WEBHOOK"
        return {f"{name}_ENABLE_LOG": "on", f"{name}_ENDPOINT_LOG": self.root + "/"}

    def calls(self):
        """(name of the call, object, bytes of the answer's body), in the order of their ending."""
        with self.lock:
            found = [entry["api"] for entry in self.entries if "name" in entry.get("api", {})]
        return [(api["name"], api.get("object", ""), api.get("tx", 0)) for api in found]

    def read(self, suffix):
        """The sizes of what was answered to GETs of objects whose names end so."""
        return [
            size for name, key, size in self.calls() if name == "GetObject" and key.endswith(suffix)
        ]

    def wait_until_read(self, suffix, count):
        """It is told a moment after the answer."""
        wait_until(lambda: len(self.read(suffix)) >= count, what=f"{count} GETs of {suffix}")
