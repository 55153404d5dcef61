#!/usr/bin/env python3
"""OpenSSL verifies the signatures that gauntlet makes, and each reads the keys of the other.

usage: openssl_verifies.py GAUNTLET [--seed N]

Fresh keys from both tools sign packages of fresh firmware of every kind. From each package the init command, its signature and
the ECDSA boot validation are taken out with a protobuf reader of a few lines, put into the form that OpenSSL knows, and
verified with `openssl dgst`; with one bit changed they must not verify. Needs Python 3.9 and the program `openssl`. One line
for each comparison; exits 1 when any is wrong.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import zipfile


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """Field numbers and values of a protobuf message of integers and bytes."""
    found, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at : at + value], at + value
        found.append((tag >> 3, value))
    return found


def der(signature):
    """Two numbers, each with its last byte first, as OpenSSL wants them."""

    def number(little):
        big = little[::-1].lstrip(b"\0") or b"\0"
        big = b"\0" + big if big[0] & 0x80 else big
        return bytes([2, len(big)]) + big

    body = number(signature[:32]) + number(signature[32:])
    return bytes([0x30, len(body)]) + body


class Check:
    def __init__(self, gauntlet, folder):
        self.gauntlet, self.folder, self.wrong = gauntlet, folder, 0

    def report(self, name, good):
        self.wrong += not good
        print(f"{'ok   ' if good else 'WRONG'} {name}", flush=True)

    def verifies(self, public, message, signature):
        (self.folder / "message").write_bytes(message)
        (self.folder / "signature").write_bytes(der(signature))
        command = ["openssl", "dgst", "-sha256", "-verify", public]
        command += ["-signature", self.folder / "signature", self.folder / "message"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)
        return done.returncode == 0 and "Verified OK" in done.stdout

    def signature(self, name, public, message, signature):
        changed = bytes([message[0] ^ 1]) + message[1:]
        good = self.verifies(public, message, signature) and not self.verifies(public, changed, signature)
        self.report(name, good)

    def package(self, name, path, public):
        with zipfile.ZipFile(path) as package:
            packets = {entry[:-4]: package.read(entry) for entry in package.namelist() if entry.endswith(".dat")}
            images = {entry[:-4]: package.read(entry) for entry in package.namelist() if entry.endswith(".bin")}
        for image, packet in packets.items():
            signed = dict(fields(dict(fields(packet))[2]))
            command = dict(fields(signed[1]))[2]
            self.signature(f"{name}: {image}: init command", public, command, signed[3])
            sizes = dict(fields(command))
            for kind, record in fields(command):
                record = dict(fields(record)) if kind == 10 else {}
                if record.get(1) == 3:
                    # Of a SoftDevice with a bootloader the SoftDevice alone is covered.
                    covered = images[image][: sizes[5]] if sizes[5] else images[image]
                    self.signature(f"{name}: {image}: boot validation", public, covered, record[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gauntlet")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    gauntlet = pathlib.Path(arguments.gauntlet).resolve()
    with tempfile.TemporaryDirectory(prefix="openssl-") as folder:
        folder = pathlib.Path(folder)
        check = Check(gauntlet, folder)
        ours, sec1, pkcs8 = (folder / f"{name}.pem" for name in ["ours", "sec1", "pkcs8"])
        run(gauntlet, "package", "keys", "create", ours)
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", sec1)
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", pkcs8)
        for key in [ours, sec1, pkcs8]:
            public = folder / f"{key.stem}.pub.pem"
            public.write_text(run("openssl", "pkey", "-in", key, "-pubout"))
            shown = run(gauntlet, "package", "keys", "show", "--format", "pem", key)
            check.report(f"{key.stem}: both show the same public key", public.read_text().split() == shown.split())
            parts = {"app": chance.randrange(1, 40_000), "boot": 20_000, "soft": 50_000}
            for part, size in parts.items():
                (folder / f"{part}.bin").write_bytes(chance.randbytes(size))
            app = ["--application", folder / "app.bin", "--application-version", chance.randrange(1 << 32)]
            app += ["--app-boot-validation", "ecdsa"]
            boot = ["--bootloader", folder / "boot.bin", "--bootloader-version", 3]
            soft = ["--softdevice", folder / "soft.bin", "--sd-boot-validation", "ecdsa", "--sd-id", "0x0123"]
            for name, images in [
                ("application", app),
                ("bootloader", boot),
                ("SoftDevice and application", [*soft, *app]),
                ("SoftDevice, bootloader and application", [*soft, *boot, *app]),
            ]:
                path = folder / "package.zip"
                path.unlink(missing_ok=True)
                options = ["--hw-version", 52, "--sd-req", "0x0101", "--signing-key", key]
                run(gauntlet, "package", "build", *images, *options, path)
                check.package(f"{key.stem}: {name}", path, public)
    sys.exit(1 if check.wrong else 0)


if __name__ == "__main__":
    main()
