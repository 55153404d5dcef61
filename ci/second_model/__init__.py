"""A second model of the Secure DFU bootloader, written from the requirements alone.

It shares nothing with the Rust reference device, so that whatever one of the two has got wrong shows as a difference.
It covers the UART profile in a release build: blocking flash, the whole request set, activation at boot.

    wire         SLIP frames (SER)
    flash        a flash memory that only clears bits
    settings     the settings page and its backup (SET, PWR)
    init_packet  the decoder of init packets (PKG)
    p256         ECDSA over P-256
    validation   what is checked before and after the transfer (VAL)
    memory       where images go (MEM)
    objects      create, write, execute (OBJ)
    activation   what happens at boot (ACT)
    requests     opcodes and receipts (CP, PRN)
    device       all of it, behind a serial line (SER, FLT)

Every function that implements a requirement cites its id. `Unspecified` is raised, before anything has changed, where
the requirements leave the behaviour open: nothing can be compared there.
"""
