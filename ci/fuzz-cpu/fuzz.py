#!/usr/bin/env python3
"""Differential test of the interpreter against an independent implementation, one instruction at a time.

The other implementation is the Python package `unicorn` (Cortex-M4 model). See README.md.
"""

import argparse
import collections
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import sides
import unpredictable
from classes import CLASSES
from draw import States

# Cases that are in memory at once, per process; and states in which each encoding is executed.
CHUNK, STATES = 20_000, 4


def records(known, rng, count):
    states = States(rng, known.mode)
    for n in range(count // STATES):
        template, encoding = known.generate(rng, n)
        for _ in range(STATES):
            yield template, states.draw(template, encoding, known.it)


def compare_chunk(task):
    """One chunk of one class: counts, and the first differences by name."""
    index, chunk, seed, oracle, other = task
    known = CLASSES[index]
    cases = list(records(known, random.Random(f"{seed} {known.name} {chunk}"), CHUNK))
    data = b"".join(record for _, record in cases)
    ours, theirs = (sides.answers(program, known.mode, data) for program in (oracle, other))
    counts, found = collections.Counter(), []
    record_size, size = (4 * words for words in sides.SIZES[known.mode])
    for n, (template, record) in enumerate(cases):
        our_answer, their_answer = ours[n * size:(n + 1) * size], theirs[n * size:(n + 1) * size]
        status = our_answer[76]
        if our_answer == their_answer:
            counts["executed" if status == sides.EXECUTED else sides.STATUS[status]] += 1
            continue
        a, b = sides.words(our_answer, size // 4, 0), sides.words(their_answer, size // 4, 0)
        text = sides.difference(known.mode, a, b)
        if text is None:
            counts["fault"] += 1
            continue
        case = unpredictable.Difference(known.mode, sides.words(record, len(record) // 4, 0), a, b)
        rule = unpredictable.explain(case)
        if rule:
            counts["rule: " + rule] += 1
            continue
        counts["differ"] += 1
        if len(found) < 50:
            found.append((template.name if template else "any", record, text))
    return index, counts, found


class Tally:
    """What was found in one class so far."""

    def __init__(self):
        self.counts, self.found, self.next_chunk = collections.Counter(), [], 0

    @property
    def compared(self):
        return sum(n for name, n in self.counts.items() if name != "differ" and not name.startswith("rule: "))


def show(known, tally, limit):
    by_name = collections.defaultdict(list)
    for name, record, text in tally.found:
        by_name[name].append((sides.words(record, len(record) // 4, 0), text))
    for name, found in sorted(by_name.items())[:limit]:
        words, text = found[0]
        print(f"  {known.name}, {name}: {words[0]:08x} at {words[1]:x}, xPSR {words[17]:08x}: {text}")
        print("   ", *(f"{word:08x}" for word in words[2:]))
        for words, text in found[1:8]:
            print(f"    {words[0]:08x}: {text}")


def line(known, tally):
    counts = tally.counts
    left_out = sum(n for name, n in counts.items() if name.startswith("rule: "))
    return (f"{known.name:42} {tally.compared:>9} compared ({counts['executed']:>9} executed), {left_out:>8} left out by rule, "
            f"{counts['differ']} differ")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("oracle", type=Path, help="the example `oracle` of gauntlet-armv7em, built in release mode")
    parser.add_argument("--per-class", type=int, default=20_000, metavar="N",
                        help="instructions to compare in each class (default %(default)s; nightly 2000000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", metavar="TEXT", default="", help="only classes whose name contains TEXT")
    parser.add_argument("--show", type=int, default=20, help="how many differences to print per class")
    parser.add_argument("--rules", action="store_true", help="print the table of what is left out and why, and do nothing else")
    arguments = parser.parse_args()
    arguments.oracle = arguments.oracle.resolve()
    if arguments.rules:
        print(unpredictable.table())
        return 0
    chosen = [n for n, known in enumerate(CLASSES) if arguments.only in known.name]
    if not chosen:
        parser.error(f"no class has {arguments.only!r} in its name")
    began, tallies = time.monotonic(), {n: Tally() for n in chosen}
    with tempfile.TemporaryDirectory() as scratch, multiprocessing.Pool(arguments.jobs) as pool:
        other = sides.build_other(scratch)
        left = list(chosen)
        while left:
            # Rounds of some chunks of every class that has not enough: an interrupted run has seen all classes.
            tasks = []
            for index in left:
                tally = tallies[index]
                missing = arguments.per_class - tally.compared
                for _ in range(min(10, -(-missing // CHUNK))):
                    tasks.append((index, tally.next_chunk, arguments.seed, arguments.oracle, other))
                    tally.next_chunk += 1
            for index, counts, found in pool.imap_unordered(compare_chunk, tasks):
                tallies[index].counts += counts
                tallies[index].found += found[:200 - len(tallies[index].found)]
            left = [index for index in left if tallies[index].compared < arguments.per_class
                    and tallies[index].next_chunk * CHUNK < 20 * arguments.per_class + 10 * CHUNK]
            total = sum(tally.compared for tally in tallies.values())
            differ = sum(tally.counts["differ"] for tally in tallies.values())
            print(f"{time.monotonic() - began:6.0f} s: {total} compared, {differ} differ, {len(left)} classes go on",
                  file=sys.stderr)
    return report(tallies, arguments, time.monotonic() - began)


def report(tallies, arguments, seconds):
    rules, short = collections.Counter(), []
    for index, tally in tallies.items():
        show(CLASSES[index], tally, arguments.show)
    for index, tally in tallies.items():
        print(line(CLASSES[index], tally))
        rules.update({name[6:]: n for name, n in tally.counts.items() if name.startswith("rule: ")})
        if tally.compared < arguments.per_class:
            short.append(CLASSES[index].name)
    print("left out by rule:")
    for name, count in rules.most_common():
        print(f"  {count:>9} {name}")
    differ = sum(tally.counts["differ"] for tally in tallies.values())
    compared = sum(tally.compared for tally in tallies.values())
    print(f"{compared} instructions compared in {len(tallies)} classes, seed {arguments.seed}, {seconds:.0f} s: {differ} differ")
    for name in short:
        print(f"too few were comparable: {name}")
    return 1 if differ or short else 0


if __name__ == "__main__":
    sys.exit(main())
