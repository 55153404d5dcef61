#!/usr/bin/env python3
"""Every planted bug of the demo firmware has to be found by the suite, in cases that pass without it.

usage: ci/firmware_bugs.py GAUNTLET [PATTERN...]

Runs the scenarios of AREAS, or those that are named, on the demo bootloader, and then on each variant of it. Ends with
`found N of N planted bugs of the firmware`, and with 1 when one is missed. Takes some minutes.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

# What runs over a UART, and together says what a bootloader may not do.
AREAS = ["bare", "refusal/bad-signature", "refusal/downgrade", "refusal/hash-mismatch", "good/twice",
         "resume/lower-version-between", "space/beside-the-application", "power/copy-distance", "power/init-not-committed",
         "power/init-committed", "power/activation", "power/each-commit"]


def verdicts(gauntlet, wanted, *more):
    """What became of every case, by its id."""
    with tempfile.TemporaryDirectory() as folder:
        command = [gauntlet, "run", "--target", "demo-uart", "--progress", "none", "--report-dir", folder, *more, *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode not in (0, 98, 100):
            sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
        with open(pathlib.Path(folder) / "run.jsonl", encoding="utf-8") as journal:
            records = [json.loads(line) for line in journal]
    found = {}
    for record in records:
        if record.get("event") == "case-finished":
            found[record["case"]] = record["verdict"]["is"]
    return found


def main():
    gauntlet, wanted = sys.argv[1], sys.argv[2:] or AREAS
    listed = pathlib.Path(__file__).parent.parent / "targets/firmware/bugs.yaml"
    bugs = re.findall(r"^- name: (\S+)$", listed.read_text(encoding="utf-8"), re.MULTILINE)
    sound = [case for case, verdict in verdicts(gauntlet, wanted).items() if verdict == "pass"]
    print(f"{len(sound)} cases pass on the demo bootloader")
    missed = []
    for bug in bugs:
        now = verdicts(gauntlet, wanted, "--planted-bug", bug)
        by = [case for case in sound if now.get(case) == "fail"]
        print(f"found   {bug:22}  by {by[0]} and {len(by) - 1} more" if by else f"MISSED  {bug}", flush=True)
        if not by:
            missed.append(bug)
    print(f"found {len(bugs) - len(missed)} of {len(bugs)} planted bugs of the firmware")
    return 1 if missed or not sound else 0


if __name__ == "__main__":
    sys.exit(main())
