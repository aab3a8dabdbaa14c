#!/usr/bin/env python3
"""Resolves tests/requirements.in for this Python and rewrites the `test` lines of tools/pins.txt.

Run it through `./dev pin`, so that it runs with the Python of the virtual environment. Only the wheel
that pip would install here is pinned: one hash a package keeps the file readable.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PINS = ROOT / "tools" / "pins.txt"


def resolve() -> list[str]:
    """Asks pip which wheels it would install, without installing them."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
               "--only-binary", ":all:", "--report", "-", "-r", str(ROOT / "tests/requirements.in")]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    lines = []
    for package in report["install"]:
        name = package["metadata"]["name"].lower().replace("_", "-")
        version = package["metadata"]["version"]
        digest = package["download_info"]["archive_info"]["hash"].replace("=", ":", 1)
        lines.append(f"test    {name}=={version} --hash={digest}")
    return sorted(lines)


def main() -> None:
    kept = [line for line in PINS.read_text().splitlines() if not line.startswith("test ")]
    PINS.write_text("\n".join(kept + resolve()) + "\n")


if __name__ == "__main__":
    main()
