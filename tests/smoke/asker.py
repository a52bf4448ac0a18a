# SPDX-License-Identifier: BSD-3-Clause
"""Many questions to one server over UDP, many at a time, and the answers in one line each."""
import socket
import struct
import time

WINDOW = 64
WAIT_S = 1  # then what is not answered is asked again
DEADLINE_S = 120  # without any answer
TYPES = {"A": 1, "TXT": 16}
RCODES = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}


def compose(number, name, kind):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", number, 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, TYPES[kind], 1)


def summary(reply, question_size):
    """'NOERROR 127.0.0.2', 'NOERROR a text', 'NXDOMAIN'"""
    words = [RCODES.get(reply[3] & 15, str(reply[3] & 15))]
    at = question_size
    for _ in range(int.from_bytes(reply[6:8], "big")):
        # Owners are pointers to the question: two bytes.
        kind, size = int.from_bytes(reply[at + 2:at + 4], "big"), reply[at + 11]
        data = reply[at + 12:at + 12 + size]
        words.append(".".join(map(str, data)) if kind == TYPES["A"] else data[1:].decode())
        at += 12 + size
    return " ".join(words[:1] + sorted(words[1:]))


def ask_all(port, rows):
    """The summary for each (name, type, ...) of rows, in their order."""
    questions = [compose(i & 0xffff, row[0], row[1]) for i, row in enumerate(rows)]
    answers = [None] * len(rows)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        udp.settimeout(WAIT_S)
        first, ends = 0, time.monotonic() + DEADLINE_S
        while first < len(rows):
            open_numbers = {i & 0xffff: i for i in range(first, min(first + WINDOW, len(rows)))
                            if answers[i] is None}
            for i in open_numbers.values():
                udp.send(questions[i])
            try:
                while open_numbers:
                    reply = udp.recv(4096)
                    i = open_numbers.get(int.from_bytes(reply[:2], "big"))
                    # An answer that comes twice has another question behind its number.
                    if i is None or reply[12:len(questions[i])] != questions[i][12:]:
                        continue
                    del open_numbers[i & 0xffff]
                    answers[i] = summary(reply, len(questions[i]))
                first += WINDOW
                ends = time.monotonic() + DEADLINE_S
            except OSError as error:
                if time.monotonic() > ends:
                    raise TimeoutError(f"no answer to {rows[first][0]} and others") from error
    return answers
