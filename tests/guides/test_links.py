"""Links between the pages lead to pages and headings that are there."""

import glob
import os
import re

import pytest
from support.server import REPOSITORY

PAGES = sorted(
    os.path.relpath(path, REPOSITORY)
    for pattern in ("*.md", "docs/**/*.md", "tests/**/README.md")
    for path in glob.glob(os.path.join(REPOSITORY, pattern), recursive=True)
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)


def text_of(page):
    with open(os.path.join(REPOSITORY, page), encoding="utf-8") as file:
        return FENCED.sub("", file.read())


def anchors_of(page):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    dead = []
    for link in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(os.path.join(REPOSITORY, target)):
            dead.append(link)
        elif anchor and target.endswith(".md") and anchor not in anchors_of(target):
            dead.append(link)
    assert not dead
