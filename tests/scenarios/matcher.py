"""Compares what a server answered with the lines that a scenario expects.

Expected JSON may hold placeholders where a value is not known: <any>, <int>, <contains "text"> and
the others in KINDS. Keys that are not listed are allowed, unless `exactly` is asked for.
"""

import json
import re

MARK = "\0placeholder"
HEX = "[0-9a-f]"
MS_MIN = 1_000_000_000_000  # 2001 in milliseconds: tells them from seconds


class Placeholder:
    """One <name argument>. A placeholder that is not known is the scenario's mistake."""

    def __init__(self, text):
        self.text = text
        self.name, _, self.argument = text.partition(" ")
        if self.name not in KINDS:
            raise ValueError(f"unknown placeholder <{text}>")
        if self.name in ("contains", "lacks", "json"):
            self.argument = parse_json(self.argument)

    def __repr__(self):
        return f"<{self.text}>"

    def accepts(self, value):
        return KINDS[self.name](value, self.argument)


def is_int(value, _=None):
    return isinstance(value, int) and not isinstance(value, bool)


def string_like(pattern):
    return lambda value, _: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def json_inside(value, expected):
    """A string that itself holds JSON, such as `stats`."""
    try:
        return isinstance(value, str) and not differences(expected, json.loads(value))
    except ValueError:
        return False


KINDS = {
    "any": lambda value, _: True,
    "absent": lambda value, _: False,  # the object rule treats it; a present value never matches
    "none": lambda value, _: value == [],  # an empty array, or no such key
    "more": lambda value, _: False,  # the array rule treats it
    "int": is_int,
    "bool": lambda value, _: isinstance(value, bool),
    "ms": lambda value, _: is_int(value) and value >= MS_MIN,
    "token": string_like("[A-Za-z0-9_.~-]+"),
    "string": lambda value, _: isinstance(value, str),
    "url": string_like(r"https?://\S+"),
    "hex32": string_like(HEX + "{32}"),
    "hex64": string_like(HEX + "{64}"),
    "uuid": string_like(f"{HEX}{{8}}(-{HEX}{{4}}){{3}}-{HEX}{{12}}"),
    "contains": lambda value, text: isinstance(value, str) and text.lower() in value.lower(),
    "lacks": lambda value, text: isinstance(value, str) and text.lower() not in value.lower(),
    "json": json_inside,
}


def parse_json(text):
    """JSON with placeholders, as Python values."""
    return json.loads(mark_placeholders(text), object_hook=revive_placeholder)


def revive_placeholder(fields):
    return Placeholder(fields[MARK]) if MARK in fields else fields


def mark_placeholders(text):
    """Puts {MARK: "..."} where <...> stands outside of strings."""
    out, i = [], 0
    while i < len(text):
        end = i + 1
        if text[i] == '"':
            end = string_end(text, i)
            out.append(text[i:end])
        elif text[i] == "<":
            end = placeholder_end(text, i)
            out.append(json.dumps({MARK: text[i + 1 : end - 1]}))
        else:
            out.append(text[i])
        i = end
    return "".join(out)


def string_end(text, start):
    match = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, start)
    if not match:
        raise ValueError("a string without an end")
    return match.end()


def placeholder_end(text, start):
    """The end of <...>, which may hold strings and further placeholders."""
    depth, i = 0, start
    while i < len(text):
        if text[i] == '"':
            i = string_end(text, i)
            continue
        depth += {"<": 1, ">": -1}.get(text[i], 0)
        i += 1
        if depth == 0:
            return i
    raise ValueError("a '<' without '>'")


def differences(expected, actual, exactly=False, path="$"):
    """What differs, as a list of sentences; empty if nothing does."""
    if isinstance(expected, Placeholder):
        return (
            [] if expected.accepts(actual) else [f"{path}: {expected} does not fit {show(actual)}"]
        )
    if isinstance(expected, dict) and isinstance(actual, dict):
        return object_differences(expected, actual, exactly, path)
    if isinstance(expected, list) and isinstance(actual, list):
        return array_differences(expected, actual, exactly, path)
    same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
    return [] if same else [f"{path}: expected {show(expected)}, got {show(actual)}"]


def object_differences(expected, actual, exactly, path):
    found = []
    for key, value in expected.items():
        if key not in actual:
            optional = isinstance(value, Placeholder) and value.name in ("absent", "none")
            found += [] if optional else [f"{path}.{key}: missing"]
        else:
            found += differences(value, actual[key], exactly, f"{path}.{key}")
    if exactly:
        found += [f"{path}.{key}: not expected" for key in actual if key not in expected]
    return found


def array_differences(expected, actual, exactly, path):
    open_end = (
        bool(expected) and isinstance(expected[-1], Placeholder) and expected[-1].name == "more"
    )
    expected = expected[:-1] if open_end else expected
    if len(actual) < len(expected) or (len(actual) > len(expected) and not open_end):
        return [f"{path}: expected {len(expected)} items, got {len(actual)}: {show(actual)}"]
    return [
        d
        for i, (e, a) in enumerate(zip(expected, actual))
        for d in differences(e, a, exactly, f"{path}[{i}]")
    ]


def show(value, limit=300):
    text = (
        repr(value)
        if isinstance(value, (Placeholder, bytes))
        else json.dumps(value, ensure_ascii=False, default=repr)
    )
    return text if len(text) <= limit else text[:limit] + "…"


def header_difference(name, pattern, actual):
    """A header against text with placeholders; `actual` is None if it was not sent."""
    if pattern == "<absent>":
        return None if actual is None else f"header {name}: expected to be absent, got {actual!r}"
    if actual is None:
        return f"header {name}: missing"
    pieces = {"<any>": ".*", "<int>": r"-?\d+", "<hex32>": HEX + "{32}", "<hex64>": HEX + "{64}"}
    regex = "".join(pieces.get(p) or re.escape(p) for p in re.split(r"(<\w+>)", pattern))
    if re.fullmatch(regex, actual):
        return None
    return f"header {name}: expected {pattern!r}, got {actual!r}"


def line_difference(expected, actual):
    """One expected body line (see scenario.py) against one received line."""
    if expected.raw:
        same = header_difference("", expected.text, actual) is None
        return [] if same else [f"expected the line {expected.text!r}, got {show(actual)}"]
    try:
        value = json.loads(actual)
    except ValueError:
        return [f"not JSON: {show(actual)}"]
    return differences(expected.value(), value, expected.exactly)


def body_differences(expected_lines, actual_lines):
    """Lines in order; a line `...` stands for any number of lines."""
    found, position = [], 0
    for number, expected in enumerate(expected_lines):
        if expected.text == "...":
            rest = expected_lines[number + 1 :]
            if not rest:
                return found
            position = next(
                (
                    p
                    for p in range(position, len(actual_lines))
                    if not line_difference(rest[0], actual_lines[p])
                ),
                position,
            )
        elif position >= len(actual_lines):
            return found + [f"line {number + 1} of the answer is missing: {expected.text}"]
        else:
            found += [
                f"line {position + 1}: {d}"
                for d in line_difference(expected, actual_lines[position])
            ]
            position += 1
    if position < len(actual_lines):
        extra = len(actual_lines) - position
        found.append(
            f"{extra} more line(s) than expected, the first: {show(actual_lines[position])}"
        )
    return found
