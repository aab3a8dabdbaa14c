"""Answers in pages: together they are exactly the answer in one piece."""

import pytest
import testdata
import wire

MAX_PAGES = 100
PAGED = [t for t in testdata.of_kind("readable") if t.expected["num_files"] > 1]
CHANGED = [t for t in testdata.of_kind("readable") if t.expected.get("cdf")]


def pages_of(ask, files):
    """Asks for page after page, small ones where that does not make too many of them."""
    max_files = 1 if files <= 12 else max(2, -(-files // MAX_PAGES))
    pages = [ask(maxFiles=max_files)]
    while pages[-1].status == 200 and pages[-1].end.get("nextPageToken"):
        assert len(pages[-1].files) == max_files
        assert len(pages) <= MAX_PAGES
        pages.append(ask(maxFiles=max_files, pageToken=pages[-1].end["nextPageToken"]))
    return pages


def check_pages(pages, whole):
    assert whole.end is None
    lines = []
    for page in pages:
        assert page.status == 200, page.text
        assert (page.head, page.version, page.format) == (whole.head, whole.version, whole.format)
        assert {f["expires"] for f in page.files} <= {page.end["minUrlExpirationTimestamp"]}
        lines += [wire.without_signature(line) for line in page.lines[2:-1]]
    assert lines == [wire.without_signature(line) for line in whole.lines[2:]]


@pytest.mark.parametrize("table", PAGED, ids=str)
def test_pages_are_together_the_whole(recipient, table):
    for response_format in table.formats:
        pages = pages_of(
            lambda **body: recipient.query(table, response_format, **body),
            table.expected["num_files"],
        )
        assert len(pages) > 1
        check_pages(pages, recipient.query(table, response_format))


@pytest.mark.parametrize("table", CHANGED, ids=str)
def test_pages_of_changes_are_together_the_whole(recipient, table):
    known = table.expected["cdf"]
    bounds = {"startingVersion": known["start"], "endingVersion": known["end"]}
    for response_format in table.formats:
        whole = recipient.changes(table, response_format, **bounds)
        assert whole.status == 200, whole.text
        pages = pages_of(
            lambda **body: recipient.changes(table, response_format, **bounds, **body),
            len(whole.files),
        )
        check_pages(pages, whole)
