"""Throughput of one large file, against nginx that serves the same file with sendfile(2)."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time

import load
from support import process

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log; {user}
events {{ worker_connections 64; }}
http {{
  sendfile on; tcp_nopush on; access_log off; default_type application/octet-stream;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


class Nginx:
    """Serves `root` until the end of the `with` block."""

    def __init__(self, root, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        user = "user root;" if os.geteuid() == 0 else ""
        self.config = os.path.join(folder, "nginx.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(NGINX.format(folder=folder, user=user, port=self.port, root=root))

    def __enter__(self):
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-c", self.config]
        command += ["-e", self.config + ".log"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise load.BenchError("nginx does not start")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def url_of_only_file(server, table_path):
    answer = load.Connection(server).ask(load.Query(table_path + "/query", {}))
    lines = [json.loads(line) for line in answer.body.decode().splitlines() if line[:1] == "{"]
    return next(line["file"]["url"] for line in lines if "file" in line)


def fetch(url, size_bytes):
    """Downloads with one connection of curl; bytes a second."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{size_download} %{time_total}", url]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    got, seconds = run.stdout.split()
    if int(got) != size_bytes:
        raise load.BenchError(f"{url}: {got} of {size_bytes} bytes")
    return size_bytes / float(seconds)


def compare(server, table_path, root, folder, rounds):
    """Turn by turn, so that both meet the same neighbours. The ratio is of the best of each."""
    size_bytes = os.path.getsize(os.path.join(root, "data.parquet"))
    ours_url = url_of_only_file(server, table_path)
    ours, theirs = [], []
    with Nginx(root, folder) as nginx:
        theirs_url = f"http://127.0.0.1:{nginx.port}/data.parquet"
        fetch(theirs_url, size_bytes)  # into the page cache
        cpu_before = process.cpu_ms(server.process.pid)
        for _ in range(rounds):
            ours.append(fetch(ours_url, size_bytes))
            theirs.append(fetch(theirs_url, size_bytes))
        cpu = process.cpu_ms(server.process.pid) - cpu_before
    return {
        "ours_gb": max(ours) / 1e9,
        "nginx_gb": max(theirs) / 1e9,
        "best": max(ours) / max(theirs),
        "median": statistics.median(ours) / statistics.median(theirs),
        "cpu_ms_per_gb": cpu / (rounds * size_bytes / 1e9),
    }
