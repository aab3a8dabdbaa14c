"""What a MinIO says that it answered, request by request: its audit log, sent to a listener here.

    with AccessLog() as log, Minio(folder, variables=log.variables()) as minio:
        ...
        assert sum(log.read(".parquet")) == 1000
"""

import http.server
import json
import threading

from .server import wait_until


class AccessLog:
    def __init__(self):
        self.entries, self.lock, self.server = [], threading.Lock(), None

    def __enter__(self):
        log = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if body:
                    with log.lock:
                        log.entries.append(json.loads(body))
                self.send_response_only(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def variables(self):
        """MinIO's settings for it."""
        url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        return {"MINIO_AUDIT_WEBHOOK_ENABLE_LOG": "on", "MINIO_AUDIT_WEBHOOK_ENDPOINT_LOG": url}

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
