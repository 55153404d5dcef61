#!/usr/bin/env python3
"""The same ECDSA P-256 verifications on three engines, one core, one run: our interpreter, armagnac 0.3.0, unicorn.

    python3 -m venv venv && venv/bin/pip install -r ci/fuzz-cpu/requirements.txt
    venv/bin/python bench/cpu/compare.py

Builds what it needs (Rust and a C compiler). Time is CPU time of the process, so that other programs disturb less. Every
engine must end with the same registers and the same memory. `--require` makes the exit code 1 when the interpreter has less
than 8 times the speed of armagnac or less than that of unicorn. docs/benchmarks.md has figures.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def read_hex(path):
    flash = bytearray(b"\xff" * 0x10000)
    for record in path.read_text().split():
        data = bytes.fromhex(record[1:])
        if data[3] == 0:
            at = data[1] << 8 | data[2]
            flash[at:at + data[0]] = data[4:4 + data[0]]
    return bytes(flash)


def build(scratch):
    import unicorn
    package = Path(unicorn.__file__).parent
    library = package / "lib" / "libunicorn.so.2"
    other = scratch / "unicorn-engine"
    subprocess.run(["cc", "-O2", f"-I{package / 'include'}", str(HERE / "unicorn_engine.c"), "-o", str(other), str(library),
                    f"-Wl,-rpath,{library.parent}"], check=True)
    target = os.environ.get("CARGO_TARGET_DIR", str(HERE.parents[1] / "target/bench-cpu"))
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(HERE / "Cargo.toml"),
                    "--target-dir", target], check=True)
    return Path(target) / "release/cpu-engines", other


def run(command):
    """Instructions, seconds, registers, hash of the memory."""
    instructions, seconds, registers, memory = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return int(instructions), float(seconds), registers, memory


def measure(engines, other, scratch, name, rounds, repeats):
    program = HERE / "program" / f"verify-{name}.hex"
    flash = read_hex(program)
    binary = scratch / f"{name}.bin"
    binary.write_bytes(flash)
    # BKPT 0, once in the program.
    stop = next(at for at in range(0, len(flash), 2) if flash[at:at + 2] == b"\x00\xbe")
    commands = {"gauntlet": [engines, "gauntlet", program], "unicorn 2.1.4": [other, binary]}
    if name == "plain":
        commands["armagnac 0.3.0"] = [engines, "armagnac", program]
    results = {}
    # In turns, so that a slow moment of the machine meets all of them.
    for _ in range(repeats):
        for engine, command in commands.items():
            few = max(1, rounds // 8) if "armagnac" in engine else rounds
            last = [stop] if "unicorn" in engine else []
            results.setdefault((engine, few), []).append(run([*command, few, *last]))
    return report(name, results, lambda n: run([engines, "gauntlet", program, n]))


def report(name, results, ours):
    figures, states = {}, {}
    print(f"verify-{name}.hex")
    for (engine, rounds), outcomes in results.items():
        if rounds not in states:
            states[rounds] = ours(rounds)
        instructions, _, registers, memory = states[rounds]
        for outcome in outcomes:
            if outcome[2:] != (registers, memory) or outcome[0] not in (0, instructions):
                sys.exit(f"{engine} ends in another state: {outcome} instead of {states[rounds]}")
        if int(registers[:8], 16) != rounds << 1:
            sys.exit(f"the verdicts are wrong: {registers}")
        seconds = min(outcome[1] for outcome in outcomes)
        figures[engine] = instructions / seconds / 1e6
        print(f"  {engine:16} {rounds:>4} verifications {instructions:>12} instructions {seconds:8.3f} s "
              f"{figures[engine]:8.1f} MIPS")
    for engine, mips in figures.items():
        if engine != "gauntlet":
            print(f"  gauntlet / {engine}: {figures['gauntlet'] / mips:.2f}")
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=16, help="verifications per run (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="runs per engine; the fastest counts (default %(default)s)")
    parser.add_argument("--require", action="store_true", help="fail below 8 times armagnac or below unicorn")
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as scratch:
        engines, other = build(Path(scratch))
        short = []
        for name in ("plain", "umaal"):
            figures = measure(engines, other, Path(scratch), name, arguments.rounds, arguments.repeats)
            for engine, least in (("armagnac 0.3.0", 8), ("unicorn 2.1.4", 1)):
                if engine in figures and figures["gauntlet"] < least * figures[engine]:
                    short.append(f"verify-{name}: less than {least} times {engine}")
    for line in short:
        print(line)
    return 1 if short and arguments.require else 0


if __name__ == "__main__":
    sys.exit(main())
