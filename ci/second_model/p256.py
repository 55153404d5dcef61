"""ECDSA over NIST P-256 with SHA-256, as small as it can be; for tests, not for secrets."""

import hashlib
import hmac

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
A = P - 3
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

# Points are in Jacobian coordinates (X, Y, Z), with x = X/Z^2 and y = Y/Z^3; Z = 0 is the point at infinity.
INFINITY = (1, 1, 0)


def _double(point):
    x, y, z = point
    if not y or not z:
        return INFINITY
    y_squared = y * y % P
    s = 4 * x * y_squared % P
    m = (3 * x * x + A * pow(z, 4, P)) % P
    x3 = (m * m - 2 * s) % P
    y3 = (m * (s - x3) - 8 * y_squared * y_squared) % P
    return x3, y3, 2 * y * z % P


def _add(one, other):
    x1, y1, z1 = one
    x2, y2, z2 = other
    if not z1:
        return other
    if not z2:
        return one
    z1_squared, z2_squared = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * z2_squared % P, x2 * z1_squared % P
    s1, s2 = y1 * z2 * z2_squared % P, y2 * z1 * z1_squared % P
    if u1 == u2:
        return _double(one) if s1 == s2 else INFINITY
    h, r = u2 - u1, s2 - s1
    h_squared = h * h % P
    h_cubed, v = h * h_squared % P, u1 * h_squared % P
    x3 = (r * r - h_cubed - 2 * v) % P
    y3 = (r * (v - x3) - s1 * h_cubed) % P
    return x3, y3, h * z1 * z2 % P


def _times(scalar, point):
    result = INFINITY
    for bit in bin(scalar)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, point)
    return result


def _affine(point):
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * pow(inverse, 3, P) % P


def public_key(private):
    """The point (x, y) that belongs to a private scalar."""
    return _affine(_times(private, (*G, 1)))


def _nonce(private, digest):
    """The deterministic nonce of RFC 6979, section 3.2."""
    seed = private.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + separator + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    while True:
        value = hmac.digest(key, value, "sha256")
        nonce = int.from_bytes(value, "big")
        if 1 <= nonce < N:
            return nonce
        key = hmac.digest(key, value + b"\x00", "sha256")
        value = hmac.digest(key, value, "sha256")


def sign(private, message):
    """The signature of `message` as it stands in an init packet: r, then s, each little-endian (section 6.2)."""
    digest = hashlib.sha256(message).digest()
    nonce = _nonce(private, digest)
    r = _affine(_times(nonce, (*G, 1)))[0] % N
    s = pow(nonce, -1, N) * (int.from_bytes(digest, "big") + r * private) % N
    return r.to_bytes(32, "little") + s.to_bytes(32, "little")


def verify(public, message, signature):
    """Does `signature`, 64 bytes as `sign` makes them, belong to `message` and the key?"""
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "little"), int.from_bytes(signature[32:], "little")
    if not (1 <= r < N and 1 <= s < N):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, N)
    point = _add(_times(digest * inverse % N, (*G, 1)), _times(r * inverse % N, (*public, 1)))
    return bool(point[2]) and _affine(point)[0] % N == r
