# SPDX-License-Identifier: BSD-3-Clause
"""Server cookies, composed from RFC 9018; part of compose.py."""
import ipaddress

from wire import u32

NOW = 1559731985  # RFC 9018 appendix A.1
SECRET = bytes.fromhex("e5e973e5a6b2a43f48e7dc849e37bfcf")
OLD_SECRET = bytes.fromhex("dd3bdf9344b678b185a6f5cb60fca715")
CLIENT_COOKIE = bytes.fromhex("2464c4abcf10c957")


def siphash24(key, data):
    """SipHash-2-4 (Aumasson and Bernstein, 2012), 64 bits, in the byte order of their reference."""
    mask = (1 << 64) - 1
    k = [int.from_bytes(key[i:i + 8], "little") for i in (0, 8)]
    v = [k[0] ^ 0x736f6d6570736575, k[1] ^ 0x646f72616e646f6d,
         k[0] ^ 0x6c7967656e657261, k[1] ^ 0x7465646279746573]

    def rotate(x, by):
        return (x << by | x >> (64 - by)) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 13) ^ v[0], rotate(v[3], 16) ^ v[2]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1], v[3] = rotate(v[1], 17) ^ v[2], rotate(v[3], 21) ^ v[0]
            v[2] = rotate(v[2], 32)

    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) % 256])
    for i in range(0, len(padded), 8):
        m = int.from_bytes(padded[i:i + 8], "little")
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xff
    rounds(4)
    return (v[0] ^ v[1] ^ v[2] ^ v[3]).to_bytes(8, "little")


def cookie(at=NOW, secret=SECRET, client="127.0.0.1", mine=CLIENT_COOKIE, head=b"\1\0\0\0"):
    """Client and server cookie: RFC 9018 section 4."""
    text = mine + head + u32(at)
    return text + siphash24(secret, text + ipaddress.ip_address(client).packed)
