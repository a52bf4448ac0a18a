# SPDX-License-Identifier: BSD-3-Clause
"""What a DNS message is made of, in wire form; part of compose.py."""
import ipaddress

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "OPT": 41,
         "DS": 43, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "TYPE128": 128, "TKEY": 249,
         "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "ANY": 255, "URI": 256,
         "CAA": 257, "TYPE0": 0, "TYPE65400": 65400}
CLASSES = {"IN": 1, "CH": 3, "NONE": 254, "ANY": 255}
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 16, 23


def u16(value):
    return value.to_bytes(2, "big")


def u32(value):
    return value.to_bytes(4, "big")


def wire(name):
    """A name in wire form; a label may hold any byte as \\DDD."""
    out = b""
    for label in name.rstrip(".").split(".") if name not in ("", ".") else []:
        raw, i = b"", 0
        while i < len(label):
            if label[i] == "\\":
                raw += bytes([int(label[i + 1:i + 4])])
                i += 4
            else:
                raw += label[i].encode()
                i += 1
        out += bytes([len(raw)]) + raw
    return out + b"\0"


def reversed_name(address, zone):
    labels = ipaddress.ip_address(address).reverse_pointer.split(".")[:-2]
    return ".".join(labels) + "." + zone


def opt(size=1232, do=False, version=0, options=b"", owner=b"\0", rcode=0):
    return (owner + u16(41) + u16(size) + bytes([rcode, version]) + u16(0x8000 if do else 0)
            + u16(len(options)) + options)


def option(code, data=b"", size=None):
    return u16(code) + u16(len(data) if size is None else size) + data


def pointer(offset):
    return u16(0xc000 | offset)


def record(owner, rtype, ttl, data, rclass=1):
    return owner + u16(TYPES[rtype]) + u16(rclass) + u32(ttl) + u16(len(data)) + data
