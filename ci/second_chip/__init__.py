"""A second nRF52, for serial bootloaders: the CPU of the package `unicorn`, and peripherals written in Python from the
published register descriptions, without a look at those in Rust. It logs every flash operation.

It is a judge for whole updates and knows no time but that of its timers: interrupts come while the CPU sleeps, bytes of the
host as well, and everything that takes time on a chip is done at once.
"""
