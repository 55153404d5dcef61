"""The same bytes to both devices, and the first difference in what they say or leave in flash."""

import base64
import random
import tempfile
import time
from dataclasses import dataclass, replace

from . import p256, published, requests as op
from .activation import Outcome
from .config import NRF52832, NRF52840, NRF52840_USB, Config
from .device import Device
from .lines import Lines, process
from .packages import KEY
from .results import Unspecified
from .served import Served
from .timers import MARGIN, Timer
from .traffic import Event, Step, Traffic, request

SILENCE = 0.02
"""Seconds of silence that are believed where no barrier can be sent."""


@dataclass(frozen=True)
class Setup:
    """A kind of device: the options that make it, and the model's configuration.

    `served` devices are made by `gauntlet device serve`, the others by the example `device_lines`.
    """

    name: str
    options: tuple
    config: Config
    served: bool
    library: tuple = ()


def served_setups(folder):
    """Every kind of device that `gauntlet device serve` offers."""
    public = p256.public_key(KEY)
    pem = f"{folder}/public.pem"
    with open(pem, "w", encoding="ascii") as file:
        file.write(public_pem(public))
    library = tuple(published.packages())
    known = published.public_key()
    known_pem = f"{folder}/published.pem"
    with open(known_pem, "w", encoding="ascii") as file:
        file.write(public_pem(known))
    for unsigned in ((), ("--unsigned",)):
        for softdevice in ("0x0101", "none"):
            options = ("--chip", "nrf52832", "--key", known_pem, "--softdevice", softdevice, *unsigned)
            label = " ".join(["served published", softdevice, *unsigned])
            yield Setup(label, options, Config(NRF52832, known, require_signed_app=not unsigned), True, library)
    for name, chip in (("nrf52832", NRF52832), ("nrf52840", NRF52840)):
        for softdevice in ((), ("--softdevice", "none")):
            for unsigned in ((), ("--unsigned",)):
                for version in ((), ("--app-version", "7")):
                    options = ("--chip", name, "--key", pem, *softdevice, *unsigned, *version)
                    label = " ".join(["served", name, *softdevice, *unsigned, *version]).replace("--", "")
                    yield Setup(label, options, Config(chip, public, require_signed_app=not unsigned), True)
    odd = ("--chip", "nrf52832", "--key", pem, "--hw-version", "51", "--app-version", "4294967295")
    yield Setup("served nrf52832 hw-version 51", odd, Config(NRF52832, public, hw_version=51), True)


SWITCHES = (
    {},
    {"require_signed_app": False},
    {"downgrade_prevention": False, "require_signed_app": False},
    {"accept_same_version": False},
    {"single_bank": True},
    {"force_dual_bank": True},
    {"save_progress": True},
    {"external_app": True},
    {"app_signature_check": True},
    {"copy_step_pages": 1, "save_progress": True, "single_bank": True, "require_signed_app": False},
)
"""Builds that differ from the default."""

NAMES = {"require_signed_app": "require_signature", "external_app": "external_application"}
"""What the example calls a switch, where it has another name for it."""


def lines_setups():
    """Builds that are not offered on a port, with and without SoftDevice and application."""
    public = p256.public_key(KEY)
    key = b"".join(value.to_bytes(32, "little") for value in public).hex()
    chips = (("nrf52832 uart", NRF52832, 131), ("nrf52840 uart", NRF52840, 131), ("nrf52840 usb", NRF52840_USB, 2051))
    for line, chip, mtu in chips:
        for switches in SWITCHES:
            for softdevice in (1, 0):
                for version in ("3", "none"):
                    pairs = [f"{NAMES.get(name, name)}={int(value)}" for name, value in switches.items()]
                    options = (*line.split(), *pairs, f"softdevice={softdevice}", f"app_version={version}", f"key={key}")
                    label = " ".join(options[:-1])
                    yield Setup(label, options, Config(chip, public, mtu=mtu, **switches), False)


def ble_setups():
    """BLE builds; they have their SoftDevice always."""
    public = p256.public_key(KEY)
    key = b"".join(value.to_bytes(32, "little") for value in public).hex()
    for line, chip in (("nrf52832 ble", NRF52832), ("nrf52840 ble", NRF52840)):
        for switches in SWITCHES:
            for version in ("3", "none"):
                pairs = [f"{NAMES.get(name, name)}={int(value)}" for name, value in switches.items()]
                options = (*line.split(), *pairs, f"app_version={version}", f"key={key}")
                config = Config(chip, public, mtu=600, ble=True, **switches)
                yield Setup(" ".join(options[:-1]), options, config, False)


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

    def __init__(self, program, setup):
        self.program, self.setup = program, setup
        self.folder = tempfile.TemporaryDirectory(prefix="second-model-")
        self.process = None if setup.served else process(program)
        device = self.device()
        device.send(request(op.HARDWARE).wire)
        hardware = device.answer()
        _, self.contents = device.end()
        # The variant is the chip's own (CP-008), not the bootloader's.
        variant = int.from_bytes(hardware[7:11], "little")
        self.config = replace(setup.config, variant=variant)
        self.requests = 0
        self.cuts = 0
        self.skipped = {}

    def close(self):
        """Leaves nothing running."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

    def device(self):
        """A fresh device."""
        if self.setup.served:
            return Served(self.program, self.setup.options, self.folder.name)
        return Lines(self.process, self.setup.options, self.folder.name)

    def run(self, seed):
        """A generated sequence: (steps that were sent, difference or None)."""
        rng = random.Random(seed)
        pair = Pair(self)
        steps = []
        try:
            for step in Traffic(rng, pair.model, pair.device.events, self.setup.library).steps(acts=rng.randrange(1, 7)):
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
    """The Rust device and the model of it, side by side."""

    def __init__(self, bench):
        self.bench = bench
        self.device = bench.device()
        self.model = Device(bench.contents, bench.config, self.device.now_ms)
        self.model.just_restarted = False
        self.over = False
        self.last = None
        self.ping = 0
        self.cut = None

    def close(self):
        """Leaves nothing running."""
        self.device.close()

    def offer(self, step):
        """Lets a step happen to both, unless its outcome is open; says whether it did."""
        self.last = step
        self.model.just_restarted = False
        try:
            if isinstance(step, Event):
                self._happen(step.words)
            else:
                self._send(step)
        except Unspecified as reason:
            self.bench.skipped[str(reason)] = self.bench.skipped.get(str(reason), 0) + 1
            return False
        return True

    def _send(self, step):
        now = self.device.now_ms
        if self.device.events:
            # DFU mode is over, or about to be: a long sequence ends here, and `finish` is not reached in a known state.
            self.over = self.model.timer.left(now) < MARGIN
            if self.over:
                return
        if self.cut is not None:
            self._send_into_cut(step, now)
            return
        expected = self.model.receive(step.wire, now)
        self.bench.requests += 1
        self.device.send(step.wire)
        for answer in expected:
            self._expect(answer, step)
        if self.model.restarted():
            if not expected and (found := self.device.answer(SILENCE)) is not None:
                raise Difference(f"to {shown(step.wire)}: the model says nothing, the device {shown(found)}")
            self._restart()
        elif not expected:
            self._silence(step)

    def _expect(self, answer, step):
        found = self.device.answer()
        if found != answer:
            raise Difference(f"to {shown(step.wire)}: the model says {shown(answer)}, the device {shown(found)}")

    def _silence(self, step):
        """No answer is due: a Ping shows that none came."""
        if self.model.unreachable():
            if step.barrier and (found := self.device.answer(SILENCE)) is not None:
                raise Difference(f"to {shown(step.wire)}: the model says nothing, the device {shown(found)}")
        elif step.barrier and not self.model.decoder.busy():
            self.ping = (self.ping + 1) % 0xC0
            ping = request(op.PING, bytes([self.ping]))
            for answer in self.model.receive(ping.wire):
                self.device.send(ping.wire)
                found = self.device.answer()
                if found != answer:
                    raise Difference(f"to {shown(step.wire)}: the model says nothing, the device {shown(found)}")

    def _happen(self, words):
        """An event (see `Traffic.event`)."""
        if words[0] == "cut":
            self.cut = words
            return
        if words[0] == "wait":
            self._wait(words[1])
            return
        if words[0] == "pages":
            chip = self.bench.config.chip
            for address, data in ((chip.settings, words[1]), (chip.backup, words[2])):
                data = bytes.fromhex(data)
                self.model.flash.bytes[address : address + len(data)] = data
                self.device.say("put", hex(address), data.hex())
            words = ("reset", "pin")
        self.device.say(*words)
        if words[0] == "disconnect":
            self.device.say("wait", 100)
            self.model.requests.disconnected()
            return
        self._restart()

    def _send_into_cut(self, step, now):
        """Power may fail while this step is worked on, or in the boot behind it (section 13)."""
        cut, self.cut = self.cut, None
        before = bytes(self.model.flash.bytes)
        # What the model would do to its flash, operation by operation.
        self.model.flash.journal = journal = []
        try:
            self.model.receive(step.wire, now)
            restarted = self.model.restarted()
            if restarted:
                self._boot(now)
        finally:
            self.model.flash.journal = None
        self.bench.requests += 1
        self.device.say(*cut)
        self.device.send(step.wire)
        if restarted and self.device.state != "off":
            self.device.say("settle")
        if self.over:
            return
        if self.device.state != "off":
            # It was not that far, and what was compared of this step is its flash.
            self.device.say("no-cut")
            while self.device.answer() is not None:
                pass
            if restarted:
                self._restart(booted=True)
            return
        self.bench.cuts += 1
        flash = self.device.flash()
        if any(address >= self.bench.config.chip.bootloader and address < self.bench.config.chip.backup
               for address, _ in journal):  # fmt: skip
            # PWR-014: what the MBR has done by then is its own business.
            self.over = True
            return
        if not is_on_the_way(before, journal, flash):
            raise Difference(f"{' '.join(map(str, cut))} in {shown(step.wire)}: the model's flash is never like the device's")
        self.model.flash.bytes[:] = flash
        self.device.say("reset", "power")
        while self.device.answer() is not None:
            pass
        self._restart()

    def _wait(self, span):
        """A while without a word: the inactivity timer, perhaps more than once (TMR-006 to TMR-008)."""
        end = self.device.now_ms + span
        expired = self.model.timer.expired(end)
        self.device.say("wait", span)
        while expired:
            at = self.model.timer.deadline
            if self._boot(at) is Outcome.APPLICATION or self.over:
                break
            expired = self.model.timer.expired(end)
        if self.model.in_dfu:
            self.device.say("wait", 0)
            if self.device.state not in ("waiting", "connected"):
                raise Difference(f"after {span} ms: the model is in DFU mode, the device is {self.device.state}")
        else:
            self._restart(booted=True)

    def _boot(self, now, enter_dfu=False):
        try:
            return self.model.boot(enter_dfu, now)
        except Unspecified:
            self.over = True
            return None

    def _restart(self, booted=False):
        """Both have been reset. The device is sent back to DFU mode when an application runs."""
        if not booted:
            self._boot(self.device.now_ms)
        if self.over:
            return
        by_application = not self.model.in_dfu
        if by_application:
            self._boot(self.device.now_ms, enter_dfu=True)
            if self.over:
                return
        self.model.just_restarted = True
        if not self.device.wait_until_back():
            raise Difference("the device is not back in DFU mode after its reset")
        if by_application:
            self.model.timer = Timer(self.bench.config, self.device.now_ms, False)

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
                    self.device.send(question.wire)
                    self._expect(answer, question)
        runs, flash = self.device.end()
        outcome = self._boot(0)
        if self.over:
            return
        if runs is not None and runs != (outcome is Outcome.APPLICATION):
            raise Difference(f"at the end: the model ends in {outcome.value}, the device {'does not' if runs else 'does'}")
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


def is_on_the_way(before, journal, flash):
    """Can `flash` be found between `before` and the end of the journal, with at most one operation half done?"""
    state = bytearray(before)
    for address, data in journal:
        end = address + len(data)
        if state[:address] == flash[:address] and state[end:] == flash[end:]:
            return True
        state[address:end] = data
    return state == flash


def shown(data):
    """Bytes for a reader."""
    return "nothing" if data is None else data.hex(" ")


def listed(steps):
    """A sequence, one line per step."""
    for step in steps:
        if isinstance(step, Event):
            yield " ".join(["!", *map(str, step.words)])
        else:
            yield shown(step.wire) + ("" if step.barrier else "   (at once)")


def parsed(lines):
    """The steps of a listed sequence."""
    for line in lines:
        if line.strip().startswith("!"):
            words = line.split()[1:]
            yield Event(tuple(int(word) if word.isdigit() and words[0] in ("wait", "cut") else word for word in words))
            continue
        wire, _, at_once = line.partition("(")
        if wire.strip():
            yield Step(bytes.fromhex(wire), not at_once)
