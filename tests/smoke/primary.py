# SPDX-License-Identifier: BSD-3-Clause
"""A primary of one zone on the loopback that transfers it over TCP, whole or in differences, signed
or not, and errs on demand."""
import socketserver
import struct
import threading

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.renderer
import dns.rrset
import dns.tsig
import dns.tsigkeyring

KEYS = dns.tsigkeyring.from_text({"transfer.example.": "c2VjcmV0LW9mLXRyYW5zZmVycw=="})
KEY_LINE = "hmac-sha256:transfer.example:c2VjcmV0LW9mLXRyYW5zZmVycw==\n"
PER_MESSAGE = 100  # records


def soa(zone, serial):
    return f"{zone} 60 IN SOA ns.{zone} host.{zone} {serial} 3600 600 86400 60"


def records(lines):
    return [dns.rrset.from_text(*line.split(None, 4)) for line in lines]


class Handler(socketserver.BaseRequestHandler):
    def receive(self, size):
        data = b""
        while len(data) < size:
            more = self.request.recv(size - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def handle(self):
        try:
            while True:
                size, = struct.unpack("!H", self.receive(2))
                wire = self.receive(size)
                query = dns.message.from_wire(wire, keyring=KEYS)
                self.answer(query)
        except (ConnectionError, dns.exception.DNSException):
            pass

    def send(self, wire):
        self.request.sendall(struct.pack("!H", len(wire)) + wire)

    def answer(self, query):
        server, kind = self.server, query.question[0].rdtype
        server.asked.append(dns.rdatatype.to_text(kind))
        if server.rcode and kind != dns.rdatatype.SOA:
            reply = dns.message.make_response(query)
            reply.set_rcode(server.rcode)
            return self.send(reply.to_wire())
        if kind == dns.rdatatype.SOA:
            lines = [soa(server.zone, server.serial)]
        elif kind == dns.rdatatype.IXFR and server.differences is not None:
            lines = server.differences
        else:
            lines = [soa(server.zone, server.serial), *server.lines, soa(server.zone, server.serial)]
        return self.transfer(query, server.change(lines) if kind != dns.rdatatype.SOA else lines)

    def transfer(self, query, lines):
        server, context = self.server, None
        for at in range(0, len(lines), PER_MESSAGE):
            reply = dns.message.make_response(query)
            if at:
                reply.question = []
            reply.answer = records(lines[at:at + PER_MESSAGE])
            is_signed = query.had_tsig and server.signs
            if not is_signed:
                reply.tsig = None
            wire = reply.to_wire(multi=is_signed, tsig_ctx=context, max_size=65535)
            context = reply.tsig_ctx if is_signed else None
            if server.forges and at:
                wire = wire.replace(b"\x7f\x00\x00\x02", b"\x7f\x00\x00\x03", 1)
            self.send(wire)
            if server.stops_after and at + PER_MESSAGE >= server.stops_after:
                raise ConnectionError


class Primary(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, zone, lines, serial=1):
        super().__init__(("127.0.0.1", 0), Handler)
        self.zone, self.lines, self.serial = zone, lines, serial
        self.differences = None  # lines of an IXFR, or None: the whole zone
        self.asked = []
        self.rcode = 0
        self.signs, self.forges, self.stops_after = True, False, 0
        self.change = lambda lines: lines

    def url(self, scheme="axfr"):
        return f"{scheme}://127.0.0.1:{self.server_address[1]}/{self.zone}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
