#!/usr/bin/env python3
"""Checks captures with tshark: no malformed packet, and as many bytes and answers as the journal tells.

usage: captures.py GAUNTLET TSHARK

Exit code 1 when something is not so.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

CASES = ["good/twice", "good/both-chips[chip=nrf52840]", "client/good[link=serial,size=4096]"]
WRITE_REQUEST, WRITE_COMMAND, NOTIFICATION = "0x12", "0x52", "0x1b"
CONTROL_POINT, PACKET = "0x000c", "0x000f"


def decoded(tshark, path, *fields):
    command = [tshark, "-r", str(path), "-T", "fields", "-E", "separator=;"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return [line.split(";") for line in out.splitlines()]


def main(gauntlet, tshark):
    gauntlet = str(pathlib.Path(gauntlet).resolve())
    wrong, checked = [], 0
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place, "out")
        subprocess.run(
            [gauntlet, "run", *CASES, "--capture", out, "--progress", "none", "--report-dir", place],
            check=True, capture_output=True, timeout=300,
        )
        records = [json.loads(line) for line in pathlib.Path(place, "run.jsonl").read_text().splitlines()]
        for case in CASES:
            name = case.replace("/", "_")
            sent = [r["bytes"] for r in records if r.get("case") == case and r["event"] == "update-finished"]
            if not sent:
                wrong.append(f"{case}: no update in the journal")
            for number, told in enumerate(sent, 1):
                text = (out / f"{name}-{number}.txt").read_text().splitlines()
                answers = sum(" <- " in line for line in text)
                requests = sum(" -> " in line and "bytes of the object" not in line for line in text)
                snoop = out / f"{name}-{number}.btsnoop"
                checked += 1
                if not snoop.exists():
                    rows = decoded(tshark, out / f"{name}-{number}.pcap", "frame.protocols")
                    if not rows or any("malformed" in protocols for protocols, in rows):
                        wrong.append(f"{name}-{number}.pcap is not read: {rows[:2]}")
                    continue
                rows = decoded(tshark, snoop, "frame.protocols", "btatt.opcode", "btatt.handle", "btatt.value", "frame.time_epoch")
                if any("malformed" in row[0] for row in rows):
                    wrong.append(f"{snoop.name}: malformed packets")
                of = lambda opcode, handle: [row for row in rows if row[1] == opcode and row[2].split(",")[0] == handle]
                found = sum(len(row[3]) // 2 for row in of(WRITE_COMMAND, PACKET))
                counts = (found, len(of(WRITE_REQUEST, CONTROL_POINT)), len(of(NOTIFICATION, CONTROL_POINT)))
                if counts != (told, requests, answers):
                    wrong.append(f"{snoop.name}: bytes, requests, answers {counts}, not {(told, requests, answers)}")
                times = [float(row[4]) for row in rows]
                if times != sorted(times):
                    wrong.append(f"{snoop.name}: times go back")
                uuids = subprocess.run([tshark, "-r", str(snoop), "-V"], capture_output=True, text=True, timeout=120).stdout
                if "8ec90001f3154f609fb8838830daea50" not in uuids.lower().replace("-", "").replace(":", ""):
                    wrong.append(f"{snoop.name}: the control point is not told by its UUID")
                print(f"ok    {snoop.name}: {counts[0]} bytes, {counts[1]} requests, {counts[2]} answers")
    for what in wrong:
        print("WRONG", what)
    print(f"{checked} captures")
    return bool(wrong) or checked == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
