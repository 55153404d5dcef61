#!/usr/bin/env python3
"""The real nrfutil reads packages, keys and settings pages that gauntlet made, and finds in them what was asked for.

usage: nrfutil_reads.py NRFUTIL GAUNTLET [--seed N]

Every kind of package is made twice, by gauntlet and by nrfutil, from the same fresh firmware, with a key that gauntlet
created. `pkg display` must show the same for both, apart from random signatures and the path; so must `settings display`.
The key must look the same to both.

Needs Python 3.9, and nrfutil 6.1.7 (in Python 3.7 to 3.10: `pip install 'protobuf<4' nrfutil==6.1.7`). One line for each
comparison; exits 1 when any differs. `--seed` repeats the firmware of an earlier run.
"""

import argparse
import pathlib
import random
import re
import subprocess
import sys
import tempfile


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def comparable(text):
    """What nrfutil displays, without what is different in every run."""
    text = re.sub(r"^(DFU Package:|\* File:).*$", r"\1", text, flags=re.MULTILINE)
    # Signatures have 128 digits; hashes have 64 and stay.
    return re.sub(r"b'[0-9a-f]{128}'", "b'signature'", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nrfutil")
    parser.add_argument("gauntlet")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    nrfutil, gauntlet = arguments.nrfutil, pathlib.Path(arguments.gauntlet).resolve()
    wrong = 0

    def compare(name, ours, theirs):
        nonlocal wrong
        same = ours == theirs
        wrong += not same
        print(f"{'same' if same else 'DIFFERENT'}: {name}")
        if not same:
            print(f"-- of gauntlet:\n{ours}\n-- of nrfutil:\n{theirs}")

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        key = folder / "key.pem"
        ours = run(gauntlet, "package", "keys", "create", key).strip()
        theirs = run(nrfutil, "keys", "display", "--key", "pk", "--format", "hex", key)
        compare("key", ours, theirs.split(":")[-1].strip())

        def firmware(name, size):
            path = folder / name
            path.write_bytes(chance.randbytes(size))
            return path

        app, boot, soft = firmware("app.bin", 12345), firmware("boot.bin", 24001), firmware("sd.bin", 40000)
        application = ["--application", app, "--application-version", 7]
        bootloader = ["--bootloader", boot, "--bootloader-version", 3]
        softdevice = ["--softdevice", soft]
        common = ["--hw-version", 52, "--sd-req", "0x101"]
        both = ["--sd-id", "0x123"]
        packages = {
            "application": [*application, *common],
            "external application": [*application, *common, "--external-app"],
            "debug": ["--application", app, "--debug-mode"],
            "bootloader": [*bootloader, *common],
            "SoftDevice": [*softdevice, *common],
            "SoftDevice, bootloader": [*softdevice, *bootloader, *common],
            "SoftDevice, application": [*softdevice, *application, *common, *both],
            "SoftDevice, bootloader, application": [*softdevice, *bootloader, *application, *common, *both],
        }
        for check in ["NO_VALIDATION", "VALIDATE_GENERATED_CRC", "VALIDATE_GENERATED_SHA256", "VALIDATE_ECDSA_P256_SHA256"]:
            packages[f"checked by {check}"] = [*application, *common, "--app-boot-validation", check]
        made = [folder / "ours.zip", folder / "theirs.zip"]
        for name, options in packages.items():
            run(gauntlet, "package", "build", *options, "--key-file", key, made[0])
            run(nrfutil, "pkg", "generate", *options, "--key-file", key, made[1])
            compare(name, *(comparable(run(nrfutil, "pkg", "display", path)) for path in made))
        unsigned = [*application, *common]
        run(gauntlet, "package", "build", *unsigned, made[0])
        run(nrfutil, "pkg", "generate", *unsigned, made[1])
        compare("unsigned", *(comparable(run(nrfutil, "pkg", "display", path)) for path in made))

        pages = [folder / "ours.hex", folder / "theirs.hex"]
        for family in ["NRF51", "NRF52", "NRF52QFAB", "NRF52810", "NRF52840"]:
            for version, more in [(1, []), (2, []), (2, ["--no-backup"])]:
                options = ["--family", family, "--bootloader-version", 3, "--bl-settings-version", version, *more, *application]
                run(gauntlet, "package", "settings", "generate", *options, pages[0])
                run(nrfutil, "settings", "generate", *options, pages[1])
                name = f"settings {' '.join(map(str, [family, version, *more]))}"
                compare(name, *(comparable(run(nrfutil, "settings", "display", path)) for path in pages))
                compare(f"{name}, byte for byte", *(path.read_text() for path in pages))
    print(f"{wrong} different")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
