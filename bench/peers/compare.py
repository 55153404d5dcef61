#!/usr/bin/env python3
"""Our client and its peers, one after the other, on the same instant port; medians and ratios.

usage: compare.py --gauntlet PROGRAM [--nrfutil PROGRAM] [--runs N] [--bytes N] [--json FILE] [--check]

The port is a pseudo-terminal behind which `responder.c` answers; it is compiled with `cc`. The firmware phase is timed by
the responder, from the first Select of a data object to the answer to the last Execute, so that it is the same stretch
for everyone. Wall is from the start of the client's process to its end. Clients run in alternation, because a machine that
is busy with something else is busy for all of them. The last figure is what the port itself waited for its flash, which no
client can shorten, and which is longer than asked for on a busy machine.

`--nrfutil` is nrfutil 6.1.7, as `pip install 'protobuf<4' nrfutil==6.1.7` gives it under Python 3.10. With `--check` the exit
code is 1 when a target is missed.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
LIMIT = 120


class Target:
    """What the port does: MTU, and microseconds in front of the answers to Create and Execute."""

    def __init__(self, name, mtu, create_us, execute_us, runs_divisor):
        self.name, self.mtu, self.create_us, self.execute_us = name, mtu, create_us, execute_us
        self.runs_divisor = runs_divisor


TARGETS = [
    Target("instant, MTU 131", 131, 0, 0, 1),
    Target("instant, MTU 2051", 2051, 0, 0, 1),
    Target("flash-timed, MTU 2051", 2051, 85_000, 42_000, 4),
]

def intel_hex(address, data):
    def record(kind, at, payload):
        body = bytes([len(payload), at >> 8 & 0xFF, at & 0xFF, kind]) + payload
        return ":" + body.hex().upper() + f"{-sum(body) & 0xFF:02X}\n"

    lines, upper = [], None
    for start in range(0, len(data), 16):
        at = address + start
        if at >> 16 != upper:
            upper = at >> 16
            lines.append(record(4, 0, upper.to_bytes(2, "big")))
        lines.append(record(0, at & 0xFFFF, data[start : start + 16]))
    return "".join(lines) + record(1, 0, b"")


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.responder = folder / "responder"
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O2", "-o", self.responder, HERE / "responder.c"], check=True)
        firmware = random.Random(1).randbytes(arguments.bytes)
        image, self.package = folder / "application.bin", folder / "package.zip"
        image.write_bytes(firmware)
        (folder / "application.hex").write_text(intel_hex(0x26000, firmware))
        if arguments.nrfutil:
            command = [arguments.nrfutil, "pkg", "generate", "--hw-version", "52", "--sd-req", "0x0100"]
            command += ["--application", folder / "application.hex", "--application-version", "1", self.package]
        else:
            command = [arguments.gauntlet, "package", "build", self.package, "--application", image]
            command += ["--hw-version", "52", "--sd-req", "0x0100", "--application-version", "1"]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, cwd=folder)
        self.clients = {"gauntlet": lambda port: [arguments.gauntlet, "dfu", self.package, "--port", port]}
        if arguments.nrfutil:
            self.clients["nrfutil"] = lambda port: [
                arguments.nrfutil, "dfu", "serial", "-pkg", self.package, "-p", port, "-cd", "0", "-t", "1"
            ]

    def once(self, target, command):
        """Seconds of wall, firmware phase, CPU, and of what the port itself waited, of one update on a fresh port."""
        options = [self.arguments.bytes, target.mtu, target.create_us, target.execute_us]
        port = subprocess.Popen(
            [str(self.responder), *map(str, options)], stdout=subprocess.PIPE, text=True
        )
        try:
            name = port.stdout.readline().strip()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            done = subprocess.run(
                list(map(str, command(name))), capture_output=True, text=True, timeout=LIMIT, cwd=self.folder
            )
            wall = time.perf_counter() - began
            now = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                sys.exit(f"{command(name)} failed:\n{done.stdout}{done.stderr}")
            micros, waited, taken, _ = port.stdout.readline().split()
            if int(taken) != self.arguments.bytes:
                sys.exit(f"{taken} bytes arrived, not {self.arguments.bytes}")
        finally:
            port.kill()
            port.wait()
        cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        return wall, int(micros) / 1e6, cpu, int(waited) / 1e6

    def measure(self, target):
        runs = max(3, self.arguments.runs // target.runs_divisor)
        figures = {name: [] for name in self.clients}
        for _ in range(runs):
            for name, command in self.clients.items():
                figures[name].append(self.once(target, command))
        return {name: self.summary(all_runs) for name, all_runs in figures.items()}

    def summary(self, runs):
        wall, phase, cpu, waited = (statistics.median(column) for column in zip(*runs))
        rates = sorted(self.arguments.bytes / run[1] / 1000 for run in runs)
        return {
            "runs": len(runs),
            "kB/s": self.arguments.bytes / phase / 1000,
            "kB/s min": rates[0],
            "kB/s max": rates[-1],
            "phase s": phase,
            "wall s": wall,
            "cpu s": cpu,
            "port s": waited,
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gauntlet", required=True, type=os.path.abspath)
    parser.add_argument("--nrfutil", type=os.path.abspath)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--bytes", type=int, default=153_600)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    results, missed = {}, []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        for target in TARGETS:
            results[target.name] = bench.measure(target)
            print(f"{target.name}, {arguments.bytes} bytes, medians")
            for name, row in results[target.name].items():
                print(
                    f"  {name:14} {row['kB/s']:8.1f} kB/s ({row['kB/s min']:.0f}..{row['kB/s max']:.0f})"
                    f"  {row['phase s']:7.4f} s firmware  {row['wall s']:6.3f} s wall  {row['cpu s']:6.3f} s CPU"
                    f"  {row['port s']:6.3f} s port  ({row['runs']} runs)"
                )
    ours, theirs = results[TARGETS[0].name]["gauntlet"], results[TARGETS[0].name].get("nrfutil")
    timed = results[TARGETS[2].name]["gauntlet"]["kB/s"]
    targets = [("on the flash-timed port, kB/s", timed, timed >= 31.5, "at least 31.5")]
    if theirs:
        faster, shorter = ours["kB/s"] / theirs["kB/s"], theirs["wall s"] / ours["wall s"]
        targets.append(("instant port: times the throughput of nrfutil", faster, faster >= 5, "at least 5"))
        targets.append(("instant port: times shorter wall than nrfutil", shorter, shorter >= 10, "at least 10"))
    print("targets")
    for what, found, met, wanted in targets:
        print(f"  {what}: {found:.1f} ({wanted}: {'met' if met else 'MISSED'})")
        if not met:
            missed.append(what)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
