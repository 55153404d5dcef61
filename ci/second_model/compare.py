"""The same bytes to both devices, and the first difference in what they say or leave in flash."""

import base64
import random
import tempfile
import time
from dataclasses import dataclass

from . import p256, requests as op
from .activation import Outcome
from .config import NRF52832, NRF52840, Config
from .device import Device
from .packages import KEY
from .results import Unspecified
from .served import Served
from .traffic import Step, Traffic, request

SILENCE = 0.02
"""Seconds of silence that are believed where no barrier can be sent."""


@dataclass(frozen=True)
class Setup:
    """A served device: its options, and the model's configuration. The flash it begins with is read from it."""

    name: str
    options: tuple
    config: Config


def setups(folder):
    """Every kind of device that is compared."""
    public = p256.public_key(KEY)
    pem = f"{folder}/public.pem"
    with open(pem, "w", encoding="ascii") as file:
        file.write(public_pem(public))
    chips = (("nrf52832", NRF52832), ("nrf52840", NRF52840))
    for name, chip in chips:
        for softdevice in ((), ("--softdevice", "none")):
            for unsigned in ((), ("--unsigned",)):
                for version in ((), ("--app-version", "7")):
                    options = ("--chip", name, "--key", pem, *softdevice, *unsigned, *version)
                    label = " ".join([name, *softdevice, *unsigned, *version]).replace("--", "")
                    yield Setup(label, options, Config(chip, public, require_signed_app=not unsigned))
    odd = ("--chip", "nrf52832", "--key", pem, "--hw-version", "51", "--app-version", "4294967295")
    yield Setup("nrf52832 hw-version 51 app-version max", odd, Config(NRF52832, public, hw_version=51))


def public_pem(public):
    """The public key as the SPKI PEM that `--key` takes."""
    prefix = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" "04")
    der = prefix + b"".join(value.to_bytes(32, "big") for value in public)
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


class Difference(Exception):
    """The two devices do not agree."""


class Bench:
    """Both devices of one setup, fresh for every sequence."""

    def __init__(self, gauntlet, setup):
        self.gauntlet, self.setup = gauntlet, setup
        self.folder = tempfile.TemporaryDirectory(prefix="second-model-")
        served = Served(gauntlet, setup.options, self.folder.name)
        served.send(request(op.HARDWARE).wire)
        hardware = served.answer()
        _, self.contents = served.end()
        variant = int.from_bytes(hardware[7:11], "little")
        # The variant is the chip's own (CP-008), not the bootloader's.
        self.config = Config(**{**vars(setup.config), "variant": variant})
        self.requests = 0
        self.skipped = {}

    def run(self, seed):
        """A generated sequence: (steps that were sent, difference or None)."""
        rng = random.Random(seed)
        pair = Pair(self)
        steps = []
        try:
            for step in Traffic(rng, pair.model).steps(acts=rng.randrange(1, 7)):
                if pair.offer(step):
                    steps.append(step)
                if pair.over:
                    break
            pair.finish()
            return steps, None
        except Difference as difference:
            return steps + ([pair.last] if pair.last else []), difference
        finally:
            pair.close()

    def replay(self, steps):
        """The same with given steps: the difference or None."""
        pair = Pair(self)
        try:
            for step in steps:
                pair.offer(step)
                if pair.over:
                    break
            pair.finish()
            return None
        except Difference as difference:
            return difference
        finally:
            pair.close()

    def shrink(self, steps, seconds):
        """Fewer steps that still end in a difference, as few as can be found in that time."""
        size, deadline = max(len(steps) // 2, 1), time.monotonic() + seconds
        while size:
            start, smaller = 0, False
            while start < len(steps):
                if time.monotonic() > deadline:
                    return steps
                fewer = steps[:start] + steps[start + size :]
                if self.replay(fewer) is not None:
                    steps, smaller = fewer, True
                else:
                    start += size
            if not smaller:
                size //= 2
        return steps


class Pair:
    """The served device and the model of it, side by side."""

    def __init__(self, bench):
        self.bench = bench
        self.model = Device(bench.contents, bench.config)
        self.model.just_restarted = False
        self.served = Served(bench.gauntlet, bench.setup.options, bench.folder.name)
        self.over = False
        self.last = None
        self.ping = 0

    def close(self):
        """Leaves nothing running."""
        if self.served.process.poll() is None:
            self.served.kill()

    def offer(self, step):
        """Sends a step to both, unless its outcome is open; says whether it was sent."""
        self.last = step
        self.model.just_restarted = False
        try:
            expected = self.model.receive(step.wire)
        except Unspecified as reason:
            self.bench.skipped[str(reason)] = self.bench.skipped.get(str(reason), 0) + 1
            return False
        self.bench.requests += 1
        self.served.send(step.wire)
        for answer in expected:
            self._expect(answer, step)
        if self.model.restarted():
            self._restart()
        elif not expected:
            self._silence(step)
        return True

    def _expect(self, answer, step):
        found = self.served.answer()
        if found != answer:
            raise Difference(f"to {shown(step.wire)}: the model says {shown(answer)}, the device {shown(found)}")

    def _silence(self, step):
        """No answer is due: a Ping shows that none came."""
        if self.model.unreachable():
            if step.barrier and (found := self.served.answer(SILENCE)) is not None:
                raise Difference(f"to {shown(step.wire)}: the model says nothing, the device {shown(found)}")
        elif step.barrier and not self.model.decoder.busy():
            self.ping = (self.ping + 1) % 0xC0
            ping = request(op.PING, bytes([self.ping]))
            for answer in self.model.receive(ping.wire):
                self.served.send(ping.wire)
                found = self.served.answer()
                if found != answer:
                    raise Difference(f"to {shown(step.wire)}: the model says nothing, the device {shown(found)}")

    def _restart(self):
        """The request has reset both. Whoever serves the device sends it back to DFU mode when an application runs."""
        try:
            if self.model.boot() is Outcome.APPLICATION:
                self.model.boot(enter_dfu=True)
        except Unspecified:
            self.over = True
            return
        self.model.just_restarted = True
        if not self.served.wait_until_back():
            raise Difference("the device is not back in DFU mode after its reset")

    def finish(self):
        """Compares what can be asked for, and the flash after one more reset."""
        self.last = None
        if self.over:
            return
        if not self.model.unreachable() and not self.model.decoder.busy():
            questions = [request(op.GET_CRC), *(request(op.SELECT, bytes([kind])) for kind in (1, 2))]
            questions += [request(op.FIRMWARE, bytes([index])) for index in range(4)]
            for question in questions:
                for answer in self.model.receive(question.wire):
                    self.served.send(question.wire)
                    self._expect(answer, question)
        code, flash = self.served.end()
        outcome = self.model.boot()
        self._compare_flash(flash)

    def _compare_flash(self, flash):
        mine = bytes(self.model.flash.bytes)
        if mine == flash:
            return
        at = next(index for index, (one, other) in enumerate(zip(mine, flash)) if one != other)
        start = at & ~3
        raise Difference(
            f"flash differs from {at:#x} on: the model has {mine[start : start + 16].hex()}, "
            f"the device {flash[start : start + 16].hex()} (from {start:#x})"
        )


def shown(data):
    """Bytes for a reader."""
    return "nothing" if data is None else data.hex(" ")


def listed(steps):
    """A sequence, one line per step."""
    return [shown(step.wire) + ("" if step.barrier else "   (at once)") for step in steps]


def parsed(lines):
    """The steps of a listed sequence."""
    for line in lines:
        wire, _, at_once = line.partition("(")
        if wire.strip():
            yield Step(bytes.fromhex(wire), not at_once)
