"""A second model of the Secure DFU bootloader, written from the requirements alone.

It shares nothing with the Rust reference device, so that whatever one of the two has got wrong shows as a difference.
It covers release builds: UART and USB whole, and BLE as far as neither the link nor the depth of its queues matters.

    wire         SLIP frames (SER)
    timers       the inactivity timer (TMR)
    flash        a flash memory that only clears bits
    settings     the settings page and its backup (SET, PWR)
    init_packet  the decoder of init packets (PKG)
    p256         ECDSA over P-256
    validation   what is checked before and after the transfer (VAL)
    memory       where images go (MEM)
    objects      create, write, execute (OBJ)
    activation   what happens at boot (ACT)
    requests     opcodes and receipts (CP, PRN)
    device       all of it, behind a line (SER, FLT)

The rest compares it with the Rust device, for `ci/interop/second_model.py`:

    packages     init packets and images, sound and faulty
    published    those that nrfutil has made
    pages        settings pages as they may be found
    traffic      what hosts may say, and what may happen to a device
    served       the device behind `gauntlet device serve`
    lines        the device behind the example `device_lines`
    compare      both side by side
    test_model   the model against published figures

Every function that implements a requirement cites its id. `Unspecified` is raised, before anything has changed, where
the requirements leave the behaviour open: nothing can be compared there.
"""
