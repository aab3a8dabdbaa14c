"""Runs what a page of the guide shows, as a reader would: block after block, in one folder.

A fenced block counts if the line before its fence says `<!-- tried: NAME -->`; all blocks of one
name are one session. What a block is, its language says:

    yaml, json, nginx   a file; the first line is its name in a comment: `# sluice.yaml`
                        (of JSON: the marker has it: `<!-- tried: NAME, policy.json -->`)
    sh, python          is run, and must succeed; with `<!-- tried: NAME, fails -->` it must not
    text                stands in what the block before it printed
    log                 stands in the log of the server that was started last

Before a block that is marked `store-gone` the store is stopped.

In text and log, `…` stands for anything within a line, and lines that follow each other on the
page may have others between them. `sluice serve` runs in the background until the next one, or the end.
"""

import os
import re
import subprocess
from dataclasses import dataclass

from .python import END_AT_ONCE
from .server import REPOSITORY, binary_path, wait_until

GUIDE = os.path.join(REPOSITORY, "docs", "guide")
BLOCK = re.compile(
    r"^<!-- tried: (?P<name>[\w-]+)(?:, (?P<note>[\w.-]+))? -->\n"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
LIMIT_S = 120

# In place of the program: `serve` returns when the server listens.
WRAPPER = """#!/bin/bash
[[ ${1:-} == serve ]] || exec "$SLUICE_PROGRAM" "$@"
cd "$SESSION"
[[ ! -f server.pid ]] || { kill "$(cat server.pid)"; tail --pid="$(cat server.pid)" -f /dev/null; }
rm -f server.pid
: > server.out  # what the last one said does not count
"$SLUICE_PROGRAM" "$@" > server.out 2> server.log < /dev/null &
echo $! > server.pid
until grep -q '^Sluice is serving' server.out; do
  kill -0 "$(cat server.pid)" 2> /dev/null || { rm server.pid; cat server.log >&2; exit 1; }
  sleep 0.02
done
cat server.out
"""


@dataclass(frozen=True)
class Block:
    name: str
    note: str
    language: str
    text: str
    line: int


def blocks(page, name):
    """Those of one name, in the order of the page."""
    with open(os.path.join(GUIDE, page), encoding="utf-8") as file:
        text = file.read()
    found = []
    for match in BLOCK.finditer(text):
        line = text[: match.start()].count("\n") + 1
        found.append(Block(line=line, **match.groupdict(default="")))
    marked = text.count("<!-- tried: ")
    assert len(found) == marked, f"{page}: {marked} markers, but {len(found)} blocks behind them"
    return [block for block in found if block.name == name]


class Session:
    """One folder, one environment. `spellings` are what the page writes and what stands for it in
    this run: addresses with ports, mostly."""

    def __init__(self, folder, spellings, store=None, variables=None):
        self.folder, self.spellings, self.store = str(folder), spellings, store
        self.printed = ""
        programs = os.path.join(self.folder, ".programs")
        os.makedirs(programs)
        self.write(".programs/sluice", WRAPPER)
        os.chmod(os.path.join(programs, "sluice"), 0o755)
        path = [programs, os.path.join(REPOSITORY, ".venv", "bin"), os.environ["PATH"]]
        self.variables = {
            "PATH": os.pathsep.join(path),
            "HOME": self.folder,
            "SESSION": self.folder,
            "SLUICE_PROGRAM": os.path.abspath(binary_path()),
            "SLUICE_LISTEN": self.here("127.0.0.1:8080"),
            "SLUICE_ADMIN_LISTEN": self.here("127.0.0.1:8081"),
            **(variables or {}),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pid_file = os.path.join(self.folder, "server.pid")
        if os.path.exists(pid_file):
            with open(pid_file, encoding="utf-8") as file:
                os.kill(int(file.read()), 15)

    def here(self, text):
        """What the page writes, as it is in this run."""
        for spelling, meaning in self.spellings.items():
            text = text.replace(spelling, meaning)
        return text

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, block):
        text = self.here(block.text)
        if block.note == "store-gone":
            self.store.stop()
        if block.language in ("sh", "python"):
            self.execute(block, text)
        elif block.language == "text":
            assert holds(self.printed, text), f"{text}\nis not what was printed:\n{self.printed}"
        elif block.language == "log":
            wait_until(lambda: holds(self.log(), text), 20, f"{text}\nin the log:\n{self.log()}")
        else:
            name = block.note or text.split("\n", 1)[0].removeprefix("# ")
            assert re.fullmatch(r"[\w-]+\.[\w]+", name), f"the block names no file: {name}"
            self.write(name, text)

    def log(self):
        with open(os.path.join(self.folder, "server.log"), encoding="utf-8") as file:
            return file.read()

    def execute(self, block, text):
        if block.language == "sh":
            # What is exported stays for the blocks that follow.
            script = f"set -eo pipefail\n{text}\nexport -p > .environment\n"
            start = "[[ ! -f .environment ]] || . ./.environment\n"
            command = ["bash", "-c", start + script]
        else:
            with_environment = "[[ ! -f .environment ]] || . ./.environment; exec python -c \"$1\""
            command = ["bash", "-c", with_environment, "bash", text + END_AT_ONCE]
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
            encoding="utf-8",
        )
        self.printed = ended.stdout
        assert (ended.returncode != 0) == (block.note == "fails"), (
            f"line {block.line}: exit code {ended.returncode}\n{text}\n{ended.stdout}"
        )


def holds(text, expected):
    """Whether the lines of `expected` stand in `text`, in this order."""
    lines = iter(text.splitlines())
    for wanted in expected.splitlines():
        pattern = ".*".join(re.escape(part) for part in wanted.strip().split("…"))
        if not any(re.fullmatch(pattern, line.strip()) for line in lines):
            return False
    return True


def follow(page, name, folder, spellings, **more):
    """Runs the blocks of a name on a page; there must be some."""
    found = blocks(page, name)
    assert found, f"{page} has no blocks that are marked 'tried: {name}'"
    with Session(folder, spellings, **more) as session:
        for block in found:
            session.run(block)
