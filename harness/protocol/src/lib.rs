//! Secure DFU on the wire: requests, responses, results, init packet, CRC-32, SLIP; no I/O.
