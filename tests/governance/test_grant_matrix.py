"""Who sees what among 1,000 recipients and 1,000 shares, of which each is granted about an eighth."""

import json
import random
import re

import pytest
from governance_support import ROUTES, Governed
from support.many import CatalogRows, line_to, token_of
from support.server import launcher

pytestmark = pytest.mark.sqlite
COUNT = 1_000
SAMPLES = 100_000
SEED = 20261122
MISSING = "nowhere00"  # as long as the others' names, so that bodies have the same length

# What differs between two answers to the same question.
CHANGING = re.compile(rb"^(x-request-id|date): .*\r?\n?", re.I | re.M)
SIGNED = re.compile(rb'(\?X-Amz-[^"]*|"expirationTimestamp":\d+)')


def share_name(number):
    return f"share{number:04}"


def recipient_name(number):
    return f"reader{number:04}"


class Matrix:
    """A server with COUNT recipients and shares."""

    def __init__(self, launch, warehouse):
        first = launch()
        governed = Governed(first, warehouse)
        governed.share("template")
        governed.recipient("template", "template")
        first.stop()
        chance = random.Random(SEED)
        bits = chance.getrandbits
        self.granted = [bits(COUNT) & bits(COUNT) & bits(COUNT) for _ in range(COUNT)]
        numbers = range(COUNT)
        with CatalogRows(first.data_dir) as rows:
            rows.shares([share_name(i) for i in numbers], "template")
            rows.recipients([recipient_name(i) for i in numbers], "template")
            pairs = ((r, s) for r in numbers for s in numbers if self.is_granted(r, s))
            rows.grants(((recipient_name(r), share_name(s)) for r, s in pairs), "template")
        self.server = launch()

    def is_granted(self, recipient, share):
        return self.granted[recipient] >> share & 1 == 1


@pytest.fixture(scope="module")
def matrix(tmp_path_factory, warehouse):
    with launcher(tmp_path_factory.mktemp("matrix")) as launch:
        yield Matrix(launch, warehouse)


def request_of(route, recipient, share):
    method, path = ROUTES[route]
    return method, path.format(share=share), token_of(recipient_name(recipient))


def told(answer, share):
    """All that an answer tells, apart from which share it is about."""
    head = CHANGING.sub(b"", answer.head).replace(share.encode(), b"SHARE")
    return answer.status, head, SIGNED.sub(b"", answer.body.replace(share.encode(), b"SHARE"))


def expected(matrix, line):
    """By route: what is told of a granted share, and of one that is not there."""
    recipient = share = next(i for i in range(COUNT) if matrix.is_granted(i, i))
    result = []
    for route in range(len(ROUTES)):
        names = share_name(share), MISSING
        requests = [request_of(route, recipient, name) for name in names]
        answers = [answer for _, answer in line.ask(requests)]
        result.append(tuple(told(answer, name) for answer, name in zip(answers, names)))
    assert {missing[0] for _, missing in result} == {404}
    assert sum(granted[0] == 200 for granted, _ in result) >= 9
    assert all(granted != missing for granted, missing in result)
    return result


def check(matrix, line, cells):
    """`cells`: (route, recipient, share), by number."""
    right = expected(matrix, line)
    requests = ((*request_of(t, r, share_name(s)), (t, r, s)) for t, r, s in cells)
    for (*_, (route, recipient, share)), answer in line.ask(requests):
        granted, missing = right[route]
        wanted = granted if matrix.is_granted(recipient, share) else missing
        found = told(answer, share_name(share))
        assert found == wanted, (ROUTES[route], recipient, share)


def listed(line, token):
    """The names of all shares that are listed, from all pages."""
    names, page = [], ""
    while True:
        [(_, answer)] = line.ask([("GET", f"/shares?maxResults=500{page}", token)])
        assert answer.status == 200
        found = json.loads(answer.body)
        names += [share["name"] for share in found["items"]]
        if not found.get("nextPageToken"):
            return names
        page = "&pageToken=" + found["nextPageToken"]


def test_lists_name_what_is_granted_and_nothing_else(matrix):
    """S-B01: all 1,000,000 pairs, as recipients see them listed."""
    with line_to(matrix.server) as line:
        for recipient in range(COUNT):
            granted = [share for share in range(COUNT) if matrix.is_granted(recipient, share)]
            names = listed(line, token_of(recipient_name(recipient)))
            assert names == [share_name(share) for share in granted]


def test_every_route_knows_who_may(matrix, request):
    """S-B02, S-B07: 100,000 of the 12,000,000 cells, by chance, or with --full all of them: what is
    not granted is answered as what is not there, to the byte."""
    if request.config.option.full:
        numbers = range(COUNT)
        cells = ((t, r, s) for t in range(len(ROUTES)) for r in numbers for s in numbers)
    else:
        one = random.Random(SEED).randrange
        cells = ((one(len(ROUTES)), one(COUNT), one(COUNT)) for _ in range(SAMPLES))
    with line_to(matrix.server) as line:
        check(matrix, line, cells)
