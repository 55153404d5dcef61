#!/usr/bin/env python3
"""Is what a run reports really in the flash? Asked of pyOCD, which shares no code with probe-rs or with this project.

Runs one case on each chip, holds its device, reads every region back with pyOCD and compares the digests with the last
read-back that the run has reported.

    venv/bin/pip install pyocd
    venv/bin/python ci/interop/second_reader.py target/release/gauntlet
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

CASES = {"good/both-chips[chip=nrf52832]": "nrf52832", "good/both-chips[chip=nrf52840]": "nrf52840"}


def held(program, case, folder):
    """Starts the run and returns it together with what pyOCD wants to be told."""
    command = [program, "run", case, "--hold", "pyocd", "--progress", "none", "--report-dir", str(folder)]
    run = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in run.stderr:
        words = line.split()
        if words[:1] == ["held"]:
            return run, words[1]
    sys.exit(f"{case}: the device was not held (exit code {run.wait()})")


def reported(folder):
    """The regions of the last read-back in the journal."""
    lines = (folder / "run.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    return [record for record in records if record["event"] == "read-back"][-1]["regions"]


def read(selector, chip, start, length, folder):
    path = folder / "region.bin"
    command = [sys.executable, "-m", "pyocd", "commander", "-u", selector, "-t", chip]
    done = subprocess.run(
        command + ["-c", f"savemem {start:#x} {length:#x} {path}"], capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    return path.read_bytes()


def compare(program, case, chip, folder):
    run, selector = held(program, case, folder)
    differences = 0
    for region in reported(folder):
        content = read(selector, chip, int(region["start"], 16), region["len"], folder)
        same = hashlib.sha256(content).hexdigest() == region["sha256"]
        differences += not same
        print(f"  {'ok: ' if same else 'DIFFERS: '}{case}: {region['name']}, {region['len']} bytes")
    run.stdin.write("\n")
    run.stdin.flush()
    run.stderr.read()
    if run.wait(timeout=60):
        sys.exit(f"{case}: the run ended with {run.returncode}")
    return differences


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    differences = 0
    for case, chip in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            differences += compare(sys.argv[1], case, chip, pathlib.Path(folder))
    print("every region agrees" if not differences else f"{differences} regions differ")
    sys.exit(differences != 0)


if __name__ == "__main__":
    main()
