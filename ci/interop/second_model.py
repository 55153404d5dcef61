#!/usr/bin/env python3
"""Sends the same requests to the served reference device and to the second model of it, and compares them.

usage: second_model.py GAUNTLET [--seed S] [--seconds N] [--only TEXT] [--replay FILE]

Sequences are generated from a seed: updates of every kind, updates that go wrong in every way that has a specified
outcome, and noise. Every answer and every silence is compared, then the whole flash after a reset. A difference is
printed with its seed and the shortest sequence found that shows it; `--replay` runs such a sequence again. The exit
code is 1 when there was a difference.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from second_model import compare  # noqa: E402

SHRINKING = 30.0
"""Seconds that are spent on finding a shorter sequence."""

SHOWN = 30
"""Steps of a sequence that are printed."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("gauntlet", type=pathlib.Path)
    arguments.add_argument("--seed", type=int, default=1, help="of the first sequence")
    arguments.add_argument("--seconds", type=float, default=50, help="for how long new sequences are begun")
    arguments.add_argument("--only", default="", help="only setups whose name contains this")
    arguments.add_argument("--stop", action="store_true", help="end at the first difference")
    arguments.add_argument("--show-open", action="store_true", help="print what was left out as unspecified")
    arguments.add_argument("--replay", type=pathlib.Path, help="a file with a printed sequence")
    chosen = arguments.parse_args()
    gauntlet = str(chosen.gauntlet.resolve())

    began = time.monotonic()
    sequences = differences = 0
    with tempfile.TemporaryDirectory(prefix="second-model-") as folder:
        setups = [setup for setup in compare.setups(folder) if chosen.only in setup.name]
        benches = [compare.Bench(gauntlet, setup) for setup in setups]
        if chosen.replay:
            found = benches[0].replay(list(compare.parsed(chosen.replay.read_text().splitlines())))
            print(found or "no difference")
            sys.exit(1 if found else 0)
        seed = chosen.seed
        while time.monotonic() - began < chosen.seconds:
            bench = benches[seed % len(benches)]
            steps, difference = bench.run(seed)
            sequences += 1
            if difference is not None:
                differences += 1
                report(bench, seed, steps, difference)
                if chosen.stop:
                    break
            seed += 1
    requests = sum(bench.requests for bench in benches)
    if chosen.show_open:
        show_open(benches)
    print(f"Ran {sequences} sequences with {requests} requests in {time.monotonic() - began:.0f} s (seed {chosen.seed})")
    print("OK" if not differences else f"FAILED (differences={differences})")
    sys.exit(1 if differences else 0)


def report(bench, seed, steps, difference):
    """A difference, with the shortest sequence that shows it."""
    print(f"DIFFERENCE, seed {seed}, {bench.setup.name}: {difference}")
    fewer = bench.shrink(steps, SHRINKING)
    print(f"  {len(fewer)} of {len(steps)} steps show it: {bench.replay(fewer)}")
    lines = compare.listed(fewer)
    if len(lines) > SHOWN:
        path = pathlib.Path(tempfile.gettempdir()) / f"second-model-{seed}.txt"
        path.write_text("\n".join(lines), encoding="ascii")
        print(f"    all of them in {path}; the last are")
    for line in lines[-SHOWN:]:
        print(f"    {line}")
    sys.stdout.flush()


def show_open(benches):
    """How often something was not sent because its outcome is open, by reason."""
    reasons = {}
    for bench in benches:
        for reason, count in bench.skipped.items():
            reasons[reason] = reasons.get(reason, 0) + count
    for reason, count in sorted(reasons.items()):
        print(f"not sent {count} times: {reason}")


if __name__ == "__main__":
    main()
