"""Readers that never stop asking, in threads, and what they were told."""

import threading
import time

import requests
from support.owner import Reader

AGENT = "readers of the fleet"  # in their records


class Answer:
    def __init__(self, method, path, response=None, fault=None):
        self.at = time.monotonic()
        self.seconds = response.elapsed.total_seconds() if response is not None else 0
        self.method, self.path, self.fault = method, path, fault
        self.status = response.status_code if response is not None else None
        self.text = response.text if response is not None else str(fault)
        headers = response.headers if response is not None else {}
        self.request_id = headers.get("X-Request-Id")
        self.answered_by = headers.get("X-Upstream", "").split(", ")[-1]

    def __repr__(self):
        return f"{self.method} {self.path}: {self.status} {self.text[:200]}"


class Readers:
    """Lists and queries of share `sales`, until the block ends."""

    ASKS = (
        ("GET", "/shares"),
        ("GET", "/shares/sales/all-tables"),
        ("GET", "/shares/sales/schemas/retail/tables/orders/metadata"),
        ("POST", "/shares/sales/schemas/retail/tables/orders/query"),
    )

    def __init__(self, endpoint, token, count=4, pause_s=0.005):
        self.answers, self.pause_s = [], pause_s
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self.run, args=(Reader(endpoint, token), i), daemon=True)
            for i in range(count)
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def run(self, reader, turn):
        reader.session.headers["User-Agent"] = AGENT
        while not self.stopping.is_set():
            method, path = self.ASKS[turn % len(self.ASKS)]
            turn += 1
            try:
                body = {"json": {}} if method == "POST" else {}
                self.answers.append(Answer(method, path, reader.ask(method, path, **body)))
            except requests.RequestException as fault:
                self.answers.append(Answer(method, path, fault=fault))
            self.stopping.wait(self.pause_s)

    def assert_recorded(self, fleet):
        """Every answer has exactly one record."""
        received = [answer.request_id for answer in self.answers]
        assert None not in received
        records = fleet.records_with(received, AGENT)
        assert [request_id for request_id in received if records[request_id] != 1] == []

    def failures(self):
        return [answer for answer in list(self.answers) if answer.status != 200]

    def longest_wait(self):
        """Seconds that one of the answers took to come."""
        return max(answer.seconds for answer in self.answers)

    def more(self, count):
        """A condition: `count` answers more than now."""
        end = len(self.answers) + count
        return lambda: len(self.answers) >= end

    def more_of(self, node):
        """A condition: the balancer had an answer from this node after now."""
        begin, address = len(self.answers), node.address("recipients")
        return lambda: any(answer.answered_by == address for answer in self.answers[begin:])
