#!/usr/bin/env python3
"""Resolves tests/requirements.in for this Python and rewrites the `test` lines of tools/pins.txt.
The `older`, `lint`, `go` and `node` lines there, which name their versions themselves, get the hashes of the
wheels.

Run it through `./dev pin`, so that it runs with the Python of the virtual environment. Only the wheel
that pip would install here is pinned: one hash a package keeps the file readable.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PINS = ROOT / "tools" / "pins.txt"
NAME_THEIR_VERSIONS = ("older ", "lint ", "go ", "node ")


def resolve(*arguments: str) -> list[str]:
    """Asks pip which wheels it would install, without installing them."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
               "--only-binary", ":all:", "--report", "-", *arguments]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    pins = []
    for package in report["install"]:
        name = package["metadata"]["name"].lower().replace("_", "-")
        version = package["metadata"]["version"]
        digest = package["download_info"]["archive_info"]["hash"].replace("=", ":", 1)
        pins.append(f"{name}=={version} --hash={digest}")
    return sorted(pins)


def with_hash(line: str) -> str:
    """A line with the hash of the wheel that it names: that one alone, whatever it depends on."""
    kind, *words = (word for word in line.split() if not word.startswith("--hash="))
    [pin] = resolve("--no-deps", words.pop())
    return f"{kind:8}{' '.join([*words, pin])}"


def main() -> None:
    lines = [line for line in PINS.read_text().splitlines() if not line.startswith("test ")]
    lines = [with_hash(line) if line.startswith(NAME_THEIR_VERSIONS) else line for line in lines]
    lines += [f"test    {pin}" for pin in resolve("-r", str(ROOT / "tests/requirements.in"))]
    PINS.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
