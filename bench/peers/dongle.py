#!/usr/bin/env python3
"""Our client and nrfutil over the same virtual dongle, in turns; medians, and the ratio in the same run.

usage: dongle.py --gauntlet PROGRAM --nrfutil PROGRAM [--runs N] [--bytes N] [--dongle PACE] [--busy N] [--only CLIENT]
                 [--json FILE] [--check]

`gauntlet device serve --dongle=real` has a dongle whose line runs at 1,000,000 baud. Every update must end in flash, which is
read back through the probe; nothing else counts. Wall is from the start of the client's process to its end. nrfutil runs as it
is used, and once more with `-cd 0`, which takes its fixed delay out. `--busy` keeps so many loops running beside it. With
`--check` the exit code is 1 when an update did not end in flash, or nrfutil takes less than 5 times as long as our client; it
is 77 when nrfutil has no BLE driver.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 180
APPLICATION = 0x26000
TARGET = 5


def shim():
    """The few lines that add a pseudo-terminal to the ports that nrfutil opens."""
    path = ROOT / "ci" / "interop" / "nrfutil_dongle.py"
    spec = importlib.util.spec_from_file_location("nrfutil_dongle", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SHIM


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.port, self.dump = folder / "dongle", folder / "flash.bin"
        (folder / "shim").mkdir()
        (folder / "shim" / "sitecustomize.py").write_text(shim())
        self.environment = {**os.environ, "PYTHONPATH": str(folder / "shim"), "DONGLE_PORT": str(self.port)}
        key, self.public, self.package = folder / "key.pem", folder / "public.pem", folder / "update.zip"
        self.firmware = random.Random(1).randbytes(arguments.bytes)
        image = folder / "application.bin"
        image.write_bytes(self.firmware)
        self.nrfutil("keys", "generate", key)
        self.nrfutil("keys", "display", "--key", "pk", "--format", "pem", "--out_file", self.public, key)
        self.nrfutil("pkg", "generate", "--hw-version", 52, "--sd-req", "0x0101", "--key-file", key,
                     "--application", image, "--application-version", 3, self.package)
        ours = [arguments.gauntlet, "dfu", self.package, "--link", "dongle", "--port", self.port, "--name", "DfuTarg"]
        theirs = [arguments.nrfutil, "dfu", "ble", "-ic", "NRF52", "-pkg", self.package, "-p", self.port, "-n", "DfuTarg"]
        clients = {"gauntlet": ours, "nrfutil": theirs, "nrfutil -cd 0": [*theirs, "-cd", "0"]}
        self.clients = {name: list(map(str, command)) for name, command in clients.items()
                        if arguments.only in (None, name)}

    def nrfutil(self, *words):
        command = [self.arguments.nrfutil, *map(str, words)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def update(self, client):
        """Wall time of one update, and what is wrong with it."""
        self.dump.unlink(missing_ok=True)
        serve = [self.arguments.gauntlet, "device", "serve", f"--dongle={self.arguments.dongle}", "--key", self.public,
                 "--link-path", self.port, "--dump", self.dump, "--expect", self.package]
        served = subprocess.Popen(list(map(str, serve)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        served.stdout.readline()
        began = time.monotonic()
        try:
            ran = subprocess.run(client, capture_output=True, text=True, timeout=LIMIT, cwd=self.folder,
                                 env=self.environment, errors="replace")
            code, words = ran.returncode, ran.stdout + ran.stderr
        except subprocess.TimeoutExpired as late:
            code, words = None, str(late)
        wall = time.monotonic() - began
        served.send_signal(signal.SIGINT)
        served.communicate(timeout=LIMIT)
        flash = self.dump.read_bytes() if self.dump.exists() else b""
        holds = flash[APPLICATION:][: len(self.firmware)] == self.firmware
        wrong = "" if code == 0 and holds else f"exit code {code}, flash holds it: {holds}\n{words[-1500:]}"
        return wall, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gauntlet", required=True)
    parser.add_argument("--nrfutil", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=9000)
    parser.add_argument("--dongle", default="real")
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    # Links stay as they are: a virtual environment is known by its own name.
    arguments.gauntlet, arguments.nrfutil = map(os.path.abspath, (arguments.gauntlet, arguments.nrfutil))
    python = pathlib.Path(arguments.nrfutil).parent / "python"
    driver = subprocess.run([python, "-c", "import pc_ble_driver_py.config"], capture_output=True, text=True)
    if driver.returncode != 0:
        print("skipped: pc_ble_driver_py can't be used here:", driver.stderr.strip().splitlines()[-1])
        sys.exit(77)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)]
    try:
        with tempfile.TemporaryDirectory(prefix="dongle-") as folder:
            bench = Bench(arguments, pathlib.Path(folder))
            walls, failed = {name: [] for name in bench.clients}, 0
            for _ in range(arguments.runs):
                for name, command in bench.clients.items():
                    wall, wrong = bench.update(command)
                    failed += bool(wrong)
                    walls[name] += [] if wrong else [wall]
                    print(f"{name:14} {wall:7.2f} s  {wrong or 'in flash'}", flush=True)
    finally:
        for loop in busy:
            loop.kill()
    medians = {name: statistics.median(taken) for name, taken in walls.items() if taken}
    ratios = {name: medians[name] / medians["gauntlet"] for name in medians if "gauntlet" in medians}
    for name, median in medians.items():
        ratio = f", {ratios[name]:.1f} times ours" if name in ratios and name != "gauntlet" else ""
        print(f"median of {name}: {median:.2f} s{ratio}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"walls": walls, "ratios": ratios}, indent=1))
    slow = "nrfutil" in ratios and ratios["nrfutil"] < TARGET
    sys.exit(1 if arguments.check and (failed or slow) else 0)


if __name__ == "__main__":
    main()
