#!/usr/bin/env python3
"""The scenario runner's own tests: above all, that it can fail."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exchange import Answer, Variables, apply_filter, compare, lookup, save_values  # noqa: E402
from matcher import body_differences, differences, header_difference, parse_json  # noqa: E402
from scenario import Line, ScenarioError, parse_scenario  # noqa: E402


def fits(expected, actual, exactly=False):
    return not differences(parse_json(expected), actual, exactly)


class Matching(unittest.TestCase):
    def test_unlisted_keys_are_allowed_unless_exactly_is_asked_for(self):
        self.assertTrue(fits('{"a":1}', {"a": 1, "b": 2}))
        self.assertFalse(fits('{"a":1}', {"a": 1, "b": 2}, exactly=True))
        self.assertFalse(fits('{"a":{"b":1}}', {"a": {"b": 1, "c": 2}}, exactly=True))

    def test_a_missing_key_a_wrong_value_and_a_wrong_type_differ(self):
        self.assertFalse(fits('{"a":1}', {}))
        self.assertFalse(fits('{"a":1}', {"a": 2}))
        self.assertFalse(fits('{"a":1}', {"a": "1"}))
        self.assertFalse(fits('{"a":1}', {"a": True}))
        self.assertFalse(fits('{"a":null}', {"a": ""}))
        self.assertFalse(fits('{"a":null}', {}))

    def test_each_placeholder_accepts_its_kind_only(self):
        for text, good, bad in [
            ("<int>", 7, "7"),
            ("<int>", 7, True),
            ("<string>", "x", 1),
            ("<bool>", True, 1),
            ("<ms>", 1_772_438_400_000, 1_772_438_400),
            ("<url>", "http://h/x?y", "/x"),
            ("<hex32>", "0f" * 16, "0F" * 16),
            ("<hex64>", "a" * 64, "a" * 63),
            ("<uuid>", "73ca45c5-64f8-4b68-b61f-dbbdd78620f9", "73ca45c5"),
            ('<contains "Not Found">', "share not found", "gone"),
            ('<lacks "/srv">', "not readable", "/srv/x is not readable"),
            ('<json {"numRecords":<int>}>', '{"numRecords":3}', '{"numRecords":"3"}'),
        ]:
            self.assertTrue(fits(f'{{"a":{text}}}', {"a": good}), text)
            self.assertFalse(fits(f'{{"a":{text}}}', {"a": bad}), text)

    def test_absent_refuses_any_value(self):
        self.assertTrue(fits('{"a":<absent>}', {}))
        self.assertFalse(fits('{"a":<absent>}', {"a": None}))

    def test_none_accepts_an_empty_array_or_no_key(self):
        self.assertTrue(fits('{"a":<none>}', {}))
        self.assertTrue(fits('{"a":<none>}', {"a": []}))
        self.assertFalse(fits('{"a":<none>}', {"a": [1]}))

    def test_arrays_have_the_same_length_unless_more_is_allowed(self):
        self.assertFalse(fits("[1]", [1, 2]))
        self.assertFalse(fits("[1,2]", [1]))
        self.assertTrue(fits("[1,<more>]", [1, 2]))
        self.assertFalse(fits("[1,<more>]", [2, 1]))

    def test_an_unknown_placeholder_is_the_scenarios_mistake(self):
        with self.assertRaises(ValueError):
            parse_json('{"a":<integer>}')

    def test_an_angle_bracket_inside_a_string_is_text(self):
        self.assertTrue(fits('{"a":"<int>"}', {"a": "<int>"}))
        self.assertFalse(fits('{"a":"<int>"}', {"a": 1}))

    def test_headers_match_with_placeholders(self):
        self.assertIsNone(header_difference("etag", '"<any>"', '"abc"'))
        self.assertIsNone(header_difference("x", "<absent>", None))
        for pattern, actual in [("<absent>", "x"), ("a", None), ("<int>", "x1"), ("a.c", "abc")]:
            self.assertIsNotNone(header_difference("x", pattern, actual), pattern)


class Bodies(unittest.TestCase):
    def check(self, expected, actual):
        return not body_differences([Line(text) for text in expected], actual)

    def test_lines_are_compared_in_order_and_counted(self):
        self.assertTrue(self.check(['{"a":1}', '{"b":1}'], ['{"a":1}', '{"b":1}']))
        self.assertFalse(self.check(['{"a":1}', '{"b":1}'], ['{"b":1}', '{"a":1}']))
        self.assertFalse(self.check(['{"a":1}'], ['{"a":1}', '{"b":1}']))
        self.assertFalse(self.check(['{"a":1}', '{"b":1}'], ['{"a":1}']))
        self.assertFalse(self.check(['{"a":1}'], ["not json"]))

    def test_three_dots_stand_for_any_lines(self):
        self.assertTrue(self.check(["...", '{"b":1}'], ['{"a":1}', '{"a":2}', '{"b":1}']))
        self.assertTrue(self.check(['{"a":1}', "..."], ['{"a":1}', '{"b":1}']))
        self.assertFalse(self.check(["...", '{"c":1}'], ['{"a":1}', '{"b":1}']))
        self.assertFalse(self.check(["...", '{"a":1}'], ['{"a":1}', '{"b":1}']))

    def test_a_raw_line_is_compared_as_text(self):
        self.assertFalse(body_differences([Line("up <int>", raw=True)], ["up 1"]))
        self.assertTrue(body_differences([Line("up <int>", raw=True)], ["down 1"]))


SCENARIO = """# A comment
config: other.yaml
as acme
POST /x
Accept: a/b
{"q": 1}
----
404|403
content-type: <any>
{"errorCode":"X"} exactly
save code = errorCode

eventually 3s
GET ${url}
----
200
"""


class FakeResponse:
    def __init__(self, status, body, headers=()):
        self.status, self.body, self.headers = status, body, headers

    def getheaders(self):
        return list(self.headers)

    def read(self):
        return self.body


class Files(unittest.TestCase):
    def test_a_file_is_read_into_requests_and_expectations(self):
        scenario = parse_scenario("s", SCENARIO)
        first, second = scenario.exchanges
        self.assertEqual(scenario.config, "other.yaml")
        self.assertEqual(
            (first.who, first.method, first.headers), ("acme", "POST", [("Accept", "a/b")])
        )
        self.assertEqual((first.body, first.statuses), (['{"q": 1}'], [404, 403]))
        self.assertTrue(first.lines[0].exactly)
        self.assertEqual(first.saves[0].path, "errorCode")
        self.assertEqual((second.target, second.eventually_s), ("${url}", 3))

    def test_a_mistake_names_its_line(self):
        for text in ["nonsense", "GET /x\n----\nfour", "GET /x\n", "GET /x\n----\n200\nnonsense"]:
            with self.assertRaises(ScenarioError):
                parse_scenario("s", text)

    def test_status_headers_size_and_body_are_all_compared(self):
        exchange = parse_scenario("s", "GET /x\n----\n200\na: b\n2 bytes\n{}\n").exchanges[0]
        good = compare(exchange, Answer(FakeResponse(200, b"{}", [("A", "b")])), Variables({}))
        bad = compare(exchange, Answer(FakeResponse(500, b"[1]")), Variables({}))
        self.assertEqual((len(good), len(bad)), (0, 4))

    def test_variables_and_filters(self):
        url = "http://h/files/a.parquet?X=1&Y=2"
        self.assertEqual(Variables({"u": url}).fill("${u|path}?${u|query}"), url)
        self.assertEqual(apply_filter(url, "set:X=9"), "http://h/files/a.parquet?Y=2&X=9")
        self.assertEqual(apply_filter(url, "param:Y"), "2")
        self.assertEqual(apply_filter("abc", "flip"), "ab0")
        self.assertEqual(lookup({"a": [{"b": 3}]}, "a.0.b"), 3)
        with self.assertRaises(KeyError):
            Variables({}).fill("${unknown}")

    def test_values_headers_and_whole_lines_are_saved(self):
        text = "GET /x\n----\n200\nsave a = k #2\nsave b = header H\nsave c = line 2\n"
        variables = Variables({})
        answer = Answer(FakeResponse(200, b'{"k":1}\n{"k": 2}\n', [("h", "x")]))
        save_values(parse_scenario("s", text).exchanges[0], answer, variables)
        self.assertEqual(variables.values, {"a": 2, "b": "x", "c": '{"k": 2}'})


if __name__ == "__main__":
    unittest.main()
