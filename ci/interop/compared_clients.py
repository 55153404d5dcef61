#!/usr/bin/env python3
"""Checks that a few cases over several ways are told apart: our client, the dongle, and the real nrfutil.

usage: compared_clients.py GAUNTLET NRFUTIL

Shows the matrix. The verdicts of good updates must be the same everywhere, and the JSON must say what the journals say.
Exit code 1 when something is not so.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

CASES = ["client/good[link=serial,size=4096]", "client/good[link=usb,size=10000]", "client/refused[what=key]"]


def main(gauntlet, nrfutil):
    gauntlet = str(pathlib.Path(gauntlet).resolve())
    wrong = []
    with tempfile.TemporaryDirectory() as place:
        tool = f"nrfutil={nrfutil} dfu serial -pkg {{package}} -p {{port}} -cd 0 -t 1"
        command = [gauntlet, "run", *CASES, "--link", f"direct,dongle,{tool}", "--progress", "none", "--report-dir", place]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
        print(ran.stdout)
        if ran.returncode != 0:
            print(ran.stderr)
            wrong.append(f"exit code {ran.returncode}")
        comparison = json.loads(pathlib.Path(place, "compare.json").read_text())
        for column, run in enumerate(comparison["runs"]):
            lines = pathlib.Path(place, run["name"], "run.jsonl").read_text().splitlines()
            records = [json.loads(line) for line in lines]
            verdicts = {r["case"]: r["verdict"]["is"] for r in records if r["event"] == "case-finished"}
            for row in comparison["cases"]:
                told = row["cells"][column]["ended"]
                if verdicts[row["id"]] != told:
                    wrong.append(f"{row['id']} over {run['name']}: {told}, and the journal says {verdicts[row['id']]}")
        for case in CASES:
            row = next(row for row in comparison["cases"] if row["id"] == case)
            ended = [cell["ended"] for cell in row["cells"]]
            if ended != ["pass", "skipped", "pass"]:
                wrong.append(f"{case}: {ended}")
        page = pathlib.Path(place, "compare.html").read_text()
        if "http:" in page or "https:" in page:
            wrong.append("the page asks somebody else")
        if not any(pathlib.Path(place, "nrfutil", "output").iterdir()):
            wrong.append("what nrfutil printed was not kept")
    for what in wrong:
        print("WRONG", what)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
