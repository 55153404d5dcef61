"""A device that `gauntlet device serve` serves, and its flash when it has ended."""

import signal
import subprocess

LIMIT = 240
"""Seconds after which a device that should end has not ended."""


class Served:
    """Started with the options of `device serve`; `port` is the first line that it prints."""

    def __init__(self, gauntlet, folder, *options, name="flash"):
        self.dump, self.log = folder / f"{name}.bin", folder / f"{name}.log"
        self.dump.unlink(missing_ok=True)
        command = [gauntlet, "device", "serve", "--dump", self.dump, *options]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=log, text=True)
        self.port = self.line()
        self.said = ""
        """What it printed on stdout since then, once it has ended."""

    def line(self):
        """The next line that it prints."""
        return self.process.stdout.readline().strip()

    def end(self, interrupt):
        """Exit code, and the flash as the probe read it; None and nothing when it does not end."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        try:
            self.said, _ = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return None, b""
        return self.process.returncode, self.dump.read_bytes() if self.dump.exists() else b""

    def kill(self):
        self.process.kill()
        self.process.communicate()
