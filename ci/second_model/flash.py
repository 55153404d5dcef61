"""Flash memory: erased page by page, programmed in whole words, bits only go from one to zero."""

PAGE = 0x1000
WORD = 4


def page_up(value):
    """Rounded up to a multiple of a page."""
    return -(-value // PAGE) * PAGE


def word_up(value):
    """Rounded up to a multiple of a word."""
    return -(-value // WORD) * WORD


class Flash:
    """The code flash of a chip, from address 0."""

    def __init__(self, contents):
        self.bytes = bytearray(contents)
        self.journal = None
        """Where it is a list, every operation on a page or a word is entered as (address, bytes afterwards)."""

    def read(self, address, length):
        """`length` bytes from `address`."""
        return bytes(self.bytes[address : address + length])

    def word(self, address):
        """The little-endian word at `address`."""
        return int.from_bytes(self.read(address, WORD), "little")

    def erase(self, address, length=PAGE):
        """Erases every page that the range touches; `address` is the start of a page."""
        length = page_up(length)
        self.bytes[address : address + length] = b"\xff" * length
        if self.journal is not None:
            self.journal += ((page, b"\xff" * PAGE) for page in range(address, address + length, PAGE))

    def program(self, address, data):
        """Programs the whole words of `data`; 1 to 3 bytes behind them are skipped (FLT-021)."""
        length = len(data) - len(data) % WORD
        before = int.from_bytes(self.read(address, length), "little")
        after = before & int.from_bytes(data[:length], "little")
        self.bytes[address : address + length] = after.to_bytes(length, "little")
        if self.journal is not None:
            for at in range(address, address + length, WORD):
                self.journal.append((at, self.read(at, WORD)))
