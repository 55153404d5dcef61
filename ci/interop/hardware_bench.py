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
    "good/twice", "good/without-application", "good/resets-by-itself", "good/nrfutil-sizes[package=app_4097_signed]",
    "loss/packet", "loss/init-answer", "corruption/data", "corruption/init-packet", "resume/host-gone",
    "entry/buttonless", "entry/retained-register[value=0xB1]", "power/before-init[to=60]", "power/init-committed",
    "power/activation[op=3463,tear=torn]", "power/activation[op=5901,tear=after]", "power/reset-in-transfer",
    "power/copy-distance[distance=8KiB,op=2600]", "ble/pairing", "ble/bonded",
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
    finished = {line["case"]: line["verdict"] for line in lines if line["event"] == "case-finished"}
    verdicts = collections.Counter(found["is"] for found in finished.values())
    for case, found in finished.items():
        if found["is"] not in ("pass", "skipped"):
            print(f"{case}: {json.dumps(found)[:600]}")
    unexplained = [case for case, found in finished.items() if found["is"] == "skipped" and not found["because"]["reason"]]
    fired = [line for line in lines if line["event"] == "fault-fired"]
    sampled = sum("sampled" in line["fault"] for line in fired)
    claimed = sum(line["position"].startswith("flash operation") for line in fired)
    passed = verdicts["pass"] > 0 and verdicts["fail"] == 0 and verdicts["error"] == 0
    print(f"doctor {doctor}, run {ran}, {dict(verdicts)}, {sampled} sampled power cuts")
    good = doctor == 0 and ran == 0 and passed and sampled > 0 and claimed == 0 and not unexplained
    return 0 if good else 1


sys.exit(main())
