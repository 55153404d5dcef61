"""The second model against published figures, so that it is not only compared with the device that it shall judge.

    python3 -m unittest discover -s ci/second_model -t ci
"""

import hashlib
import io
import json
import unittest
import zipfile
import zlib

from . import p256, published
from .activation import Outcome
from .config import NRF52832, NRF52840, Config
from .device import Device
from .flash import Flash
from .init_packet import Undecodable, decode
from .packages import KEY, Draft
from .results import Unspecified
from .settings import SIZE, Settings, load
from .traffic import request
from .wire import Decoder, encode

IMAGE = bytes((7 * i + i // 256) % 256 for i in range(5000))
INIT = bytes.fromhex(
    "080210341a028002200028003000388827422408031220105b8a4e8758c83f5e43838d1777ff8142787b7a2a267dee782505f15f855c1b"
    "4800520408011200"
)
SIGNATURE = bytes.fromhex(
    "521ca2c7dd5aea5c2ed38b1bf6dafe0587b9c3493acff623d868b0b564122244"
    "f3d96f24e8c04d1036bb753fcc42986fdeacbadbbdef4c8a6a2495b8fb162b06"
)
PACKET = bytes.fromhex("1289010a430801123f") + INIT + bytes.fromhex("10001a40") + SIGNATURE
PUBLIC = p256.public_key(KEY)


def with_softdevice(size=0x27000, fwid=0x100):
    """Flash of an nRF52840 with nothing but the information structure of an S140."""
    flash = bytearray(b"\xff" * NRF52840.flash_size)
    words = (0xFFFFFF2C, 0x51B1E5DB, size, 0xFFFF0000 | fwid, 140, 7_002_000)
    flash[0x3000:0x3018] = b"".join(word.to_bytes(4, "little") for word in words)
    return flash


class Host:
    """Says something and looks at the answer."""

    def __init__(self, test, device):
        self.test, self.device = test, device

    def says(self, request_hex, answer_hex):
        answers = self.device.receive(encode(bytes.fromhex(request_hex)))
        self.test.assertEqual([bytes.fromhex(answer_hex)] if answer_hex else [], answers)

    def writes(self, data):
        for start in range(0, len(data), 64):
            self.test.assertEqual([], self.device.receive(request(0x08, data[start : start + 64]).wire))


class FirstInstall(unittest.TestCase):
    """An update of a device that has never seen one, byte by byte."""

    def test_every_answer_and_both_settings_pages(self):
        device = Device(with_softdevice(), Config(NRF52840, PUBLIC))
        host = Host(self, device)
        host.says("020000", "600201")
        host.says("0601", "600601000200000000000000000000")
        host.says("01018c000000", "600101")
        host.writes(PACKET)
        host.says("03", "6003018c000000a602cb5a")
        host.says("04", "600401")
        host.says("0602", "600601001000000000000000000000")
        host.says("010200100000", "600101")
        host.writes(IMAGE[:4096])
        host.says("03", "60030100100000211e2c46")
        host.says("04", "600401")
        host.says("010288030000", "600101")
        host.writes(IMAGE[4096:])
        host.says("03", "600301881300008e8df0a4")
        host.says("04", "600401")
        self.assertTrue(device.restarted())
        self.sealed(device, 0x71ABD61F, 0x589FBA9A)
        self.assertIs(Outcome.APPLICATION, device.boot())
        self.sealed(device, 0x40E6CA68, 0x589FBA9A)
        self.assertEqual(IMAGE, device.flash.read(0x27000, 5000))
        device.boot(enter_dfu=True)
        host.says("0602", "600601001000000000000000700200")

    def sealed(self, device, crc, validation_crc):
        for page in (NRF52840.settings, NRF52840.backup):
            found = Settings(device.flash.read(page, SIZE))
            self.assertEqual((crc, validation_crc), (found.crc, found.validation_crc))


class Pages(unittest.TestCase):
    def test_virgin_pages_become_zero_settings(self):
        settings = load(Flash(b"\xff" * NRF52832.flash_size), Config(NRF52832, PUBLIC))
        self.assertEqual((0x54C8C87F, 0xACDA1BA2), (settings.crc, settings.validation_crc))

    def test_an_edited_main_page_loses_against_its_backup(self):
        flash = Flash(b"\xff" * NRF52832.flash_size)
        for page, version in ((NRF52832.settings, 9), (NRF52832.backup, 3)):
            settings = Settings(bytes(SIZE))
            settings.version, settings.app_version = 2, version
            settings.seal()
            flash.program(page, settings.raw)
        self.assertEqual(3, load(flash, Config(NRF52832, PUBLIC)).app_version)
        flash.erase(NRF52832.backup)
        self.assertEqual(9, load(flash, Config(NRF52832, PUBLIC)).app_version)

    def test_version_1_is_taken_over(self):
        flash = Flash(b"\xff" * NRF52832.flash_size)
        settings = Settings(bytes(SIZE))
        settings.version, settings.bank_0_crc = 1, 0x12345678
        settings.raw[0x15C:0x1B8] = bytes(range(92))
        settings.seal()
        flash.program(NRF52832.settings, settings.raw)
        settings = load(flash, Config(NRF52832, PUBLIC))
        self.assertEqual(2, settings.version)
        self.assertEqual((1, bytes.fromhex("78563412")), (settings.validation(1)[0], settings.validation(1)[1][:4]))
        self.assertEqual(bytes(range(92)), bytes(settings.raw[0x323:0x37F]))


class Packets(unittest.TestCase):
    def test_the_published_packet(self):
        packet = decode(PACKET)
        self.assertEqual(INIT, packet.signed_bytes)
        self.assertEqual("9885049bb412c6abeb47f972eeb26efa7a02353f070b58187743bd29b6f9e4f0",
                         hashlib.sha256(INIT).hexdigest())  # fmt: skip
        self.assertEqual(SIGNATURE, p256.sign(KEY, INIT))
        self.assertTrue(p256.verify(PUBLIC, packet.signed_bytes, packet.signature))
        self.assertFalse(p256.verify(PUBLIC, packet.signed_bytes + b"\0", packet.signature))

    def test_what_ends_a_message_and_what_does_not(self):
        self.assertEqual(2, decode(PACKET + bytes(9)).init.fw_version)
        self.assertEqual(2, decode(PACKET + b"\x80\xff").init.fw_version)
        for broken in (PACKET[:-1], PACKET + PACKET, b"", b"\0", PACKET + b"\x7b", PACKET + b"\x80" * 6 + b"\1"):
            with self.assertRaises(Undecodable):
                decode(broken)

    def test_op_code_behind_init_is_read_as_its_version(self):
        draft = Draft(fw_version=7, hash=bytes(32), extra={"command": b"\x08\x01"})
        self.assertEqual(1, decode(draft.encode()).init.fw_version)

    def test_what_nrfutil_writes(self):
        """Every image of the good packages: the fields that nrfutil shows are the ones that are found."""
        index = published.index()
        names = ("fw_version", "hw_version", "sd_size", "bl_size", "app_size")
        seen = 0
        for package in index["good"]:
            for image in package["images"]:
                data = bytes.fromhex(image["dat_hex"])
                if len(image["init"]["sd_req"]) > 16:
                    self.assertRaises(Undecodable, decode, data)
                    continue
                packet = decode(data)
                self.assertEqual([image["init"][name] for name in names], [getattr(packet.init, n) for n in names])
                self.assertEqual(image["init"]["sd_req"], packet.init.sd_req)
                self.assertEqual(image["signed"], packet.signature is not None)
                self.assertEqual(image["init_command_size"], len(packet.signed_bytes))
                seen += 1
        self.assertGreater(seen, 50)


class BrokenPackages(unittest.TestCase):
    """The damaged packages whose answer is on record get that answer."""

    CODES = {
        "INVALID_OBJECT": "05",
        "OPERATION_FAILED": "0a",
        "INSUFFICIENT_RESOURCES": "04",
        "INVALID_PARAMETER": "03",
    }

    def test_answers_on_record(self):
        index = published.index()
        public = published.public_key()
        seen = 0
        for entry in index["broken"]:
            expected = self.expected(entry["device_result"] or "")
            if expected is None:
                continue
            with self.subTest(entry["file"]):
                packet, image = self.unpacked(published.VECTORS / entry["file"])
                self.assertEqual(expected, self.last_answer(packet, image, public))
                seen += 1
        self.assertGreater(seen, 30)

    def expected(self, text):
        if "EXT_ERROR" in text:
            return "0b" + text.split("0x0B 0x")[1][:2].lower()
        return next((code for name, code in self.CODES.items() if text.split(": ")[-1].startswith(name)
                     or text.startswith(name)), None)  # fmt: skip

    def unpacked(self, path):
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            names = json.loads(archive.read("manifest.json"))["manifest"]["application"]
            return archive.read(names["dat_file"]), archive.read(names["bin_file"])

    def last_answer(self, packet, image, public):
        """The first answer that is no success, without its opcode; of the whole session."""
        device = Device(with_softdevice(fwid=0x101), Config(NRF52840, public))

        def answers():
            yield device.receive(request(1, b"\1" + len(packet).to_bytes(4, "little")).wire)
            for start in range(0, len(packet), 64):
                device.receive(request(8, packet[start : start + 64]).wire)
            yield device.receive(request(4).wire)
            yield device.receive(request(6, b"\2").wire)
            for start in range(0, len(image), 4096):
                part = image[start : start + 4096]
                yield device.receive(request(1, b"\2" + len(part).to_bytes(4, "little")).wire)
                for at in range(0, len(part), 64):
                    device.receive(request(8, part[at : at + 64]).wire)
                yield device.receive(request(4).wire)

        for (answer,) in answers():
            if answer[2] != 1:
                return answer[2:].hex()
        return "01"


class Lines(unittest.TestCase):
    def test_escapes(self):
        self.assertEqual("600901dbdcc0", encode(bytes.fromhex("600901c0")).hex())
        self.assertEqual("08dbdddbdcc0", encode(bytes.fromhex("08dbc0")).hex())

    def test_a_bad_escape_takes_the_frame_and_an_escaped_end_the_next_one_too(self):
        def frames(data):
            decoder, found = Decoder(131), []
            for byte in bytes.fromhex(data):
                frame = decoder.take(byte)
                if frame is not None:
                    found.append(frame.hex())
                    decoder.frame.clear()
            return found

        self.assertEqual(["0902"], frames("09db01c00902c0"))
        self.assertEqual(["0903"], frames("09dbc00902c00903c0"))

    def test_131_bytes_end_it_and_130_are_not_specified(self):
        decoder = Decoder(131)
        for byte in bytes(131):
            decoder.take(byte)
        self.assertTrue(decoder.dead)
        decoder = Decoder(131)
        for byte in bytes(130):
            decoder.take(byte)
        self.assertRaises(Unspecified, decoder.take, 0xC0)

    def test_the_third_refused_data_write_deafens(self):
        device = Device(with_softdevice(), Config(NRF52840, PUBLIC))
        host = Host(self, device)
        host.says("0602", "600601001000000000000000000000")
        host.says("020100", "600201")
        for _ in range(5):
            host.says("0800", "600308")
        host.says("0901", "600308")
        self.assertTrue(device.unreachable())


class Checksums(unittest.TestCase):
    def test_the_image_of_the_vectors(self):
        self.assertEqual(0xA4F08D8E, zlib.crc32(IMAGE))


if __name__ == "__main__":
    unittest.main()
