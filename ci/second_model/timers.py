"""The inactivity timer (section 12), in milliseconds of the device."""

from .results import Unspecified

MARGIN = 2500
"""How far the clock of whoever asks may be off, because booting and settling take time."""


class Timer:
    """Runs from the entry of DFU mode; two requests restart it."""

    def __init__(self, config, now, continues):
        self.config = config
        self.deadline = now + (config.continuation_ms if continues else config.inactivity_ms)

    def restart(self, now):
        """TMR-002, TMR-003; after TMR-009, too, with the long time."""
        self.deadline = now + self.config.inactivity_ms

    def left(self, now):
        """Time until DFU mode is over; negative when it is."""
        return self.deadline - now

    def expired(self, now):
        """Is DFU mode over (TMR-006)? Too close to tell is `Unspecified`."""
        if abs(self.left(now)) < MARGIN:
            raise Unspecified("TMR-001: too close to the end of the time")
        return self.left(now) < 0
