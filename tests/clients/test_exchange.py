#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange cannot run here: its IP block and allow list providers, emulated. The commands are those
of its page, the queries plain A queries without EDNS."""
import ipaddress
import shlex

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

import lab

# (provider, address) -> what Test-IP…ListProvider finds
EXCHANGE = {
    ("reputed", "127.0.0.2"): True,
    ("reputed", "127.0.0.1"): False,
    ("reputed", lab.RANGE): True,
    ("reputed spam traps", lab.SINGLE): True,
    ("reputed spam traps", lab.CLEAN): False,
    ("partners", lab.BOTH): True,
    ("partners", lab.CLEAN): False,
}
# Connection filtering as a whole: the allow list first, then block lists by priority.
FILTERED = [
    (lab.RANGE, "Your mail server is in our block list bl.example."),
    (lab.SINGLE, "Your mail server sent spam to our traps (bits.example)."),
    (lab.TWICE, "Your mail server sent spam to our traps (bits.example)."),
    (lab.BOTH, "accepted"),
    (lab.DYNAMIC, "accepted"),
    (lab.CLEAN, "accepted"),
]


def commands(text):
    """(name, {parameter: value}) of each PowerShell command."""
    for line in text.replace("`\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words[0], dict(zip(words[1::2], words[2::2]))


def lookup(name, kind="A"):
    """The addresses or texts, as a client without EDNS gets them; [] for not listed."""
    query = dns.message.make_query(name, kind, use_edns=False)
    reply = dns.query.udp(query, "127.0.0.1", timeout=5)
    if reply.edns != -1 or reply.flags & dns.flags.TC or \
            reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise ValueError(f"not an answer for a plain client: {reply}")
    rrset = [r for r in reply.answer if r.rdtype == dns.rdatatype.from_text(kind)]
    return [r.to_text().strip('"') for r in (rrset[0] if rrset else [])]


def is_match(provider, address):
    """The matching rules of -AnyMatch, -IPAddressesMatch and -BitmaskMatch."""
    results = lookup(f"{lab.reverse(address)}.{provider['-LookupDomain']}")
    if provider.get("-AnyMatch", "$false") == "$true" and results:
        return True
    if any(result in provider.get("-IPAddressesMatch", "").split(",") for result in results):
        return True
    mask = int(ipaddress.IPv4Address(provider.get("-BitmaskMatch", "0.0.0.0"))) & 0xff
    return any(int(ipaddress.IPv4Address(result)) & mask for result in results)


def filter_connection(providers, address):
    """'accepted' or the response of the provider that rejects."""
    for name in ("Add-IPAllowListProvider", "Add-IPBlockListProvider"):
        own = providers.get(name, [])
        for provider in sorted(own, key=lambda p: int(p["-Priority"])):
            if is_match(provider, address):
                return provider.get("-RejectionResponse", "accepted")
    return "accepted"


def check_exchange(box, checks):
    providers = {}
    for name, parameters in commands(box.block("exchange.ps1")):
        providers.setdefault(name, []).append(parameters)
        checks.is_true(len(parameters.get("-RejectionResponse", "")) <= 240,
                       f"the response of '{parameters['-Name']}' is short enough")
    by_name = {p["-Name"]: p for own in providers.values() for p in own}
    tested = {}
    for name, parameters in commands(box.block("check.ps1")):
        key = (parameters["-Identity"], parameters["-IPAddress"])
        tested[key] = is_match(by_name[key[0]], key[1])
        checks.is_equal(tested[key], EXCHANGE.get(key), f"{name} '{key[0]}' {key[1]}")
    checks.is_equal(set(tested), set(EXCHANGE), "all checks of the page are expected")
    for address, response in FILTERED:
        found = filter_connection(providers, address)
        checks.is_true(found.startswith(response), f"Exchange and {address}: {found}")


def test(box, checks):
    box.serve()
    check_exchange(box, checks)


if __name__ == "__main__":
    lab.main("exchange", [], test)
