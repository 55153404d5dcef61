#!/usr/bin/env python3
"""Checks that known faults of nrfutil, unmodified, are found by the scenarios that judge a client, in the right words.

usage: nrfutil_client.py NRFUTIL GAUNTLET

nrfutil counts what it has sent and not what the device has, and takes an answer for granted. So it reports success for an
image that ends before the size in its init packet, and it crashes when an answer is missing.
"""

import subprocess
import sys
import tempfile

# The scenario, and what has to be said of nrfutil.
FAULTS = [
    (
        "client/shorter-than-promised[how=app_size_too_big]",
        "success reported (exit code 0) although the device does not have the package",
    ),
    (
        "client/answer-lost[kind=select,n=1]",
        "TypeError: cannot convert 'NoneType' object to bytearray",
    ),
    (
        "client/answer-lost[kind=crc,n=1]",
        "Did not receive checksum response from DFU target",
    ),
]
# What it does well passes, so that a failure means something.
GOOD = "client/good"
FAILED = 100


def run(gauntlet, nrfutil, case):
    with tempfile.TemporaryDirectory() as folder:
        command = f"'{nrfutil}' dfu usb-serial -pkg {{package}} -p {{port}} -cd 0 -t 3"
        told = subprocess.run(
            [gauntlet, "run", "--client", command, "--progress", "none", "--report-dir", folder, case],
            capture_output=True,
            text=True,
            timeout=900,
        )
    return told.returncode, told.stdout + told.stderr


def main():
    nrfutil, gauntlet = sys.argv[1:3]
    wrong = 0
    code, said = run(gauntlet, nrfutil, GOOD)
    print(f"{'ok   ' if code == 0 else 'WRONG'} {GOOD}", flush=True)
    if code != 0:
        wrong += 1
        print(said)
    for case, words in FAULTS:
        code, said = run(gauntlet, nrfutil, case)
        # Lines are wrapped for people.
        found = words in " ".join(said.split())
        good = code == FAILED and found
        print(f"{'ok   ' if good else 'WRONG'} {case}: {words}", flush=True)
        if not good:
            wrong += 1
            print(f"ended with {code}\n{said}")
    sys.exit(wrong != 0)


main()
