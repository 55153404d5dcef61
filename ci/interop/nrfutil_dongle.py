#!/usr/bin/env python3
"""Checks that nrfutil, unmodified, updates the virtual device over BLE through the virtual dongle, and what faults make of it.

usage: nrfutil_dongle.py NRFUTIL GAUNTLET [all]

Good updates must end in flash: judged by `--expect` and, independently of that, from the dump that is read back through the
probe; never from what nrfutil says. With each fault nrfutil must fail with its own words for it. Without `all`, the faults
for which nrfutil waits longest are left out. Exit code 1 when something is not so, 77 when nrfutil has no BLE driver.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

APPLICATION = 0x26000
LIMIT = 150
# nrfutil only opens ports that the system lists as USB devices, which a pseudo-terminal is not.
SHIM = """
import os
import serial.tools.list_ports
from serial.tools.list_ports_common import ListPortInfo

listed = serial.tools.list_ports.comports


def comports(*arguments, **options):
    port = ListPortInfo(os.environ["DONGLE_PORT"])
    port.device, port.vid, port.pid, port.serial_number = os.environ["DONGLE_PORT"], 0x1915, 0xC00A, "1"
    return [*listed(*arguments, **options), port]


serial.tools.list_ports.comports = comports
"""
# The fault, and words of nrfutil that tell it: any of them.
FAULTS = [
    ("silent", ["Failed to open. Error code: NRF_ERROR_TIMEOUT"]),
    ("no-config", ["Failed to open. Error code: NRF_ERROR_TIMEOUT"]),
    ("slow-start", ["Failed to open. Error code: NRF_ERROR_TIMEOUT"]),
    ("no-advertising", ["Connection Failure - Device not found!"]),
    ("lost-write-response", ["TypeError: 'NoneType' object is not subscriptable"]),
    ("early-write-response", ["TypeError: 'NoneType' object is not subscriptable"]),
    ("no-response", ["NRF_ERROR_SD_RPC_SEND"]),
    ("impossible-ack", ["Failed to ble_gattc_write. Error code: NRF_ERROR_SD_RPC"]),
    ("no-ack", ["Failed to ble_gattc_write. Error code: NRF_ERROR_SD_RPC_NO_RESPONSE"]),
    ("halt", ["NRF_ERROR_SD_RPC_NO_RESPONSE"]),
    ("reboot", ["Failed to ble_gattc_write. Error code: NRF_ERROR_SD_RPC"]),
    ("port-gone", ["NRF_ERROR_SD_RPC"]),
    ("write-refused", ["Failed to ble_gattc_write. Error code: NRF_ERROR_NOT_FOUND"]),
    ("link-loss", ["KeyError", "12290", "NRF_ERROR"]),
    ("lost-notification", ["Timeout: operation - SetPRN"]),
]
SLOW = {"lost-notification", "slow-start", "no-config"}
# Said to be done although nothing was executed.
SILENT_FAILURES = ["corrupt-data", "lost-data"]
# The driver copes with it.
HARMLESS = ["no-resources:5"]


class Check:
    def __init__(self, nrfutil, gauntlet, folder):
        self.nrfutil, self.gauntlet, self.folder = nrfutil, gauntlet, folder
        self.wrong = 0
        self.port, self.dump = folder / "dongle", folder / "flash.bin"
        (folder / "shim").mkdir()
        (folder / "shim" / "sitecustomize.py").write_text(SHIM)
        self.key, self.public = folder / "key.pem", folder / "public.pem"
        self.tool("keys", "generate", self.key).check_returncode()
        display = ("keys", "display", "--key", "pk", "--format", "pem", "--out_file", self.public, self.key)
        self.tool(*display).check_returncode()

    def tool(self, *arguments):
        shim = {"PYTHONPATH": str(self.folder / "shim"), "DONGLE_PORT": str(self.port)}
        return subprocess.run(
            [self.nrfutil, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT, cwd=self.folder,
            env={**os.environ, **shim}, errors="replace",
        )

    def package(self, image):
        file, package = self.folder / "application.bin", self.folder / "update.zip"
        package.unlink(missing_ok=True)
        file.write_bytes(image)
        arguments = ["--hw-version", 52, "--sd-req", "0x0101", "--key-file", self.key]
        arguments += ["--application", file, "--application-version", 3]
        self.tool("pkg", "generate", *arguments, package).check_returncode()
        return package

    def update(self, image, *options, client=()):
        """What nrfutil says, exit code of the served device, and its flash."""
        package = self.package(image)
        self.dump.unlink(missing_ok=True)
        command = [self.gauntlet, "device", "serve", "--key", self.public, "--link-path", self.port]
        command += ["--dump", self.dump, "--expect", package, *options]
        served = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        served.stdout.readline()
        try:
            told = self.tool("-v", "-v", "-v", "dfu", "ble", "-ic", "NRF52", "-pkg", package, "-p", self.port,
                             "-n", "DfuTarg", "-cd", 0, *client)
            code, words = told.returncode, told.stdout + told.stderr
        except subprocess.TimeoutExpired as late:
            code, words = None, f"{late.stdout or ''}{late.stderr or ''}"
        served.send_signal(signal.SIGINT)
        said, _ = served.communicate(timeout=LIMIT)
        flash = self.dump.read_bytes() if self.dump.exists() else b""
        holds = flash[APPLICATION:][: len(image)] == image
        return code, words, served.returncode, holds, said

    def report(self, name, problem, words):
        self.wrong += bool(problem)
        print(f"{'WRONG' if problem else 'ok   '} {name}{': ' + problem if problem else ''}", flush=True)
        if problem:
            print(words[-6000:], flush=True)

    def good(self, name, size, *options, client=()):
        code, words, device, holds, said = self.update(random.SystemRandom().randbytes(size), *options, client=client)
        problem = ""
        if code != 0:
            problem = f"nrfutil ended with {code}"
        elif device != 0 or not holds:
            problem = f"flash does not hold the package (exit code {device})"
        self.report(name, problem, words + said)

    def bad(self, fault, expected):
        image = random.SystemRandom().randbytes(5000)
        code, words, _, holds, said = self.update(image, "--dongle", "--fault", fault)
        problem = ""
        if code == 0:
            problem = "nrfutil saw nothing wrong"
        elif holds:
            problem = "flash holds the package all the same"
        elif not any(part in words for part in expected):
            problem = f"nrfutil did not say {expected}"
        elif f"dongle: {fault}: " not in said or "did not fire" in said:
            problem = "the fault did not fire"
        self.report(f"fault {fault}", problem, words + said)

    def false_success(self, fault):
        # Whole objects: the device would refuse a shorter last one where a whole one is due.
        image = random.SystemRandom().randbytes(8192)
        code, words, device, holds, said = self.update(image, "--dongle", "--fault", fault)
        problem = ""
        if code != 0 or "Device programmed." not in words:
            problem = f"nrfutil ended with {code}, where it is known to see nothing"
        elif device != 100 or holds:
            problem = "the served device says that flash holds the package"
        self.report(f"fault {fault}, which nrfutil does not see", problem, words + said)


def main():
    nrfutil, gauntlet = (str(pathlib.Path(name).resolve()) for name in sys.argv[1:3])
    everything = "all" in sys.argv[3:]
    python = pathlib.Path(sys.argv[1]).absolute().parent / "python"
    driver = subprocess.run([python, "-c", "import pc_ble_driver_py.config"], capture_output=True, text=True)
    if driver.returncode != 0:
        print("skipped: pc_ble_driver_py can't be used here:", driver.stderr.strip().splitlines()[-1])
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="nrfutil-dongle-") as folder:
        check = Check(nrfutil, gauntlet, pathlib.Path(folder))
        check.good("an application", 9000, "--dongle")
        check.good("through a dongle as fast as a real one", 4097, "--dongle=real")
        check.good("with the times of flash", 8000, "--dongle", "--timing", "flash")
        check.good("with an ATT MTU of 23", 1200, "--dongle", client=("-mtu", 23))
        for fault, expected in FAULTS:
            if everything or fault not in SLOW:
                check.bad(fault, expected)
        for fault in SILENT_FAILURES:
            check.false_success(fault)
        for fault in HARMLESS:
            check.good(f"fault {fault}, with which nrfutil copes", 9000, "--dongle", "--fault", fault)
    sys.exit(1 if check.wrong else 0)


if __name__ == "__main__":
    main()
