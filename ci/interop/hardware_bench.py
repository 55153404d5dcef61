#!/usr/bin/env python3
"""Checks that a bench of real parts does its job, with a virtual device of another process in place of the board.

usage: hardware_bench.py GAUNTLET

The harness is started with a bench file as for a board: a probe selector, an address on the air, commands for the supply and
the reset pin. It reaches the device through unmodified probe-rs and btleplug only. Every verdict must be a pass, or skipped
with a reason; power cuts must be there, reported as sampled, and claim no flash operation. Exit code 1 when something is not so,
77 where there is nothing to run on.
"""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

# What of the suite fits into three minutes of wall time.
CASES = [
    "good/smallest", "good/pages", "good/versions", "loss", "resume", "refusal", "rejection", "corruption", "packages",
    "power/transfer", "power/activation", "power/update-committed", "power/reset-in-transfer", "serial",
]
LIMIT = 420


def main():
    gauntlet = str(pathlib.Path(sys.argv[1]).resolve())
    if os.name != "posix":
        print("skipped: sockets of Unix are needed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        switch = folder / "switch"
        device = subprocess.Popen(
            [gauntlet, "device", "serve", "--bluez", "--debug", "glasgow", "--control", switch, "--blank"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        try:
            bus, probe, address = (device.stdout.readline().strip() for _ in range(3))
            power = f"{gauntlet} device power {{}} --control {switch}"
            bench = folder / "desk.yaml"
            bench.write_text(
                f'probe: "{probe}"\nchip: nrf52832\nlink: {{ ble: {{ address: "{address}" }} }}\n'
                f'power: {{ off: "{power.format("off")}", on: "{power.format("on")}" }}\n'
                f'reset: "{gauntlet} device reset --control {switch}"\n'
            )
            environment = dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=bus)

            def run(*arguments, **more):
                return subprocess.run([gauntlet, *arguments], env=environment, cwd=folder, timeout=LIMIT, **more)

            doctor = run("bench", "doctor", "--bench", bench).returncode
            ran = run("run", "--bench", bench, "--progress", "none", *(sys.argv[2:] or CASES)).returncode
            return verdict(folder / "reports/latest/run.jsonl", doctor, ran)
        finally:
            device.send_signal(signal.SIGINT)
            device.wait(timeout=30)


def verdict(journal, doctor, ran):
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    text = [json.dumps(line) for line in lines]
    verdicts = collections.Counter()
    unexplained = []
    for line in lines:
        event = line.get("event", line)
        found = event.get("verdict") if isinstance(event, dict) else None
        if found is None:
            continue
        kind = found if isinstance(found, str) else found.get("kind") or next(iter(found))
        verdicts[kind] += 1
        if kind.lower().startswith("skip") and "reason" not in json.dumps(found):
            unexplained.append(line.get("case"))
    sampled = sum("power-cut (sampled)" in line for line in text)
    claimed = sum('"fault-fired"' in line and "flash operation" in line for line in text)
    print(f"doctor {doctor}, run {ran}, {dict(verdicts)}, {sampled} sampled power cuts")
    good = doctor == 0 and ran == 0 and sampled > 0 and claimed == 0 and not unexplained
    return 0 if good else 1


sys.exit(main())
