#!/usr/bin/python3
"""bench/micro/run: which yardsticks belong to a benchmark, what the ratios are, what it says about the machine."""

import importlib.machinery
import importlib.util
import pathlib
import re
import tempfile
import unittest

PATH = str(pathlib.Path(__file__).resolve().parents[3] / "bench/micro/run")
LOADER = importlib.machinery.SourceFileLoader("micro_run", PATH)
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("micro_run", LOADER))
LOADER.exec_module(run)


class Yardsticks(unittest.TestCase):
    known = {"mask/limit/bytes:20", "mask/limit/bytes:20/offset:1", "mask/noop/bytes:20", "other/noop/bytes:20"}

    def test_the_same_parameters(self):
        self.assertEqual(run.yardstick_of(self.known, "mask/avx2/bytes:20", "limit"), "mask/limit/bytes:20")

    def test_as_many_of_the_first_parameters_as_there_are(self):
        self.assertEqual(run.yardstick_of(self.known, "mask/avx2/bytes:20/offset:1", "limit"),
                         "mask/limit/bytes:20/offset:1")
        self.assertEqual(run.yardstick_of(self.known, "mask/avx2/bytes:20/offset:2", "limit"), "mask/limit/bytes:20")

    def test_never_another_length_or_another_case(self):
        for name in ("mask/avx2/bytes:2", "mask/avx2/bytes:200", "mas/avx2/bytes:20", "mask", "mask/avx2", "key/fixed"):
            self.assertIsNone(run.yardstick_of(self.known, name, "limit"), name)
        self.assertIsNone(run.yardstick_of(self.known, "mask/avx2/bytes:20", "memcpy"))


class Ratios(unittest.TestCase):
    times = {"a/noop/x": 1.5, "a/memcpy/x": 7.5, "a/limit/x": 4.0, "a/fast/x": 2.5, "a/free/x": 1.6, "b/limit/x": 4.0,
             "b/fast/x": 5.0, "c/memcpy/x": 4.0, "c/fast/x": 2.0, "d": 9.0}

    def assert_ratios(self, name, expected):
        for found, wanted in zip(run.ratios(self.times, name), expected, strict=True):
            self.assertEqual(found is None, wanted is None, (name, found, wanted))
            if wanted is not None:
                self.assertAlmostEqual(found, wanted)

    def test_memcpy_and_the_kernel_without_the_empty_call(self):
        self.assert_ratios("a/fast/x", (1.0, 1.6, 6.0))

    def test_no_ratio_of_next_to_nothing(self):
        self.assert_ratios("a/free/x", (0.1, 2.5, None))

    def test_the_empty_call_has_no_ratios(self):
        self.assert_ratios("a/noop/x", (0.0, None, None))

    def test_what_is_missing_is_left_out(self):
        self.assert_ratios("b/fast/x", (None, 0.8, None))
        self.assert_ratios("c/fast/x", (None, None, 2.0))
        self.assert_ratios("d", (None, None, None))


class Medians(unittest.TestCase):
    @staticmethod
    def result(name, family, ns, aggregate=None, **more):
        found = {"run_name": name, "family_index": family, "per_family_instance_index": 0, "cpu_time": ns, **more}
        return {**found, "aggregate_name": aggregate} if aggregate else found

    def test_in_the_order_of_the_source(self):
        results = [self.result("b", 1, 7), self.result("b", 1, 5, "median"), self.result("b", 1, 0.1, "cv"),
                   self.result("a", 0, 3, "median"), self.result("a", 0, 0.2, "cv")]
        found = {name: (median["cpu_time"], spread) for name, (median, spread) in run.medians(results).items()}
        self.assertEqual(list(found.items()), [("a", (3, 0.2)), ("b", (5, 0.1))])

    def test_one_repetition_is_its_own_median(self):
        self.assertEqual(run.medians([self.result("a", 0, 3)])["a"][0]["cpu_time"], 3)

    def test_a_failed_check_has_no_time(self):
        self.assertEqual(run.medians([self.result("a", 0, 0, error_occurred=True)]), {})


class Expressions(unittest.TestCase):
    def test_a_literal_matches_itself_alone(self):
        for text in ("bytes:1..125", "distance:-64", "a(b)|c[d]{2}^$*+?\\"):
            self.assertTrue(re.fullmatch(run.literal(text), text))
        self.assertFalse(re.fullmatch(run.literal("bytes:1..125"), "bytes:1xx125"))

    def test_nothing_is_escaped_that_must_not_be(self):
        self.assertEqual(run.literal("mask_copy/bytes:1-2"), "mask_copy/bytes:1-2")


class Remarks(unittest.TestCase):
    def machine(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                file = pathlib.Path(root) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return list(run.remarks(root))

    def test_a_quiet_machine_needs_none(self):
        self.assertEqual(self.machine({}), [])
        self.assertEqual(self.machine({"proc/loadavg": "0.10 0.2 0.3 1/2 3",
                                       "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance"}), [])

    def test_load_governor_and_threads(self):
        found = self.machine({"proc/loadavg": "3.50 0.2 0.3 1/2 3", "sys/devices/system/cpu/smt/active": "1\n",
                              "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n"})
        self.assertEqual(len(found), 3)
        for word, remark in zip(("3.50", "powersave", "SMT"), found, strict=True):
            self.assertIn(word, remark)


if __name__ == "__main__":
    unittest.main()
