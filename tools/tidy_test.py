#!/usr/bin/env python3
"""Proves that each rule of tools/tidy.py can fail: a good tree is clean, one fault gives one finding."""
import pathlib
import tempfile
import unittest

import tidy

GOOD = {
    "src/CMakeLists.txt": "foreach(MODULE\n    base crypto\n    http columnar)\nendforeach()\n",
    "src/base/CMakeLists.txt": "sluice_module(base LIBS fmt::fmt)\n",
    "src/base/a.h": "#pragma once\n#include <string>\n\n/// Says a.\nstd::string A();\n",
    "src/base/a.cc": '#include "base/a.h"\n\n#include <fmt/format.h>\n\nstd::string A() {\n  return {};\n}\n',
    "src/crypto/CMakeLists.txt": "sluice_module(crypto DEPS base LIBS OpenSSL::Crypto)\n",
    "src/crypto/b.cc": '#include "base/a.h"\n\n#include <openssl/evp.h>\n\n// TODO(#12): sign.\n',
    "src/http/CMakeLists.txt": "sluice_module(http DEPS base TEST_DEPS crypto)\n",
    "src/http/tls.cc": '#include "base/a.h"\n\n#include <openssl/ssl.h>\n',
    "src/http/c_test.cc": '#include "crypto/b.h"\n\n#include <gtest/gtest.h>\n',
    "tests/fuzz/head_fuzz.cc": "int x;\n",
    "tests/fuzz/corpus/head/seed": "GET / HTTP/1.1",
    "README.md": "Sluice\n",
}


def long_function(indent: str, lines: int) -> str:
    body = f"{indent}  Step();\n" * (lines - 3)
    return f"{indent}int Long(int first,\n{indent}         int second) {{\n{body}{indent}}}\n"


# What is changed in the good tree, and what tidy must then say. One row a way to break a rule.
FAULTS = [
    ("src/base/a.cc", '#include "crypto/b.h"\n', "base must not include crypto"),
    ("src/http/c.cc", '#include "crypto/b.h"\n', "crypto is not in the DEPS of http"),
    ("src/http/c.cc", '#include "c.h"\n', "write the path from src/"),
    ("src/lost/x.cc", "int x;\n", "module lost is not listed"),
    ("src/crypto/CMakeLists.txt", "sluice_module(crypto DEPS base http)\n", "crypto declares http"),
    ("src/http/d.cc", "#include <openssl/evp.h>\n", "openssl/evp.h belongs to crypto, http/tls"),
    ("src/http/d.cc", "#include <arrow/api.h>\n", "arrow/api.h belongs to columnar"),
    ("src/http/d.cc", "#include <boost/json.hpp>\n", "boost/json.hpp belongs to base"),
    ("src/base/d.cc", "#include <boost/asio.hpp>\n", "boost/asio.hpp belongs to http"),
    ("src/base/d.cc", "#include <gtest/gtest.h>\n", "gtest/gtest.h belongs to"),
    ("src/base/d.cc", "#include <rapidjson/document.h>\n", "no owner is named"),
    ("src/http/d.cc", '#include "base/a_internal.h"\n', "is internal to its module"),
    ("src/base/d.cc", "int x;\n" * 801, "801 lines, 800 are allowed"),
    ("src/base/d.cc", "namespace n {\n" + long_function("", 71) + "}\n", "a function of 71 lines"),
    ("src/base/d.cc", "class C {\n public:\n" + long_function("  ", 71) + "};\n", "a function of 71 lines"),
    ("src/base/d.cc", 'TEST(A, B) {\n  x = R"(\n}\n)";\n' + "  Step();\n" * 70 + "}\n", "a function of 75"),
    ("src/base/d.cc", "// TODO: later\n", "write TODO(#issue)"),
    ("src/base/d.h", "#pragma once\n#include <string>\n\n\nint D();\n", "a header needs a doc comment"),
    ("README.md", "Sluice", "no newline at the end"),
    ("README.md", "See " + ".".join(("pypi", "org")) + "\n", "names "),
    ("tests/fuzz/url_fuzz.cc", "int x;\n", "no seeds in tests/fuzz/corpus/url"),
    ("tests/fuzz/corpus/gone/seed", "x", "no fuzz target reads these seeds"),
]

FINE = [
    ("src/base/d.cc", "namespace n {\n" + long_function("", 70) + "}\n"),
    ("src/base/d.cc", "class C {\n" + "  int x;\n" * 100 + "};\n"),
    ("src/base/d.cc", "constexpr int kTable[] = {\n" + "    1,\n" * 100 + "};\n"),
    ("src/base/d.cc", "".join(long_function("", 40) for _ in range(10))),
    ("tests/data/odd.txt", "no newline"),
]


def findings(files: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return [str(finding) for finding in tidy.check(pathlib.Path(folder))]


class TidyTest(unittest.TestCase):
    def test_a_good_tree_is_clean(self):
        self.assertEqual(findings(GOOD), [])

    def test_each_fault_is_found(self):
        for path, text, expected in FAULTS:
            with self.subTest(expected=expected):
                found = findings({**GOOD, path: text})
                self.assertTrue(any(expected in line and line.startswith(path.split("/seed")[0])
                                    for line in found), found)

    def test_what_is_allowed_is_not_found(self):
        for path, text in FINE:
            with self.subTest(text=text[:40]):
                self.assertEqual(findings({**GOOD, path: text}), [])


if __name__ == "__main__":
    unittest.main()
