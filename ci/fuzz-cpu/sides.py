"""The two sides: programs that take records and give answers, and what makes two answers differ."""

import struct
import subprocess
from pathlib import Path

EXECUTED, UNDEFINED, NO_COPROCESSOR, USAGE, MEMORY, SUPERVISOR, BREAKPOINT, ASLEEP, OTHER, EXIT, NOT_RESTORED = range(11)
STATUS = ["executed", "undefined", "no coprocessor", "usage fault", "memory fault", "svc", "bkpt", "asleep", "other",
          "exception return", "a fault or unprivileged code that changed registers"]
REFUSED = (UNDEFINED, NO_COPROCESSOR)
# Words of a record and of an answer.
SIZES = {"integer": (19, 20), "float": (52, 53), "system": (21, 23)}
NAMES = {
    "integer": [],
    "float": [f"S{n}" for n in range(32)] + ["FPSCR"],
    "system": ["CONTROL/FAULTMASK/BASEPRI/PRIMASK", "MSP", "PSP"],
}


def build_other(directory):
    """Compiles other.c with the library inside the Python package; the path of the program."""
    import unicorn
    package = Path(unicorn.__file__).parent
    library = package / "lib" / "libunicorn.so.2"
    program = Path(directory) / "other"
    source = Path(__file__).with_name("other.c")
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra",
                    f"-I{package / 'include'}", str(source), "-o", str(program), str(library),
                    f"-Wl,-rpath,{library.parent}"], check=True)
    return program


def answers(program, mode, records):
    """What a program answers to records, as bytes."""
    command = [str(program)] if mode == "integer" else [str(program), mode]
    answer = subprocess.run(command, input=records, stdout=subprocess.PIPE, check=True).stdout
    count = len(records) // (4 * SIZES[mode][0])
    assert len(answer) == 4 * SIZES[mode][1] * count, f"{program} answered {len(answer)} bytes to {count} records"
    return answer


def words(data, size, n):
    return struct.unpack_from(f"<{size}I", data, 4 * size * n)


def difference(mode, ours, theirs):
    """What differs between two answers, in words; None when only the kind of a fault does."""
    status = ours[19], theirs[19]
    if status[0] != status[1]:
        faults = (USAGE, MEMORY)
        if status[0] in faults and status[1] in faults:
            # A branch to an even address out of the memory: both sides fault, at the target or for it.
            return None
        return f"status: ours {STATUS[status[0]]}, other {STATUS[status[1]]}"
    names = [f"R{n}" for n in range(16)] + ["xPSR", "memory", "memory", "status"] + NAMES[mode]
    return ", ".join(f"{name}: ours {a:08x}, other {b:08x}" for name, a, b in zip(names, ours, theirs) if a != b)
