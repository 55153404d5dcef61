#!/usr/bin/env python3
"""Sends the same requests to the Rust reference device and to the second model of it, and compares them.

usage: second_model.py GAUNTLET DEVICE_LINES [--seed S] [--seconds N] [--only TEXT] [--replay FILE]

GAUNTLET serves the device on a pseudo-terminal; DEVICE_LINES is the example of the reference crate that does without a
port, and with other builds, resets, waiting and settings pages. `-` leaves either of them out.

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

SHOWN = 30
"""Steps of a sequence that are printed."""

COLUMNS = 400
"""Characters of a step that are printed."""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("gauntlet")
    arguments.add_argument("device_lines")
    arguments.add_argument("--seed", type=int, default=1, help="of the first sequence")
    arguments.add_argument("--seconds", type=float, default=50, help="for how long new sequences are begun")
    arguments.add_argument("--only", default="", help="only setups whose name contains this")
    arguments.add_argument("--shrink", type=float, default=20, help="seconds to look for a shorter sequence")
    arguments.add_argument("--stop", action="store_true", help="end at the first difference")
    arguments.add_argument("--show-open", action="store_true", help="print what was left out as unspecified")
    arguments.add_argument("--replay", type=pathlib.Path, help="a file with a printed sequence")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="second-model-") as folder:
        setups = Setups(chosen, folder)
        try:
            sys.exit(replay(setups, chosen.replay) if chosen.replay else search(setups, chosen))
        finally:
            setups.close()


class Setups:
    """The chosen kinds of device; a bench is made when it is first needed."""

    def __init__(self, chosen, folder):
        self.programs = {True: chosen.gauntlet, False: chosen.device_lines}
        every = [*compare.served_setups(folder), *compare.lines_setups(), *compare.ble_setups()]
        # Kinds of device that stand together in the list are much alike, and a short run gets through few of them.
        every.sort(key=lambda setup: hash_of(setup.name))
        self.setups = [setup for setup in every if self.programs[setup.served] != "-" and chosen.only in setup.name]
        self.benches = {}

    def bench(self, seed):
        """The bench for a seed."""
        setup = self.setups[seed % len(self.setups)]
        if setup.name not in self.benches:
            self.benches[setup.name] = compare.Bench(self.programs[setup.served], setup)
        return self.benches[setup.name]

    def close(self):
        for bench in self.benches.values():
            bench.close()


def hash_of(name):
    """The same order in every run."""
    import zlib

    return zlib.crc32(name.encode())


def replay(setups, path):
    found = setups.bench(0).replay(list(compare.parsed(path.read_text(encoding="ascii").splitlines())))
    print(found or "no difference")
    return 1 if found else 0


def search(setups, chosen):
    began = time.monotonic()
    sequences = differences = 0
    seed = chosen.seed
    while time.monotonic() - began < chosen.seconds:
        bench = setups.bench(seed)
        steps, difference = bench.run(seed)
        sequences += 1
        if difference is not None:
            differences += 1
            report(bench, seed, steps, difference, chosen.shrink)
            if chosen.stop:
                break
        seed += 1
    benches = setups.benches.values()
    if chosen.show_open:
        show_open(benches)
    requests, cuts = (sum(getattr(bench, name) for bench in benches) for name in ("requests", "cuts"))
    print(f"Ran {sequences} sequences with {requests} requests and {cuts} power cuts on {len(benches)} kinds of device "
          f"in {time.monotonic() - began:.0f} s (seed {chosen.seed})")  # fmt: skip
    print("OK" if not differences else f"FAILED (differences={differences})")
    return 1 if differences else 0


def report(bench, seed, steps, difference, seconds):
    """A difference, with the shortest sequence that shows it."""
    print(f"DIFFERENCE, seed {seed}, {bench.setup.name}: {difference}")
    fewer = bench.shrink(steps, seconds)
    print(f"  {len(fewer)} of {len(steps)} steps show it: {bench.replay(fewer)}")
    lines = list(compare.listed(fewer))
    path = pathlib.Path(tempfile.gettempdir()) / f"second-model-{seed}.txt"
    path.write_text("\n".join(lines), encoding="ascii")
    print(f"    all of them in {path}; the last are")
    for line in lines[-SHOWN:]:
        print(f"    {line[:COLUMNS]}")
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
