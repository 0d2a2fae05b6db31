#!/usr/bin/python3
"""Each rule of house.py finds what it forbids, and lets pass what it allows."""

import pathlib
import tempfile
import unittest

import house

GOOD = {
    "engine/base/CMakeLists.txt": "ringstorm_module(base SOURCES clock.cc)",
    "engine/base/clock.cc": "::clock_gettime(CLOCK_MONOTONIC, &t);",
    "engine/codec/CMakeLists.txt": "ringstorm_module(codec\n  SOURCES a.cc\n  DEPENDS base  # for results\n  LINK fmt::fmt)",
    "engine/codec/a.cc": '// What it does.\n#include "codec/a.h"\n\n#include <vector>\n',
    "engine/codec/a.h": '// What it is.\n#pragma once\n#include "base/clock.h"\n',
    "engine/plan/CMakeLists.txt": "ringstorm_module(plan SOURCES p.cc DEPENDS codec)",
    "engine/plan/p.cc": '#include <fmt/format.h>\n#include "base/clock.h"\n#include "codec/a.h"\n// not steady_clock::now()\n',
    "engine/io/CMakeLists.txt": "ringstorm_module(io SOURCES r.cc DEPENDS base LINK PkgConfig::LIBURING)",
    "engine/io/r.cc": "#include <liburing.h>\nstd::chrono::steady_clock::now();",
    "engine/app/CMakeLists.txt": "ringstorm_module(app\n  SOURCES x.cc\n  DEPENDS plan)\nadd_executable(ringstorm main.cc)",
    "engine/app/main.cc": '#include "app/other.h"\n#include "codec/a.h"\n',
    "bench/macro/floor.cc": "#include <liburing.h>\n",
    "tests/unit/x_test.cc": "x\n" * house.LONGEST_FILE,
}


class Rules(unittest.TestCase):
    def findings(self, rule, **changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **changes.pop("files", {})}.items():
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [f"{path.relative_to(root)}:{line}" for path, line, _ in house.RULES[rule](root)]

    def test_a_good_tree_passes_every_rule(self):
        for rule in house.RULES:
            with self.subTest(rule):
                self.assertEqual(self.findings(rule), [])

    def test_every_rule_finds_what_it_forbids(self):
        forbidden = {
            "layers": [
                ("engine/base/up.cc", '\n#include "codec/a.h"', 2),
                ("engine/codec/side.h", '#pragma once\n#  include "plan/p.h"', 2),
                ("engine/app/x.cc", '#include "io/r.h"', 1),
            ],
            "liburing": [("engine/shard/s.cc", "#include <liburing.h>", 1), ("tests/sim/s.cc", "#include <liburing/io_uring.h>", 1)],
            "clocks": [
                ("engine/plan/now.cc", "auto t = std::chrono::system_clock::now();", 1),
                ("engine/base/other.cc", "\n::clock_gettime(CLOCK_REALTIME, &t);", 2),
            ],
            "include-guards": [("tests/e2e/x.h", "int x;", 1)],
            "own-header-first": [
                ("engine/codec/a.cc", '\n#include <vector>\n#include "codec/a.h"', 2),
                ("engine/codec/a.cc", '#include "a.h"', 1),
                ("engine/codec/a.cc", "int x;", 1),
            ],
            "file-length": [("engine/plan/long.cc", "x\n" * (house.LONGEST_FILE + 1), house.LONGEST_FILE + 1)],
        }
        self.assertEqual(set(forbidden), set(house.RULES))
        for rule, cases in forbidden.items():
            for name, text, line in cases:
                with self.subTest(rule=rule, name=name):
                    self.assertEqual(self.findings(rule, files={name: text}), [f"{name}:{line}"])

    def test_a_circle_of_modules_is_found(self):
        circle = {"engine/base/CMakeLists.txt": "ringstorm_module(base SOURCES clock.cc DEPENDS plan)"}
        self.assertIn("engine/plan/CMakeLists.txt:1", self.findings("layers", files=circle))


if __name__ == "__main__":
    unittest.main()
