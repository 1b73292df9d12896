"""Runs the named modules, several cases at a time, and writes TAP: the closing lines are counted by tests/run."""
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor


def _flatten(suite):
    for test in suite:
        yield from _flatten(test) if isinstance(test, unittest.TestSuite) else [test]


def _run(test):
    result = unittest.TestResult()
    test.run(result)
    problems = [text for _, text in result.errors + result.failures]
    return test.shortDescription() or test.id(), problems, [why for _, why in result.skipped]


def _report(number, name, problems, skipped):
    print(f"{'not ok' if problems else 'ok'} {number} - {name}{' # SKIP' if skipped else ''}", flush=True)
    for line in "".join(problems).splitlines():
        print(f"    {line}", flush=True)


def main():
    tests = list(_flatten(unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])))
    together = [test for test in tests if getattr(test, "parallel", False)]
    alone = [test for test in tests if not getattr(test, "parallel", False)]
    print("TAP version 13", flush=True)
    passed = failed = skipped = 0
    with ThreadPoolExecutor(8) as pool:
        for number, (name, problems, why) in enumerate([*pool.map(_run, together), *map(_run, alone)], 1):
            _report(number, name, problems, why)
            failed += bool(problems)
            skipped += bool(why)
            passed += not problems and not why
    print(f"1..{len(tests)}\n# pass {passed}\n# fail {failed}\n# skipped {skipped}")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
