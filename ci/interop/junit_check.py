#!/usr/bin/env python3
"""Reads a JUnit report with an independent parser and compares it with the journal of the same run.

usage: junit_check.py reports/latest/junit.xml reports/latest/run.jsonl

Needs PyPI `junitparser`. Exits 0 when both tell the same, 1 when they differ, 2 when one of them can't be read.
"""

import json
import re
import shlex
import sys
from collections import Counter

from junitparser import Error, Failure, JUnitXml, Skipped

# What a JUnit result element stands for; a case without one has passed.
KINDS = {Failure: "fail", Error: "error", Skipped: "skipped"}
RERUN = re.compile(r"^  (gauntlet run .*)$", re.MULTILINE)


def told_by_journal(path):
    """Returns the first event and, for each planned case in order, what JUnit should say about it."""
    start, kinds = None, {}
    with open(path, encoding="utf-8") as journal:
        lines = journal.read().split("\n")
    # The last piece is empty, or the line that a killed run left incomplete.
    for line in lines[:-1]:
        event = json.loads(line)
        case, kind = event.get("case"), event["event"]
        if kind == "run-started":
            start = event
            kinds.update((case, "skipped") for case in event["planned"])
        elif kind == "case-finished":
            kinds[case] = event["verdict"]["is"]
        elif case is not None:
            # Begun; when no end follows, the run was killed during this case.
            kinds[case] = "error"
    if start is None:
        raise ValueError(f"{path} does not begin with run-started")
    return start, kinds


def told_by_report(path):
    """Returns the parsed report and, by id, its cases with the names of their suites."""
    report = JUnitXml.fromfile(path)
    cases = {}
    for suite in report:
        for case in suite:
            if case.name in cases:
                raise ValueError(f"{case.name} is in the report twice")
            cases[case.name] = (suite.name, case)
    return report, cases


def kind_of(case):
    """The word for the result of a test case."""
    results = [KINDS[type(result)] for result in case.result]
    if len(results) > 1:
        raise ValueError(f"{case.name} has {len(results)} results")
    return results[0] if results else "pass"


def differences(start, kinds, report, cases):
    """Yields every difference as a sentence."""
    for case in sorted(kinds.keys() ^ cases.keys()):
        yield f"{case} is only in the {'journal' if case in kinds else 'report'}"
    for case in sorted(kinds.keys() & cases.keys()):
        suite, test = cases[case]
        found = kind_of(test)
        if found != kinds[case]:
            yield f"{case}: the journal says {kinds[case]}, the report {found}"
        if suite != case.split("/")[0]:
            yield f"{case} is in the suite {suite}"
        if found in ("fail", "error"):
            yield from rerun_differences(case, test.result[0].text or "", start)
    for level, name in [(report, "the report")] + [(suite, suite.name) for suite in report]:
        inside = [kinds.get(case) for case, (suite, _) in cases.items() if level is report or suite == level.name]
        counts = Counter(inside)
        expected = (len(inside), counts["fail"], counts["error"], counts["skipped"])
        found = (level.tests, level.failures, level.errors, level.skipped)
        if found != expected:
            yield f"{name} counts tests, failures, errors, skipped as {found}, the journal as {expected}"


def rerun_differences(case, text, start):
    """Yields what is wrong with the command that should run one case again."""
    command = RERUN.search(text)
    if command is None:
        yield f"{case} does not say how to run it again"
        return
    words = shlex.split(command.group(1))
    expected = ["--seed", str(start["seed"])]
    if start.get("planted_bug"):
        expected += ["--planted-bug", start["planted_bug"]]
    if words[2] != case or words[-len(expected):] != expected:
        yield f"{case} would not be repeated by: {command.group(1)}"


def main(arguments):
    """Compares the two files named on the command line."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        report, cases = told_by_report(arguments[0])
        start, kinds = told_by_journal(arguments[1])
    except Exception as error:  # Whatever the parsers say, the file can't be read.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    found = list(differences(start, kinds, report, cases))
    for difference in found:
        print(difference, file=sys.stderr)
    if not found:
        counts = Counter(kinds.values())
        print(f"{len(kinds)} cases agree: " + ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts)))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
