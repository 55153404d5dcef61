"""The whole device behind a serial line: bytes in, frames out (sections 5 and 14)."""

import copy

from . import wire
from .activation import Boot, Outcome
from .flash import Flash
from .requests import CREATE, EXECUTE, WRITE, Requests
from .results import Unspecified
from .timers import Timer

BUFFERS = 3
"""Receive buffers of a serial transport (0.2)."""


BLE_BUFFERS = 17


class Device:
    """A device with power on. Between frames all of its state is flash, settings and the few variables of 0.3."""

    def __init__(self, contents, config, now=0):
        self.config = config
        self.flash = Flash(contents)
        self.boot(enter_dfu=True, now=now)

    def boot(self, enter_dfu=False, now=0):
        """A reset. Returns what runs afterwards; RAM is as after a reset."""
        boot = Boot(self.flash, self.config)
        outcome = boot.run(enter_dfu)
        self.decoder = wire.Decoder(self.config.mtu)
        self.deaf = False
        self.in_dfu = outcome is Outcome.DFU
        self.requests = Requests(self.flash, self.config) if self.in_dfu else None
        self.timer = Timer(self.config, now, boot.continues)
        return outcome

    def receive(self, data, now=0):
        """The answers to these bytes, that come at `now` milliseconds. Raises `Unspecified` before anything has changed.

        No more than one frame may end in `data`; bytes behind a request that resets the device are lost.
        """
        decoder = self.decoder.copy()
        frames = [frame for frame in map(decoder.take, data) if frame is not None]
        assert len(frames) <= 1, "one frame at a time"
        answer = None
        if frames:
            if self.deaf and frames[0][0] != WRITE:
                raise AssertionError("a device without buffers only repeats a Write")
            answer = self._handle(frames[0])
            if self.requests.progressed:
                self.timer.restart(now)
            self.deaf = not self.config.ble and self.requests.leaked >= BUFFERS
            if not self.deaf:
                # FLT-010: without a free buffer the next bytes go behind the last refused frame.
                decoder.frame.clear()
        self.decoder = decoder
        return [] if answer is None else [answer]

    def _handle(self, frame):
        if self.config.ble and frame[0] == WRITE and self.requests.leaked >= BLE_BUFFERS:
            return None  # FLT-010, PRN-008: lost, and not counted
        before = copy.deepcopy(self.requests) if frame[0] in (CREATE, EXECUTE) else self.requests
        try:
            return self.requests.handle(frame)
        except Unspecified:
            self.requests, self.flash = before, before.flash
            raise

    def restarted(self):
        """Has the last request reset the device? Then `boot` is next."""
        return self.requests.reset

    def unreachable(self):
        """Can nothing be said to this device any more until it is reset (SER-010, FLT-010)?"""
        return self.deaf or self.decoder.dead
