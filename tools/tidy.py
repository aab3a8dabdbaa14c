#!/usr/bin/env python3
"""Checks the rules of this project that a compiler does not know. Prints one line a finding.

usage: tools/tidy.py [ROOT]

The rules are the functions named rule_*; each yields Finding values. tools/tidy_test.py proves that each
can fail. Standard library only; the whole tree takes well under two seconds.
"""
import os
import pathlib
import re
import sys
from dataclasses import dataclass
from typing import Iterator

MAX_FILE_LINES = 800
MAX_FUNCTION_LINES = 70

# Files that only tests are built of.
TEST_ENDINGS = ("_test.cc", "_test_support.cc", "_test_support.h", "testing.h", "_contract.h")
TEST_FILES = ["*" + ending for ending in TEST_ENDINGS]

# Whose headers may be included where: (start of the include, places: a module or the start of a path).
LIBRARIES = [
    ("boost/json", ["base"]),
    ("boost/", ["http"]),
    ("curl/", ["http"]),
    ("sqlite3.h", ["db"]),
    ("libpq", ["db"]),
    ("pugixml", ["storage"]),
    ("zlib.h", ["http"]),
    ("arrow/", ["columnar"]),
    ("parquet/", ["columnar"]),
    ("lz4", ["table", "columnar"]),
    ("yaml-cpp/", ["config"]),
    ("CLI/", ["cli"]),
    ("prometheus/", ["observe"]),
    ("openssl/", ["crypto", "http/tls"]),
    ("fmt/", ["base"]),
    ("benchmark/", ["*_bench.cc"]),
    ("gtest/", TEST_FILES),
    ("gmock/", TEST_FILES),
    # The system's own.
    ("sys/", ["*"]), ("netinet/", ["*"]), ("arpa/", ["*"]), ("linux/", ["*"]),
    ("sanitizer/", ["*"]),
]

# Package registries, as (site, ending): a file that names one ties the project to somebody's network.
REGISTRIES = [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
              ("crates", "io"), ("proxy.golang", "org"), ("repo1.maven", "org"),
              ("repo.maven.apache", "org"), ("deb.debian", "org"), ("security.debian", "org"),
              ("snapshot.debian", "org")]

SKIPPED_FOLDERS = re.compile(r"^(\..*|build.*|__pycache__|sluice-data)$")
TEXT_ENDINGS = (".cc", ".h", ".c", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml",
                ".test", ".supp", ".in", ".toml", ".sql")
TEXT_NAMES = ("dev", ".clang-format", ".clang-tidy", ".gitignore", "LICENSE")
# Data kept as somebody else wrote it: no rule of ours applies to it.
DATA = re.compile(r"^(tests/data|tests/fuzz/corpus|examples/.+)/")


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


class Tree:
    """The text files below a root, and what src/CMakeLists.txt says of the modules."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.texts = {path: (root / path).read_text(errors="replace") for path in self._walk()}
        listing = self.texts.get("src/CMakeLists.txt", "")
        found = re.search(r"foreach\(MODULE\s+([^)]*)\)", listing)
        self.modules = found.group(1).split() if found else []
        self.declared = {m: self._declaration(m) for m in self.modules}

    def _walk(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if not SKIPPED_FOLDERS.match(f))
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), self.root)
                is_text = name.endswith(TEXT_ENDINGS) or name in TEXT_NAMES
                if is_text and not DATA.match(path):
                    yield path

    def _declaration(self, module: str) -> dict[str, set[str]]:
        """The arguments of sluice_module() by keyword: {"DEPS": {...}, "TEST_DEPS": {...}}."""
        text = self.texts.get(f"src/{module}/CMakeLists.txt", "")
        found = re.search(r"sluice_module\(\s*\w+([^)]*)\)", text)
        result: dict[str, set[str]] = {"DEPS": set(), "LIBS": set(), "TEST_DEPS": set()}
        key = ""
        for word in (found.group(1).split() if found else []):
            if word in result:
                key = word
            elif key:
                result[key].add(word)
        return result

    def sources(self) -> Iterator[tuple[str, str, str]]:
        """(path, module, text) of every C++ file of a module."""
        for path, text in self.texts.items():
            parts = path.split("/")
            if parts[0] == "src" and len(parts) > 2 and path.endswith((".cc", ".h")):
                yield path, parts[1], text


def includes(text: str) -> Iterator[Include]:
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if found:
            yield Include(number, found.group(2), found.group(1) == '"')


def is_test(path: str) -> bool:
    return path.endswith(TEST_ENDINGS + ("_bench.cc",))


def rule_module_order(tree: Tree) -> Iterator[Finding]:
    """A module includes only itself and modules listed above it, and those it declares."""
    place = {module: i for i, module in enumerate(tree.modules)}
    for path, module, text in tree.sources():
        if module not in place:
            yield Finding(path, 1, f"module {module} is not listed in src/CMakeLists.txt")
            continue
        declared = tree.declared[module]
        allowed = declared["DEPS"] | (declared["TEST_DEPS"] if is_test(path) else set())
        for include in includes(text):
            other = include.name.split("/")[0]
            if not include.quoted or other == module:
                continue
            if other not in place:
                yield Finding(path, include.line, f"{include.name}: write the path from src/")
            elif place[other] > place[module]:
                yield Finding(path, include.line, f"{module} must not include {other}: it stands below")
            elif other not in allowed:
                yield Finding(path, include.line, f"{other} is not in the DEPS of {module}")


def rule_declared_deps_are_used(tree: Tree) -> Iterator[Finding]:
    """DEPS names nothing that no file of the module includes."""
    used: dict[str, set[str]] = {module: set() for module in tree.modules}
    for _, module, text in tree.sources():
        used.setdefault(module, set()).update(i.name.split("/")[0] for i in includes(text))
    for module, declared in tree.declared.items():
        if not used[module]:
            continue  # the module has no files yet
        for dep in sorted((declared["DEPS"] | declared["TEST_DEPS"]) - used[module]):
            yield Finding(f"src/{module}/CMakeLists.txt", 1, f"{module} declares {dep}, no file includes it")


def rule_library_owners(tree: Tree) -> Iterator[Finding]:
    """A library's headers stay in the module that owns it."""
    for path, _, text in tree.sources():
        for include in includes(text):
            if include.quoted:
                continue
            owner = next((row for row in LIBRARIES if include.name.startswith(row[0])), None)
            if owner is None:
                if "/" in include.name:
                    yield Finding(path, include.line, f"{include.name}: no owner is named in tools/tidy.py")
            elif not any(may_include(path, place) for place in owner[1]):
                yield Finding(path, include.line, f"{include.name} belongs to {', '.join(owner[1])}")


def may_include(path: str, place: str) -> bool:
    if place.startswith("*"):
        return path.endswith(place[1:])
    inside = path.removeprefix("src/")
    return inside.startswith(place if "/" in place else place + "/")


def rule_internal_headers(tree: Tree) -> Iterator[Finding]:
    """x_internal.h is for its own module."""
    for path, module, text in tree.sources():
        for include in includes(text):
            if include.name.endswith("_internal.h") and include.name.split("/")[0] != module:
                yield Finding(path, include.line, f"{include.name} is internal to its module")


def rule_file_length(tree: Tree) -> Iterator[Finding]:
    """No source file passes 800 lines."""
    for path, text in tree.texts.items():
        count = text.count("\n")
        if path.endswith((".cc", ".h", ".py", ".sh")) and count > MAX_FILE_LINES:
            yield Finding(path, MAX_FILE_LINES, f"{count} lines, {MAX_FILE_LINES} are allowed")


def rule_function_length(tree: Tree) -> Iterator[Finding]:
    """A function fits a screen."""
    for path, text in tree.texts.items():
        if not path.endswith((".cc", ".h")):
            continue
        for start, length in functions(text):
            if length > MAX_FUNCTION_LINES:
                yield Finding(path, start, f"a function of {length} lines, {MAX_FUNCTION_LINES} are allowed")


def functions(text: str) -> Iterator[tuple[int, int]]:
    """(first line, lines) of every function, by the layout that clang-format gives.

    Namespaces do not indent, classes indent by two. At the level of either, a declaration that ends in
    `{` is a function unless it opens a namespace, a type or an initialiser; its `}` stands at the
    indentation of its first line.
    """
    lines = blank_raw_strings(text).splitlines()
    levels = [0]  # indentation of the declarations in each enclosing namespace and type
    i = 0
    while i < len(lines):
        line = lines[i]
        indent = len(line) - len(line.lstrip())
        if line.strip().startswith("}") and len(levels) > 1 and indent <= max(levels[-1] - 2, 0):
            levels.pop()
        if indent != levels[-1] or not line.strip() or line.lstrip().startswith(("//", "#", "}")):
            i += 1
            continue
        end = end_of_declaration(lines, i)
        head = " ".join(lines[i:end + 1])
        if not without_comment(lines[end]).endswith("{"):
            i = end + 1
        elif re.match(r'\s*(inline )?(namespace|extern "C")', head):
            levels.append(levels[-1])
            i = end + 1
        elif re.match(r"\s*(template <.*> )?(class|struct|union|enum)\b[^(]*\{", head):
            levels.append(levels[-1] + 2)
            i = end + 1
        else:
            close = end + 1
            while close < len(lines) and not lines[close].startswith(" " * indent + "}"):
                close += 1
            if not without_comment(lines[end]).endswith("= {"):
                yield i + 1, close - i + 1
            i = close + 1


def end_of_declaration(lines: list[str], start: int) -> int:
    for i in range(start, len(lines)):
        if without_comment(lines[i]).endswith((";", "{", "}", ":")):
            return i
    return len(lines) - 1


def without_comment(line: str) -> str:
    return re.sub(r"\s*//.*$", "", line).rstrip()


def blank_raw_strings(text: str) -> str:
    """Empties raw string literals, keeping their line breaks: their text has a layout of its own."""
    def blank(found: re.Match) -> str:
        return '""' + "\n" * found.group(0).count("\n")
    return re.sub(r'R"(\w*)\(.*?\)\1"', blank, text, flags=re.DOTALL)


def rule_todo_has_issue(tree: Tree) -> Iterator[Finding]:
    """TODO(#123): carries an issue."""
    for path, text in tree.texts.items():
        if not path.endswith((".cc", ".h", ".cmake", ".sh")):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\):)", line):
                yield Finding(path, number, "write TODO(#issue): or do it")


def rule_headers_are_documented(tree: Tree) -> Iterator[Finding]:
    """A header says what it is for: a doc comment (///), or a comment at its top."""
    for path, _, text in tree.sources():
        top = text.splitlines()[:5]
        if path.endswith(".h") and "///" not in text and not any(l.startswith("//") for l in top):
            yield Finding(path, 1, "a header needs a doc comment: ///")


def rule_newline_at_end(tree: Tree) -> Iterator[Finding]:
    """A text file ends with a newline."""
    for path, text in tree.texts.items():
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "no newline at the end")


def rule_no_registry_hosts(tree: Tree) -> Iterator[Finding]:
    """No file names a package registry's host."""
    hosts = re.compile(r"\b(" + "|".join(re.escape(".".join(host)) for host in REGISTRIES) + r")\b")
    for path, text in tree.texts.items():
        found = hosts.search(text)
        if found:
            yield Finding(path, text.count("\n", 0, found.start()) + 1, f"names {found.group(0)}")


def rule_fuzz_targets_have_seeds(tree: Tree) -> Iterator[Finding]:
    """tests/fuzz/NAME_fuzz.cc and tests/fuzz/corpus/NAME/ come together."""
    names = {m.group(1) for m in (re.match(r"tests/fuzz/(\w+)_fuzz\.cc$", p) for p in tree.texts) if m}
    corpus = tree.root / "tests/fuzz/corpus"
    seeded = {f.name for f in corpus.iterdir() if f.is_dir() and any(f.iterdir())} if corpus.is_dir() else set()
    for name in sorted(names - seeded):
        yield Finding(f"tests/fuzz/{name}_fuzz.cc", 1, f"no seeds in tests/fuzz/corpus/{name}")
    for name in sorted(seeded - names):
        yield Finding(f"tests/fuzz/corpus/{name}", 1, "no fuzz target reads these seeds")


RULES = [value for name, value in sorted(globals().items()) if name.startswith("rule_")]


def check(root: pathlib.Path) -> list[Finding]:
    tree = Tree(root)
    return [finding for rule in RULES for finding in rule(tree)]


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()
    findings = check(root)
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
