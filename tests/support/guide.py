"""Runs what a page of the guide shows, as a reader would: block after block, in one folder.

A fenced block counts if the line before its fence says `<!-- tried: NAME -->`; all blocks of one
name are one session. What a block is, its language says:

    yaml, json, sql     a file; the first line is its name in a comment: `# sluice.yaml`, `-- x.sql`
                        (of JSON: the marker has it: `<!-- tried: NAME, policy.json -->`)
    nginx               the same; the test has started nginx with it
    sh, python          is run, and must succeed; with `<!-- tried: NAME, fails -->` it must not;
                        with `<!-- tried: NAME, soon -->` it is run until it prints what follows
    text                stands in what the block before it printed
    log                 stands in the log of the server that was started last

Before a block that is marked `store-gone` the store is stopped.

In text and log, `…` stands for anything within a line, and lines that follow each other on the
page may have others between them. `sluice serve` runs in the background, with or without `&`,
until the next one with the same data directory, or the end.
"""

import contextlib
import glob
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

SERVE_IN_BACKGROUND = re.compile(r"^(sluice serve\b.*?) *&$", re.M)
KEEP = "{ export -p; declare -p | grep -E '^declare -- [a-zA-Z]'; declare -f; } > .environment"
SOON_LIMIT_S = 30

# In place of the program: `serve` returns when the server listens.
WRAPPER = """#!/bin/bash
[[ ${1:-} == serve ]] || exec "$SLUICE_PROGRAM" "$@"
folder=${SLUICE_DATA_DIR:-sluice-data} previous=
for word in "$@"; do
  [[ $previous != --data-dir ]] || folder=$word
  previous=$word
done
folder=$(realpath -m "$folder")
name=$SESSION/server-${folder//\\//_}
[[ ! -f $name.pid ]] || { kill "$(cat "$name.pid")"; tail --pid="$(cat "$name.pid")" -f /dev/null; }
rm -f "$name.pid"
: > "$name.out"  # what the last one said does not count
"$SLUICE_PROGRAM" "$@" > "$name.out" 2> "$name.log" < /dev/null &
echo $! > "$name.pid"
ln -sf "$name.log" "$SESSION/server.log"
until grep -q '^Sluice is serving' "$name.out"; do
  kill -0 "$(cat "$name.pid")" 2> /dev/null || { rm "$name.pid"; cat "$name.log" >&2; exit 1; }
  sleep 0.02
done
cat "$name.out"
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
        for pid_file in glob.glob(os.path.join(self.folder, "server-*.pid")):
            with open(pid_file, encoding="utf-8") as file:
                pid = int(file.read())
            with contextlib.suppress(ProcessLookupError):  # the page ended it
                os.kill(pid, 15)

    def here(self, text):
        """What the page writes, as it is in this run."""
        for spelling, meaning in self.spellings.items():
            text = text.replace(spelling, meaning)
        return text

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, block, expected=None):
        """`expected`: the block of text that follows."""
        text = self.here(block.text)
        if block.note == "store-gone":
            self.store.stop()
        if block.note == "soon":
            self.execute_until(block, text, self.here(expected.text))
        elif block.language in ("sh", "python"):
            self.execute(block, text)
        elif block.language == "text":
            assert holds(self.printed, text), (
                f"line {block.line}: {text}\nis not what was printed:\n{self.printed}"
            )
        elif block.language == "log":
            wait_until(lambda: holds(self.log(), text), 20, f"{text}\nin the log:\n{self.log()}")
        else:
            name = block.note or text.split("\n", 1)[0].removeprefix("# ").removeprefix("-- ")
            assert re.fullmatch(r"[\w-]+\.[\w]+", name), f"the block names no file: {name}"
            self.write(name, text)

    def execute_until(self, block, text, expected):
        def is_there():
            self.execute(block, text)
            return holds(self.printed, expected)

        try:
            wait_until(is_there, SOON_LIMIT_S, expected)
        except TimeoutError as late:
            raise AssertionError(f"{late}\nis not what was printed:\n{self.printed}") from None

    def log(self):
        with open(os.path.join(self.folder, "server.log"), encoding="utf-8") as file:
            return file.read()

    def execute(self, block, text):
        if block.language == "sh":
            # Variables and functions stay for the blocks that follow, as in one shell.
            commands = SERVE_IN_BACKGROUND.sub(r"\1", text)  # it returns when the server listens
            script = f"set -eo pipefail\n{commands}\n{KEEP}\n"
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
        for block, following in zip(found, [*found[1:], None]):
            session.run(block, following)
