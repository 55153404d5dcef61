"""Result codes, and the refusal that carries one (sections 1.2 and 1.3)."""

SUCCESS = 0x01
OPCODE_NOT_SUPPORTED = 0x02
INVALID_PARAMETER = 0x03
INSUFFICIENT_RESOURCES = 0x04
INVALID_OBJECT = 0x05
NOT_PERMITTED = 0x08
OPERATION_FAILED = 0x0A
EXTENDED = 0x0B

INIT_COMMAND_INVALID = 0x04
FW_VERSION_TOO_LOW = 0x05
HW_VERSION_MISMATCH = 0x06
SD_REQUIREMENT_NOT_MET = 0x07
SIGNATURE_MISSING = 0x08
WRONG_HASH_TYPE = 0x09
WRONG_SIGNATURE_TYPE = 0x0B
HASH_MISMATCH = 0x0C


class Refused(Exception):
    """A request that is answered with an error: a result code and, for 0B, one more byte."""

    def __init__(self, code, extended=None):
        super().__init__(code, extended)
        self.payload = bytes([code]) if extended is None else bytes([code, extended])


def extended(code):
    """The refusal with result 0B and this extended code (CP-003)."""
    return Refused(EXTENDED, code)


class Unspecified(Exception):
    """The requirements leave open what happens next; carries the id that says so."""
