"""W3C trace context: a request's trace goes into the log, and to the stores that it asks, whichever thread
asks them."""

import os
import re

import pytest
from support.caller import TOKEN, caller_of
from support.server import REPOSITORY, wait_until
from support.web import FileHandler, WebServer, files_below

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


class StoreHandler(FileHandler):
    def do_GET(self):
        self.note()
        super().do_GET()

    def do_HEAD(self):
        self.note()
        super().do_HEAD()

    def note(self):
        self.server.seen.append((self.headers["traceparent"], self.headers["tracestate"]))


@pytest.fixture
def store():
    """The sample tables in a web server, and the trace fields of each request to it."""
    folder = os.path.join(REPOSITORY, "examples", "warehouse")
    with WebServer(files_below(folder, StoreHandler)) as web:
        web.seen = []
        yield web.root, web.seen


@pytest.fixture
def server(launch, write_config, store):
    more = "sluice:\n  privateNetworks: [127.0.0.0/8]"
    return launch(write_config({"orders": store[0] + "/retail/orders"}, more=more))


def query(server, **headers):
    caller = caller_of(server, TOKEN)
    caller.session.headers.update(headers)
    answer = caller.query("/shares/s/schemas/d/tables/orders")
    assert answer.status_code == 200, answer.text
    assert "traceparent" not in answer.headers
    return logged(server, answer.headers["x-request-id"])


def logged(server, request_id):
    """The fields of a request's line."""
    pattern = f"request id={request_id} .*"
    line = wait_until(lambda: re.search(pattern, server.log()), what="the request is logged")[0]
    return dict(re.findall(r"(\w+)=(\S+)", line))


def test_callers_trace_reaches_the_log_and_the_store(server, store):
    fields = query(server, traceparent=PARENT, tracestate="congo=t61r")
    assert fields["trace_id"] == TRACE
    assert fields["parent_span_id"] == "00f067aa0ba902b7"
    _, seen = store
    assert len(seen) > 3  # a log of several commits, read ahead by other threads
    assert set(seen) == {(f"00-{TRACE}-{fields['span_id']}-01", "congo=t61r")}


def test_request_without_a_trace_begins_one(server, store):
    fields = query(server)
    assert re.fullmatch("[0-9a-f]{32}", fields["trace_id"])
    assert "parent_span_id" not in fields
    _, seen = store
    assert set(seen) == {(f"00-{fields['trace_id']}-{fields['span_id']}-00", None)}
    seen.clear()
    assert query(server)["trace_id"] != fields["trace_id"]
    assert seen and not any(fields["trace_id"] in parent for parent, _ in seen)


def test_what_is_no_trace_is_not_handed_on(server, store):
    fields = query(server, traceparent=PARENT.upper(), tracestate="congo=t61r")
    assert fields["trace_id"] != TRACE
    assert all(state is None and TRACE not in parent for parent, state in store[1])
