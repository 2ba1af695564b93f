"""Runs one test method of one file: run_one.py calls_test test_something. Exit code 77 tells ctest that it was skipped."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

SKIPPED = 77


def main(module, *methods):
    loaded = unittest.defaultTestLoader.loadTestsFromName(module)
    cases = [case for suite in loaded for case in suite if not methods or case._testMethodName in methods]
    if not cases:
        print(f"no test {methods} in {module}", file=sys.stderr)
        return 2
    result = unittest.TextTestRunner(verbosity=2, buffer=False).run(unittest.TestSuite(cases))
    if not result.wasSuccessful():
        return 1
    return SKIPPED if len(result.skipped) == len(cases) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
