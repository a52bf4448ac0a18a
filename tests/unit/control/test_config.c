/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files: what is accepted, and every mistake with its line and key.
 */
#include "control/config.h"
#include "control/config_reputation.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MESSAGES_MAX 8
#define FILE_NAME    "/etc/t.yaml"

#define LISTEN "dataplane: {listen: [\"127.0.0.1:5300\"]}\n"
#define LISTS  "lists: [{name: l, manual: true}]\n"
#define ZONES  "zones: [{name: z.example, lists: [l]}]\n"
#define REST   LISTEN LISTS ZONES
/* A list on line 1, with the rest of the file below. */
#define LIST(text)       "lists: [{name: l, " text "}]\n" LISTEN ZONES
#define FEED(text)       LIST("feed: {path: f, format: plain, " text "}")
#define CSV(text)        LIST("feed: {path: f, format: csv, options: {" text "}}")
#define GUARDS(text)     FEED("guards: {" text "}")
#define ZONE(text)       "zones: [{name: z.example, lists: [l], " text "}]\n" LISTEN LISTS
#define DATAPLANE(text)  "dataplane: {" text "}\n" LISTS ZONES
#define REPUTATION(text) "reputation: {reporters: [{name: r, user: u}], " text "}\n" REST
#define REPORTER(text)   "reputation: {reporters: [{" text "}]}\n" REST
#define LISTENING(text)  DATAPLANE("listen: [\"127.0.0.1:5300\"], " text)

struct messages {
	unsigned count;
	char text[MESSAGES_MAX][1100];
};

static void take_message(const char *message, void *context)
{
	struct messages *m = context;

	if (m->count < MESSAGES_MAX)
		snprintf(m->text[m->count], sizeof(m->text[0]), "%s", message);
	m->count++;
}

static struct config *load(const char *text, size_t size, struct messages *m)
{
	memset(m, 0, sizeof(*m));
	return config_load_bytes(FILE_NAME, text, size, take_message, m);
}

/* What each message begins with, after the file's name; "…" of the rest is for people. */
struct bad_row {
	const char *reason;
	const char *yaml;
	const char *messages[MESSAGES_MAX];
};

static const struct bad_row bad_rows[] = {
    {"an empty file", "", {": empty, expected at least"}},
    {"only a comment", "# nothing\n", {": empty"}},
    {"an empty document", "---\n...\n", {":2: has no value, expected keys"}},
    {"a scalar for the whole", "hello\n", {":1: is a single value, expected keys"}},
    {"a sequence for the whole", "- a\n- b\n", {":1: is a list, expected keys"}},
    {"nothing of what is required",
     "state_dir: /s\n",
     {":1: lists: missing, expected the key 'lists'", ":1: zones: missing",
      ": dataplane: warning: neither listen nor ports"}},
    {"flow that is not closed",
     "state_dir: /s\nlists: [a, b\nzones: x\n",
     {":3: YAML: did not find expected ',' or ']' (while parsing a flow sequence that began in "
      "line 2)"}},
    {"indentation that fits nothing", "lists:\n  - a\n - b\n", {":3: YAML: "}},
    {"a tab as indentation", "lists:\n\t- a\n", {":2: YAML: found character that cannot start"}},
    {"bytes that are not UTF-8", "a: 1\nb: \xff\xfe\n", {":2: YAML: "}},
    {"a control character", "a: 1\nb: \x01\n", {":2: YAML: control characters are not allowed"}},
    {"two documents", REST "---\na: 1\n", {":4: a second document, expected one"}},
    {"an anchor", "state_dir: &x /s\n" REST, {":1: a tag, anchor or alias"}},
    {"an alias", "state_dir: *x\n" REST, {":1: a tag, anchor or alias"}},
    {"a tag", "state_dir: !!str /s\n" REST, {":1: a tag, anchor or alias"}},
    {"a key that is a list", "[a]: b\n" REST, {":1: a key that is not text"}},
    {"nested without end", "a: [[[[[[[[[[[[[[[[[[[[\n", {":1: nested too deeply"}},
    {"a NUL character", "state_dir: \"/a\\0b\"\n" REST, {":1: a NUL character"}},
    {"a key given twice",
     "state_dir: /a\nstate_dir: /b\n" REST,
     {":2: 'state_dir' is given twice, expected once (first in line 1)"}},
    {"a key given twice far down",
     LIST("code: 127.0.0.2, manual: true, code: 127.0.0.3"),
     {":1: 'code' is given twice"}},
    {"an unknown key",
     "statedir: /s\n" REST,
     {":1: statedir: unknown key, expected one of: state_dir, control_socket, dataplane, http, "
      "cookies, identity, access, access_file, rate_limit, guard, reputation, monitor, "
      "lists, zones"}},
    {"a key of cookies that there is not",
     "cookies: {secret: 00112233445566778899aabbccddeeff}\n" REST,
     {":1: cookies.secret: unknown key, expected one of: secret_file, require"}},
    {"cookies as a word", "cookies: on\n" REST, {":1: cookies: is a single value, expected keys"}},
    {"a secret file without a name",
     "cookies: {secret_file: \"\"}\n" REST,
     {":1: cookies.secret_file: bad value '', expected the path of a file"}},
    {"require that is neither",
     "cookies: {require: yes}\n" REST,
     {":1: cookies.require: bad value 'yes', expected true or false"}},
    {"a key of identity that there is not",
     "identity: {name: x}\n" REST,
     {":1: identity.name: unknown key, expected one of: version, hostname, nsid"}},
    {"a version that is not ASCII",
     "identity: {version: \"\xc3\xa9\"}\n" REST,
     {":1: identity.version: bad value '\xc3\xa9', expected printable ASCII characters"}},
    {"a hostname with a line end",
     "identity: {hostname: \"a\\nb\"}\n" REST,
     {":1: identity.hostname: bad value 'a?b', expected printable ASCII characters"}},
    {"an NSID of 65 bytes",
     "identity: {nsid: 01234567890123456789012345678901234567890123456789012345678901234}\n" REST,
     {":1: identity.nsid: bad value "
      "'01234567890123456789012345678901234567890123456789012345678901234', expected at most 64 "
      "bytes"}},
    {"a key of reputation that there is not",
     REPUTATION("enters: 0.5"),
     {":1: reputation.enters: unknown key, expected one of: asn, socket, stream, trusted_relays, "
      "reporters, journal, classes, lists, delist, fast_half_life, "}},
    {"a reporter without a name",
     REPORTER("user: u"),
     {":1: reputation.reporters[0].name: missing"}},
    {"a reporter with a name of others",
     REPORTER("name: \"mx 1\", user: u"),
     {":1: reputation.reporters[0].name: bad value 'mx 1', expected 1 to 32 characters a-z, 0-9"}},
    {"a reporter nobody can be",
     REPORTER("name: mx1"),
     {":1: reputation.reporters[0]: has neither token_file nor user, expected at least one"}},
    {"a user with a blank",
     REPORTER("name: a, user: \"a b\""),
     {":1: reputation.reporters[0].user: bad value 'a b', expected the name or number of a user"}},
    {"two reporters of one name",
     REPORTER("name: a, user: u}, {name: a, token_file: t"),
     {":1: reputation.reporters[1].name: 'a' is given twice, expected once (first in line 1)"}},
    {"two reporters of one user",
     REPORTER("name: a, user: u}, {name: b, user: u"),
     {":1: reputation.reporters[1].user: 'u' is given twice, expected once (first in line 1)"}},
    {"a reporter without weight or rate",
     REPORTER("name: a, user: u, weight: 0, rate: 0"),
     {":1: reputation.reporters[0].weight: bad value '0', expected a number above 0 and at most",
      ":1: reputation.reporters[0].rate: bad value '0', expected events per second, from 1 to"}},
    {"sockets that are one",
     REPUTATION("socket: /e.sock, stream: /e.sock"),
     {":1: reputation.stream: '/e.sock' is another socket, expected a path of its own"}},
    {"a relay with host bits",
     REPUTATION("trusted_relays: [10.0.0.1/8]"),
     {":1: reputation.trusted_relays[0]: bad value '10.0.0.1/8', expected a network without host "
      "bits: \"10.0.0.0/8\""}},
    {"a journal that keeps nothing",
     REPUTATION("journal: {keep: 59m, size_max: 1K}"),
     {":1: reputation.journal.keep: bad value '59m', expected a duration of at least 1h",
      ":1: reputation.journal.size_max: bad value '1K', expected a size of at least 1M"}},
    {"a class there is not",
     REPUTATION("classes: {spam: {points: 4}}"),
     {":1: reputation.classes.spam: unknown key, expected one of: good_delivery, not_junk, "}},
    {"a class with bad dials",
     REPUTATION("classes: {phish: {points: -1, half_life: 5s, x: 1}, dha: 4}"),
     {":1: reputation.classes.phish.points: bad value '-1', expected a number from 0 to 1000",
      ":1: reputation.classes.phish.half_life: bad value '5s', expected a duration from 1m to 366d",
      ":1: reputation.classes.phish.x: unknown key, expected one of: points, half_life",
      ":1: reputation.classes.dha: bad value '4', expected keys such as {points: 4, half_life: "}},
    {"classes that are none", REPUTATION("classes: [a]"), {":1: reputation.classes: is a list"}},
    {"a list of the model that there is not",
     REPUTATION("lists: {spams: {mode: observe}}"),
     {":1: reputation.lists.spams: unknown key, expected one of: spam, trap, dha, backscatter"}},
    {"a list with a mode of others",
     REPUTATION("lists: {spam: {mode: on, first: 1s, x: 1}}"),
     {":1: reputation.lists.spam.mode: bad value 'on', expected enforce, observe or off",
      ":1: reputation.lists.spam.first: bad value '1s', expected a duration from 1m to 366d",
      ":1: reputation.lists.spam.x: unknown key, expected one of: mode, first"}},
    {"dials beyond their ends",
     REPUTATION("enter: 1.5, escalation: 0, dwell_min: 2y, enter_points: many"),
     {":1: reputation.enter: bad value '1.5', expected a number from 0 to 1",
      ":1: reputation.escalation: bad value '0', expected a whole number from 1 to 1000",
      ":1: reputation.dwell_min: bad value '2y', expected a duration from 1s to 366d",
      ":1: reputation.enter_points: bad value 'many', expected a number from 0 to 1000000"}},
    {"a dial without a value",
     REPUTATION("enter: "),
     {":1: reputation.enter: has no value, expected a number from 0 to 1"}},
    {"entries that leave at once",
     REPUTATION("leave: 0.7, enter: 0.6"),
     {":1: reputation.leave: leave is 0.7 and enter 0.6, expected leave at most enter"}},
    {"delist without a time",
     REPUTATION("delist: {per_address: 1, per_month: x, y: 1}"),
     {":1: reputation.delist.per_address: bad value '1', expected a number of times in a time, ",
      ":1: reputation.delist.per_month: bad value 'x', expected a whole number from 0 to 1000",
      ":1: reputation.delist.y: unknown key, expected one of: per_address, per_month"}},
    {"an unknown key in block style",
     "lists:\n  - name: l\n    manual: true\n    colour: red\n" LISTEN ZONES,
     {":4: lists[0].colour: unknown key, expected one of: name, feed, manual, reputation, code, "
      "text"}},
    {"an unknown key in flow style",
     LIST("manual: true, colour: red"),
     {":1: lists[0].colour: unknown key"}},
    {"a key in the wrong case", "State_dir: /s\n" REST, {":1: State_dir: unknown key"}},
    {"a list where a value belongs",
     "state_dir: [/s]\n" REST,
     {":1: state_dir: is a list, expected a single value"}},
    {"a value where keys belong",
     "dataplane: fast\n" LISTS ZONES,
     {":1: dataplane: is a single value, expected keys",
      ":1: dataplane: warning: neither listen nor ports"}},
    {"a value where a list belongs",
     "lists: l\n" LISTEN ZONES,
     {":1: lists: is a single value, expected a list: [A, B]",
      ":3: zones[0].lists[0]: no list is named 'l'"}},
    {"keys where a list belongs",
     "zones: {name: z}\n" LISTEN LISTS,
     {":1: zones: is keys, expected a list", ":3: lists[0]: warning: list 'l' is in no zone"}},
    {"a key whose entries are all comments",
     "access:\n#  - {from: \"::1\", action: allow}\n" REST,
     {":1: access: has no value, expected a list"}},
    {"a key without value",
     "state_dir:\n" REST,
     {":1: state_dir: has no value, expected the path of a file or folder"}},
    {"state_dir empty",
     "state_dir: \"\"\n" REST,
     {":1: state_dir: bad value '', expected the path"}},
    {"a socket path that the kernel does not take",
     "control_socket: "
     "/run/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
     "8901234567890123456789\n" REST,
     {":1: control_socket: bad value '/run/0123"}},
    {"listen without port",
     DATAPLANE("listen: [127.0.0.1]"),
     {":1: dataplane.listen[0]: bad value '127.0.0.1', expected ADDRESS:PORT"}},
    {"listen with port 0",
     DATAPLANE("listen: [\"127.0.0.1:0\"]"),
     {":1: dataplane.listen[0]: bad value '127.0.0.1:0'"}},
    {"listen with port 65536",
     DATAPLANE("listen: [\"127.0.0.1:65536\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen on IPv6 without brackets",
     DATAPLANE("listen: [\"::1:53\"]"),
     {":1: dataplane.listen[0]: bad value '::1:53'"}},
    {"listen on IPv4 in brackets",
     DATAPLANE("listen: [\"[127.0.0.1]:53\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen on a name",
     DATAPLANE("listen: [\"localhost:53\"]"),
     {":1: dataplane.listen[0]: bad value 'localhost:53'"}},
    {"listen on a prefix",
     DATAPLANE("listen: [\"127.0.0.0/8:53\"]"),
     {":1: dataplane.listen[0]: bad value"}},
    {"listen twice on the same, written differently",
     "dataplane:\n  listen:\n    - \"[::1]:53\"\n    - \"[0:0::1]:53\"\n" LISTS ZONES,
     {":4: dataplane.listen[1]: '[0:0::1]:53' is given twice, expected once (first in line 3)"}},
    {"a port without addresses",
     LISTENING("ports: [{device: net_tap0}]"),
     {":1: dataplane.ports[0].addresses: missing"}},
    {"a port with no addresses",
     LISTENING("ports: [{device: net_tap0, addresses: []}]"),
     {":1: dataplane.ports[0].addresses: is empty, expected at least 1 entry"}},
    {"a port without device",
     LISTENING("ports: [{addresses: [10.0.0.1/24]}]"),
     {":1: dataplane.ports[0].device: missing"}},
    {"a port's address without length",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1]}]"),
     {":1: dataplane.ports[0].addresses[0]: bad value '10.0.0.1', expected ADDRESS/LENGTH"}},
    {"a port's address with too long a length",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/33]}]"),
     {":1: dataplane.ports[0].addresses[0]: bad value '10.0.0.1/33'"}},
    {"a device given twice",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24]}, {device: d, addresses: "
               "[10.0.1.1/24]}]"),
     {":1: dataplane.ports[1].device: 'd' is given twice"}},
    {"an address on two ports",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24]}, {device: e, addresses: "
               "[10.0.0.1/8]}]"),
     {":1: dataplane.ports[1].addresses[0]: '10.0.0.1/8' is given twice"}},
    {"an interface for the kernel that no kernel takes",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: rbl/0}]"),
     {":1: dataplane.ports[0].punt: bad value 'rbl/0', expected the name of an interface"}},
    {"an interface name of 16 letters",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: abcdefghijklmnop}]"),
     {":1: dataplane.ports[0].punt: bad value 'abcdefghijklmnop'"}},
    {"an interface name that is a flag",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: -x}]"),
     {":1: dataplane.ports[0].punt: bad value '-x'"}},
    {"an interface that is to be there but has no name",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: true}]"),
     {":1: dataplane.ports[0].punt: bad value 'true', expected the name of an interface"}},
    {"one interface for two ports",
     LISTENING("ports: [{device: d, addresses: [10.0.0.1/24], punt: k}, {device: e, addresses: "
               "[10.0.1.1/24], punt: k}]"),
     {":1: dataplane.ports[1].punt: 'k' is given twice"}},
    {"the kernel would get nothing",
     LISTENING("punt_rate: 0"),
     {":1: dataplane.punt_rate: bad value '0', expected frames per second, from 1 to 10000000"}},
    {"a rate above all",
     LISTENING("punt_rate: 10000001"),
     {":1: dataplane.punt_rate: bad value '10000001', expected frames per second"}},
    {"a core that is no number",
     LISTENING("cores: [one]"),
     {":1: dataplane.cores[0]: bad value 'one', expected a number from 0 to 1023"}},
    {"a core that does not exist anywhere",
     LISTENING("cores: [1024]"),
     {":1: dataplane.cores[0]: bad value '1024'"}},
    {"a negative core", LISTENING("cores: [-1]"), {":1: dataplane.cores[0]: bad value '-1'"}},
    {"a core in octal", LISTENING("cores: [010]"), {":1: dataplane.cores[0]: bad value '010'"}},
    {"a core given twice",
     LISTENING("cores: [1, 2, 1]"),
     {":1: dataplane.cores[2]: '1' is given twice"}},
    {"an unknown hugepages word",
     LISTENING("hugepages: sometimes"),
     {":1: dataplane.hugepages: bad value 'sometimes', expected auto, never or require"}},
    {"limits of TCP out of range",
     LISTENING("tcp_connections: 0, tcp_per_client: 65537, tcp_idle: 2h"),
     {":1: dataplane.tcp_connections: bad value '0', expected a number from 1 to 65536",
      ":1: dataplane.tcp_per_client: bad value '65537', expected a number from 1 to 65536",
      ":1: dataplane.tcp_idle: bad value '2h', expected a duration from 1s to 1h"}},
    {"an unknown idle word",
     LISTENING("idle: 1"),
     {":1: dataplane.idle: bad value '1', expected poll or backoff"}},
    {"http without listen", "http: {}\n" REST, {":1: http.listen: missing"}},
    {"http on no port",
     "http: {listen: \"127.0.0.1\"}\n" REST,
     {":1: http.listen: bad value '127.0.0.1', expected ADDRESS:PORT"}},
    {"http for a network with host bits",
     "http: {listen: \"127.0.0.1:8053\", access: [10.0.0.1/8]}\n" REST,
     {":1: http.access[0]: bad value '10.0.0.1/8', expected a network without host bits: "
      "\"10.0.0.0/8\""}},
    {"http for nobody",
     "http: {listen: \"127.0.0.1:8053\", access: []}\n" REST,
     {":1: http.access: is empty, expected at least 1 entry"}},
    {"a token file without a name",
     "http: {listen: \"127.0.0.1:8053\", operator_token_file: \"\"}\n" REST,
     {":1: http.operator_token_file: bad value '', expected the path of a file or folder"}},
    {"a page that may be",
     "http: {listen: \"127.0.0.1:8053\", delist_page: maybe}\n" REST,
     {":1: http.delist_page: bad value 'maybe', expected true or false"}},
    {"monitor without addresses",
     "monitor: {zones: [a.example]}\n" REST,
     {":1: monitor.addresses: missing"}},
    {"monitor of a network",
     "monitor: {addresses: [192.0.2.0/24]}\n" REST,
     {":1: monitor.addresses[0]: bad value '192.0.2.0/24', expected an address, such as "
      "\"192.0.2.25\" or \"2001:db8::25\""}},
    {"monitor in a zone without a name",
     "monitor: {addresses: [192.0.2.1], zones: [\"a..b\"]}\n" REST,
     {":1: monitor.zones[0]: bad value 'a..b', expected a domain name, such as bl.example"}},
    {"monitor all the time",
     "monitor: {addresses: [192.0.2.1], every: 1s}\n" REST,
     {":1: monitor.every: bad value '1s', expected a duration of at least 1m, such as 1h"}},
    {"monitor by a name",
     "monitor: {addresses: [192.0.2.1], resolver: localhost}\n" REST,
     {":1: monitor.resolver: bad value 'localhost', expected ADDRESS or ADDRESS:PORT, such as "
      "127.0.0.1 or \"[::1]:5353\""}},
    {"access without action",
     "access: [{from: 10.0.0.0/8}]\n" REST,
     {":1: access[0].action: missing"}},
    {"an unknown action",
     "access: [{from: 10.0.0.0/8, action: deny}]\n" REST,
     {":1: access[0].action: bad value 'deny', expected allow, refuse, drop, empty or "
      "always"}},
    {"an always rule without its code",
     "access: [{from: 10.0.0.0/8, action: always}]\n" REST,
     {":1: access[0]: has action always and no code, expected the code that everything is listed "
      "with"}},
    {"a code that an A record must not have",
     "access: [{from: 10.0.0.0/8, action: always, code: 127.0.0.1}]\n" REST,
     {":1: access[0].code: bad value '127.0.0.1', expected an address in 127.0.0.0/8"}},
    {"rates out of range",
     "rate_limit:\n  responses_per_s: 100001\n  slip: 11\n  ipv4_length: 0\n"
     "  ipv6_length: 129\n  buckets: 0\n" REST,
     {":2: rate_limit.responses_per_s: bad value '100001', expected a number from 0 to 100000",
      ":3: rate_limit.slip: bad value '11', expected a number from 0 to 10",
      ":4: rate_limit.ipv4_length: bad value '0', expected a number from 1 to 32",
      ":5: rate_limit.ipv6_length: bad value '129', expected a number from 1 to 128",
      ":6: rate_limit.buckets: bad value '0', expected a number from 1 to 4194304"}},
    {"limits without a rate",
     "rate_limit: {slip: 2}\n" REST,
     {":1: rate_limit.responses_per_s: missing"}},
    {"an exempt range",
     "rate_limit: {responses_per_s: 5, exempt: [10.0.0.1-10.0.0.9]}\n" REST,
     {":1: rate_limit.exempt[0]: bad value '10.0.0.1-10.0.0.9', expected an address or prefix"}},
    {"a code and a text without use",
     "access: [{from: 10.0.0.0/8, action: drop,\n  code: 127.0.0.2,\n  text: no}]\n" REST,
     {":2: access[0].code: is given with action drop, expected only with action always",
      ":3: access[0].text: is given with action drop, expected only with action always"}},
    {"access with host bits",
     "access: [{from: 10.0.0.1/8, action: allow}]\n" REST,
     {":1: access[0].from: bad value '10.0.0.1/8', expected a network without host bits: "
      "\"10.0.0.0/8\""}},
    {"access from a range",
     "access: [{from: 10.0.0.1-10.0.0.9, action: allow}]\n" REST,
     {":1: access[0].from: bad value '10.0.0.1-10.0.0.9', expected an address or prefix"}},
    {"access from a name",
     "access: [{from: localhost, action: allow}]\n" REST,
     {":1: access[0].from: bad value 'localhost'"}},
    {"access twice from the same",
     "access:\n- {from: \"::1\", action: allow}\n- {from: \"::1/128\", action: drop}\n" REST,
     {":3: access[1].from: '::1/128' is given twice"}},
    {"never_list with a leading zero",
     "guard: {never_list: [192.0.02.0/24]}\n" REST,
     {":1: guard.never_list[0]: bad value '192.0.02.0/24', expected an address, prefix, range "
      "or name"}},
    {"canaries that are neither address nor name",
     "guard: {canaries: [example.com, 1.2.3, \"a b.example\", localhost]}\n" REST,
     {":1: guard.canaries[1]: bad value '1.2.3', expected an address, prefix, range or name",
      ":1: guard.canaries[2]: bad value 'a b.example'",
      ":1: guard.canaries[3]: bad value 'localhost'"}},
    {"guards.coverage4 in percent",
     GUARDS("coverage4: 2"),
     {":1: lists[0].feed.guards.coverage4: bad value '2', expected a share from 0 to 1"}},
    {"guards.labels above any name",
     GUARDS("labels: 128"),
     {":1: lists[0].feed.guards.labels: bad value '128', expected a number from 0 to 127"}},
    {"guards.must_list with a mistake",
     GUARDS("must_list: [127.0.0.2, 127.0.0]"),
     {":1: lists[0].feed.guards.must_list[1]: bad value '127.0.0', expected an address, prefix, "
      "range or name"}},
    {"feed.keep of none",
     FEED("keep: 0"),
     {":1: lists[0].feed.keep: bad value '0', expected a number from 1 to 32"}},
    {"feed.expired of an unknown kind",
     FEED("expired: drop"),
     {":1: lists[0].feed.expired: bad value 'drop', expected keep, empty or servfail"}},
    {"feed.checksum of a url",
     "lists: [{name: l, feed: {url: \"http://h/f\", format: plain, checksum: s}}]\n" LISTEN ZONES,
     {":1: lists[0].feed.checksum: is of feeds with path"}},
    {"feed.checksum_url of a file",
     FEED("checksum_url: \"http://h/s\""),
     {":1: lists[0].feed.checksum_url: is of feeds with url or rsync"}},
    {"feed.checksum_url that is no URL",
     "lists: [{name: l, feed: {url: \"http://h/f\", format: plain, checksum_url: sums}}]\n" LISTEN
         ZONES,
     {":1: lists[0].feed.checksum_url: bad value 'sums', expected http://HOST/…, https://HOST/…, "
      "rsync://HOST/MODULE/FILE or HOST::MODULE/FILE"}},
    {"feed.checksum_url by zone transfer",
     "lists: [{name: l, feed: {url: \"http://h/f\", format: plain, checksum_url: "
     "\"axfr://h/z\"}}]\n" LISTEN ZONES,
     {":1: lists[0].feed.checksum_url: bad value 'axfr://h/z', expected http://HOST/…"}},
    {"observe and subtract at once",
     "lists: [{name: l, manual: true, observe: true, subtract: true}]\n" LISTEN ZONES,
     {":1: lists[0].subtract: is given with observe: true, expected only one of them"}},
    {"enabled that is neither",
     "lists: [{name: l, manual: true, enabled: off}]\n" LISTEN ZONES,
     {":1: lists[0].enabled: bad value 'off', expected true or false"}},
    {"never_list with host bits",
     "guard:\n  never_list:\n    - 192.0.2.1/24\n" REST,
     {":3: guard.never_list[0]: bad value '192.0.2.1/24', expected a network without host bits"}},
    {"no lists",
     "lists: []\n" LISTEN ZONES,
     {":1: lists: is empty, expected at least 1 entry", ":3: zones[0].lists[0]: no list is named"}},
    {"a list without name",
     "lists: [{manual: true}]\n" LISTEN ZONES,
     {":1: lists[0].name: missing", ":3: zones[0].lists[0]: no list"}},
    {"a list name with a slash",
     "lists: [{name: ../l, manual: true}]\n" LISTEN "zones: [{name: z, lists: [../l]}]\n",
     {":1: lists[0].name: bad value '../l', expected 1 to 63 characters"}},
    {"a list name in capitals",
     "lists: [{name: L, manual: true}]\n" LISTEN "zones: [{name: z, lists: [L]}]\n",
     {":1: lists[0].name: bad value 'L'"}},
    {"a list name that hides its folder",
     "lists: [{name: .l, manual: true}]\n" LISTEN "zones: [{name: z, lists: [.l]}]\n",
     {":1: lists[0].name: bad value '.l'"}},
    {"two lists of one name",
     "lists:\n- {name: l, manual: true}\n- {name: l, manual: true}\n" LISTEN ZONES,
     {":3: lists[1].name: 'l' is given twice, expected once (first in line 2)"}},
    {"a list with neither feed nor manual",
     "lists: [{name: l}]\n" LISTEN ZONES,
     {":1: lists[0]: has none of feed, manual: true, reputation, expected one of them"}},
    {"a list that is not manual and has no feed",
     LIST("manual: false"),
     {":1: lists[0]: has none of feed, manual: true, reputation, expected one of them"}},
    {"a list with both",
     LIST("manual: true, feed: {path: f, format: plain}"),
     {":1: lists[0]: has more than one of feed, manual: true, reputation, expected one"}},
    {"manual in words that libcyaml would take for true",
     LIST("manual: off"),
     {":1: lists[0].manual: bad value 'off', expected true or false"}},
    {"a feed without source",
     LIST("feed: {format: plain}"),
     {":1: lists[0].feed: has no source, expected exactly one of path, url, rsync, push"}},
    {"a password in a URL",
     LIST("feed: {url: \"https://me:pw@example/\", format: plain}"),
     {":1: lists[0].feed.url: bad value 'https://me:pw@example/', expected http://HOST/"}},
    {"rsync over ssh",
     "lists:\n  - name: l\n    feed:\n      rsync: r:m\n      format: plain\n" LISTEN ZONES,
     {":4: lists[0].feed.rsync: bad value 'r:m', expected rsync://HOST/MODULE/FILE"}},
    {"a feed with two sources",
     FEED("url: \"http://h/\""),
     {":1: lists[0].feed: has more than one source"}},
    {"how to fetch what is not fetched",
     FEED("secret_file: s, proxy: \"http://p:1\""),
     {":1: lists[0].feed.proxy: is of feeds with url",
      ":1: lists[0].feed.secret_file: is of feeds with url or rsync"}},
    {"a feed that is not pushed after all",
     LIST("feed: {push: false, format: plain}"),
     {":1: lists[0].feed.push: bad value 'false', expected true"}},
    {"a secret for what is pushed",
     LIST("feed: {push: true, format: plain, secret_file: s}"),
     {":1: lists[0].feed.secret_file: is of feeds with url or rsync"}},
    {"a proxy for rsync",
     LIST("feed: {rsync: \"h::m/f\", format: plain, proxy: \"http://p:1\"}"),
     {":1: lists[0].feed.proxy: is of feeds with url"}},
    {"bad limits of a fetch",
     LIST("feed: {url: \"http://h/\", format: plain, timeout: 2d, size_max: 1T, min_interval: x}"),
     {":1: lists[0].feed.timeout: bad value '2d', expected a duration from 1s to 1d",
      ":1: lists[0].feed.size_max: bad value '1T', expected a size, such as 500K",
      ":1: lists[0].feed.min_interval: bad value 'x', expected a duration"}},
    {"a feed without format", LIST("feed: {path: f}"), {":1: lists[0].feed.format: missing"}},
    {"a format that does not exist",
     LIST("feed: {path: f, format: plane}"),
     {":1: lists[0].feed.format: bad value 'plane', expected one of the formats of this "
      "version: "}},
    {"a format of the contract that is not built",
     LIST("feed: {path: f, format: p2p}"),
     {":1: lists[0].feed.format: bad value 'p2p', expected one of the formats of this version: "}},
    {"a path without value",
     LIST("feed: {path: , format: plain}"),
     {":1: lists[0].feed.path: has no value, expected the path"}},
    {"a refresh without unit",
     FEED("refresh: 60"),
     {":1: lists[0].feed.refresh: bad value '60', expected a duration, such as 90s"}},
    {"options of a format that has none",
     FEED("options: {column: 1}"),
     {":1: lists[0].feed.options.column: unknown key: format plain has no options"}},
    {"options that are no keys",
     FEED("options: [column]"),
     {":1: lists[0].feed.options: expected keys: {key: value}"}},
    {"an option the format does not know",
     CSV("column: 1, colour: red"),
     {":1: lists[0].feed.options.colour: unknown key, expected one of format csv: column, last, "
      "where"}},
    {"an option the format needs",
     CSV("where: a=b"),
     {":1: lists[0].feed.options.column: missing, format csv needs it"}},
    {"no options where one is needed",
     LIST("feed: {path: f, format: csv}"),
     {":1: lists[0].feed.options.column: missing, format csv needs it"}},
    {"a bad option",
     CSV("column: 1, separator: ab"),
     {":1: lists[0].feed.options.separator: bad value 'ab', expected one character or tab"}},
    {"a bad option of several",
     CSV("column: 1, where: [a=b, c]"),
     {":1: lists[0].feed.options.where[1]: bad value 'c', expected COLUMN=VALUE"}},
    {"several values of an option that has one",
     CSV("column: [1]"),
     {":1: lists[0].feed.options.column: expected a single value"}},
    {"no values of an option",
     CSV("column: 1, where: []"),
     {":1: lists[0].feed.options.where: is empty, expected at least 1 entry"}},
    {"an option that is a mapping",
     CSV("column: 1, where: {a: b}"),
     {":1: lists[0].feed.options.where: expected a single value or a list of them"}},
    {"a path that is empty",
     CSV("column: 1, shared_hosts: \"\""),
     {":1: lists[0].feed.options.shared_hosts: bad value '', expected a value"}},
    {"an acl as a list",
     LIST("feed: {path: f, format: rbldnsd-acl}"),
     {":1: lists[0].feed.format: bad value 'rbldnsd-acl', expected the format of a list: an acl "
      "lists nothing, give it to access_file"}},
    {"an acl beside rules",
     "access_file: acl\naccess: [{from: 192.0.2.0/24, action: allow}]\n" REST,
     {":1: access_file: given beside access, expected one of them"}},
    {"an acl that is not there",
     "access_file: /nowhere/acl\n" REST,
     {":1: access_file: '/nowhere/acl' cannot be read: No such file"}},
    {"a selection of nothing",
     LIST("feed: {path: f, format: mmdb}"),
     {":1: lists[0].feed.options: format mmdb needs country, asn or both"}},
    {"a country that YAML reads as a truth value is still two letters",
     LIST("feed: {path: f, format: mmdb, options: {country: [no, Nor]}}"),
     {":1: lists[0].feed.options.country[1]: bad value 'Nor', expected two letters of a country"}},
    {"an ASN-DROP without database",
     LIST("feed: {path: f, format: spamhaus-asndrop-json}"),
     {":1: lists[0].feed.options.asn_database: missing, format spamhaus-asndrop-json needs it"}},
    {"a refresh of no time", FEED("refresh: 0s"), {":1: lists[0].feed.refresh: bad value '0s'"}},
    {"max_age in an unknown unit",
     FEED("max_age: 3y"),
     {":1: lists[0].feed.max_age: bad value '3y'"}},
    {"guards.errors above 1",
     GUARDS("errors: 1.5"),
     {":1: lists[0].feed.guards.errors: bad value '1.5', expected a share from 0 to 1"}},
    {"guards.errors negative",
     GUARDS("errors: -0.1"),
     {":1: lists[0].feed.guards.errors: bad value '-0.1'"}},
    {"guards.errors in percent",
     GUARDS("errors: 1%"),
     {":1: lists[0].feed.guards.errors: bad value '1%'"}},
    {"guards.shrink not a number",
     GUARDS("shrink: nan"),
     {":1: lists[0].feed.guards.shrink: bad value 'nan'"}},
    {"guards.growth below 1",
     GUARDS("growth: 0.5"),
     {":1: lists[0].feed.guards.growth: bad value '0.5', expected a multiple from 1 up"}},
    {"guards.growth infinite",
     GUARDS("growth: 1e999"),
     {":1: lists[0].feed.guards.growth: bad value '1e999'"}},
    {"guards.may_be_empty neither",
     GUARDS("may_be_empty: maybe"),
     {":1: lists[0].feed.guards.may_be_empty: bad value 'maybe', expected true or false"}},
    {"guards.widest4 of IPv6",
     GUARDS("widest4: 48"),
     {":1: lists[0].feed.guards.widest4: bad value '48', expected a number from 0 to 32"}},
    {"guards.widest6 above 128",
     GUARDS("widest6: 129"),
     {":1: lists[0].feed.guards.widest6: bad value '129', expected a number from 0 to 128"}},
    {"guards.bogons neither",
     GUARDS("bogons: ignore"),
     {":1: lists[0].feed.guards.bogons: bad value 'ignore', expected drop or keep"}},
    {"guards as one word",
     FEED("guards: none"),
     {":1: lists[0].feed.guards: is a single value, expected keys"}},
    {"an unknown guard", GUARDS("errorz: 1"), {":1: lists[0].feed.guards.errorz: unknown key"}},
    {"a code outside 127/8",
     LIST("manual: true, code: 10.0.0.2"),
     {":1: lists[0].code: bad value '10.0.0.2', expected an address in 127.0.0.0/8"}},
    {"the code that is never listed",
     LIST("manual: true, code: 127.0.0.1"),
     {":1: lists[0].code: bad value '127.0.0.1'"}},
    {"a code reserved for errors",
     LIST("manual: true, code: 127.255.255.254"),
     {":1: lists[0].code: bad value '127.255.255.254'"}},
    {"a code as a number", LIST("manual: true, code: 2"), {":1: lists[0].code: bad value '2'"}},
    {"a code as a prefix",
     LIST("manual: true, code: 127.0.0.2/32"),
     {":1: lists[0].code: bad value '127.0.0.2/32'"}},
    {"zones empty",
     "zones: []\n" LISTEN LISTS,
     {":1: zones: is empty", ":3: lists[0]: warning: list 'l' is in no zone"}},
    {"a zone without lists",
     "zones: [{name: z.example}]\n" LISTEN LISTS,
     {":1: zones[0].lists: missing", ":3: lists[0]: warning"}},
    {"a zone without name", "zones: [{lists: [l]}]\n" LISTEN LISTS, {":1: zones[0].name: missing"}},
    {"a zone that is the root",
     "zones: [{name: ., lists: [l]}]\n" LISTEN LISTS,
     {":1: zones[0].name: bad value '.', expected a domain name"}},
    {"a zone name with an empty label",
     "zones: [{name: a..b, lists: [l]}]\n" LISTEN LISTS,
     {":1: zones[0].name: bad value 'a..b'"}},
    {"a zone given twice, in another case and with a dot",
     "zones:\n  - {name: z.example, lists: [l]}\n  - {name: Z.Example., lists: [l]}\n" LISTEN LISTS,
     {":3: zones[1].name: 'Z.Example.' is given twice, expected once (first in line 2)"}},
    {"a zone with a list that does not exist",
     "zones: [{name: z, lists: [l, drop]}]\n" LISTEN LISTS,
     {":1: zones[0].lists[1]: no list is named 'drop', expected the name of one of lists"}},
    {"a zone with a list twice",
     "zones: [{name: z, lists: [l, l]}]\n" LISTEN LISTS,
     {":1: zones[0].lists[1]: 'l' is given twice"}},
    {"a negative ttl",
     ZONE("ttl: -1"),
     {":1: zones[0].ttl: bad value '-1', expected a number from 0 to 2147483647"}},
    {"a ttl above RFC 2181", ZONE("ttl: 2147483648"), {":1: zones[0].ttl: bad value"}},
    {"a ttl that wraps around",
     ZONE("negative_ttl: 18446744073709551617"),
     {":1: zones[0].negative_ttl: bad value"}},
    {"a ttl with a unit", ZONE("ttl: 5m"), {":1: zones[0].ttl: bad value '5m'"}},
    {"a name server that is no name",
     ZONE("ns: [\"a b..c\"]"),
     {":1: zones[0].ns[0]: bad value 'a b..c', expected a domain name"}},
    {"a name server twice",
     ZONE("ns: [ns1.example, NS1.example]"),
     {":1: zones[0].ns[1]: 'NS1.example' is given twice"}},
    {"too many name servers",
     ZONE("ns: [a.x, b.x, c.x, d.x, e.x, f.x, g.x, h.x, i.x]"),
     {":1: zones[0].ns: has 9 entries, expected at most 8"}},
    {"an unknown view",
     ZONE("view: points"),
     {":1: zones[0].view: bad value 'points', expected codes, bits, allow, score, srl, mailspike, "
      "why or asn"}},
    {"a score without a reputation",
     "zones: [{name: z, view: score}]\n" LISTEN LISTS,
     {":1: zones[0].view: 'score' is made of the reputation, expected a section 'reputation'",
      ":3: lists[0]: warning"}},
    {"a zone of scores with lists",
     "zones: [{name: z, view: srl, lists: [l]}]\nreputation: {reporters: [{name: r, user: "
     "root}]}\n" LISTEN LISTS,
     {":1: zones[0].lists: is given with view: srl, which has a list of its own, expected no "
      "lists"}},
    {"origins without a database",
     "zones: [{name: z, view: asn}]\nreputation: {reporters: [{name: r, user: root}]}\n" LISTEN
         LISTS,
     {":1: zones[0].view: 'asn' needs a database, expected the key 'reputation.asn'",
      ":4: lists[0]: warning"}},
    {"a list of the reputation without one",
     LIST("reputation: trap"),
     {":1: lists[0].reputation: there is no reputation to make the list of, expected a section "
      "'reputation'"}},
    {"a list of the reputation that there is not",
     LIST("reputation: junk") "reputation: {reporters: [{name: r, user: root}]}\n",
     {":1: lists[0].reputation: bad value 'junk', expected spam, trap, dha, backscatter, auth or "
      "good"}},
    {"a list of the reputation that is manual",
     LIST("reputation: trap, manual: true") "reputation: {reporters: [{name: r, user: root}]}\n",
     {":1: lists[0]: has more than one of feed, manual: true, reputation, expected one"}},
    {"view bits with a list that has no bit",
     ZONE("view: bits"),
     {":1: zones[0].lists[0]: list 'l' has no bit, expected one such as 'bit: 2' there, as the "
      "zone has view: bits"}},
    {"view allow with a list that has only a trust",
     "lists: [{name: l, manual: true, trust: 3}]\n" LISTEN
     "zones: [{name: z, lists: [l], view: allow}]\n",
     {":3: zones[0].lists[0]: list 'l' has no category and trust, expected both"}},
    {"view allow with a list of the good that has no category",
     "lists: [{name: l, reputation: good}]\nreputation: {reporters: [{name: r, user: "
     "root}]}\n" LISTEN "zones: [{name: z, lists: [l], view: allow}]\n",
     {":4: zones[0].lists[0]: list 'l' has no category and trust, expected both"}},
    {"bit 1 would make 127.0.0.1",
     "lists: [{name: l, manual: true, bit: 1}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value '1', expected a power of two from 2 to 8388608"}},
    {"a bit that is two bits",
     "lists: [{name: l, manual: true, bit: 6}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value '6', expected a power of two"}},
    {"a bit beyond 127.255.255.255",
     "lists: [{name: l, manual: true, bit: 16777216}]\n" LISTEN ZONES,
     {":1: lists[0].bit: bad value"}},
    {"a category that DNSWL has not",
     "lists: [{name: l, manual: true, category: 16, trust: 4}]\n" LISTEN ZONES,
     {":1: lists[0].category: bad value '16', expected a number from 2 to 15, or 20",
      ":1: lists[0].trust: bad value '4', expected a number from 0 to 3"}},
    {"records without a path",
     ZONE("records: \"\""),
     {":1: zones[0].records: bad value '', expected the path"}},
    {"an SOA of mistakes",
     ZONE("soa: {mname: a..b, rname: \"@x\", refresh: often, serial: 1}"),
     {":1: zones[0].soa.mname: bad value 'a..b', expected a domain name",
      ":1: zones[0].soa.rname: bad value '@x', expected a mail address",
      ":1: zones[0].soa.refresh: bad value 'often', expected a duration",
      ":1: zones[0].soa.serial: unknown key, expected one of: mname, rname, refresh, retry, "
      "expire"}},
    {"mistakes of all kinds at once",
     "oops: 1\nlists:\n  - {name: l, manual: true, code: 1.2.3.4}\n  - {name: m}\n"
     "zones:\n  - name: z\n    lists: [x]\n    ttl: soon\n" LISTEN,
     {":1: oops: unknown key", ":3: lists[0].code: bad value '1.2.3.4'", ":8: zones[0].ttl: bad",
      ":4: lists[1]: has none of feed", ":7: zones[0].lists[0]: no list is named 'x'",
      ":3: lists[0]: warning: list 'l' is in no zone",
      ":4: lists[1]: warning: list 'm' is in no zone"}},
    {"control characters are not told on", "\"a\\e[31mb\": 1\n" REST, {":1: a?[31mb: unknown key"}},
};

static void check_bad(const struct bad_row *row)
{
	struct messages m;
	struct config *config = load(row->yaml, strlen(row->yaml), &m);
	unsigned count = 0;

	if (config || errno != EINVAL)
		fail_msg("%s: loaded, or errno %d", row->reason, errno);
	for (; count < MESSAGES_MAX && row->messages[count]; count++) {
		const char *expected = row->messages[count];
		const char *found = m.text[count];

		if (strncmp(found, FILE_NAME, strlen(FILE_NAME)) != 0 ||
		    strncmp(found + strlen(FILE_NAME), expected, strlen(expected)) != 0)
			fail_msg("%s: message %u is '%s', expected '%s'", row->reason, count, found,
			         expected);
	}
	if (m.count != count)
		fail_msg("%s: %u messages, expected %u; the next is '%s'", row->reason, m.count,
		         count, count < MESSAGES_MAX ? m.text[count] : "");
}

static void mistakes_are_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(bad_rows[0]); i++)
		check_bad(&bad_rows[i]);
}

static const struct {
	const char *reason;
	const char *yaml;
	const char *warning; /* NULL = none */
} good_rows[] = {
    {"the least that is useful", REST, NULL},
    {"block style throughout",
     "dataplane:\n  listen:\n    - 127.0.0.1:5300\n    - \"[::1]:5300\"\nlists:\n  - name: l\n"
     "    feed:\n      path: f\n      format: plain\n      guards:\n        errors: 0.5\n"
     "zones:\n  - name: z\n    lists:\n      - l\n",
     NULL},
    {"flow style throughout, as JSON",
     "{\"dataplane\": {\"listen\": [\"127.0.0.1:53\"]}, \"lists\": [{\"name\": \"l\", "
     "\"manual\": true}], \"zones\": [{\"name\": \"z\", \"lists\": [\"l\"]}]}",
     NULL},
    {"a YAML directive and document marks", "%YAML 1.1\n---\n" REST "...\n", NULL},
    {"line ends of Windows", "state_dir: /s\r\n" REST, NULL},
    {"a byte order mark", "\xef\xbb\xbf" REST, NULL},
    {"a code in quotes", LIST("manual: true, code: \"127.0.0.9\""), NULL},
    {"a code without quotes", LIST("manual: true, code: 127.0.0.9"), NULL},
    {"a code far out", LIST("manual: true, code: 127.255.254.255"), NULL},
    {"a text that is empty", LIST("manual: true, text: \"\""), NULL},
    {"a text over lines",
     "lists:\n  - name: l\n    manual: true\n    text: >-\n      $ is\n"
     "      listed\n" LISTEN ZONES,
     NULL},
    {"http is accepted", "http: {listen: \"[::1]:8053\"}\n" REST, NULL},
    {"no access rules are the defaults", "access: []\n" REST, NULL},
    {"an identity that is not told", "identity: {version: \"\", hostname: \"\", nsid: \"\"}\n" REST,
     NULL},
    {"an NSID of 64 bytes",
     "identity: {nsid: 0123456789012345678901234567890123456789012345678901234567890123}\n" REST,
     NULL},
    {"never_list takes names", "guard: {never_list: [example.org, 192.0.2.1]}\n" REST, NULL},
    {"no canaries", "guard: {canaries: []}\n" REST, NULL},
    {"a list that is subtracted needs no zone",
     "lists: [{name: l, manual: true}, {name: s, manual: true, subtract: true}]\n" LISTEN ZONES,
     NULL},
    {"never_list takes ranges",
     "guard: {never_list: [192.0.2.1-192.0.2.9, \"2001:db8::/32\"]}\n" REST, NULL},
    {"an IDN zone",
     "zones: [{name: b\xc3\xbc"
     "cher.example, lists: [l]}]\n" LISTEN LISTS,
     NULL},
    {"a port needs no listen",
     DATAPLANE("ports: [{device: \"net_tap0,iface=rbl0\", addresses: [10.53.0.1/24, "
               "\"fd53::1/64\"]}]"),
     NULL},
    {"ttl 0", ZONE("ttl: 0, negative_ttl: 0"), NULL},
    {"the largest ttl", ZONE("ttl: 2147483647"), NULL},
    {"guards at their ends", GUARDS("errors: 0, shrink: 1, growth: 1, widest4: 0, widest6: 128"),
     NULL},
    {"a list in no zone",
     "lists:\n- {name: l, manual: true}\n- {name: m, manual: true}\n" LISTEN ZONES,
     ":3: lists[1]: warning: list 'm' is in no zone, so nobody is answered from it"},
    {"nobody may report", "reputation: {}\n" REST,
     ":1: reputation: warning: no reporters: no event is taken"},
    {"dials at their ends",
     REPUTATION("enter: 1, leave: 0, escalation: 1, delist: {per_address: 0/1s, per_month: 0}"),
     NULL},
    {"nobody can ask", LISTS ZONES, ": dataplane: warning: neither listen nor ports"},
};

static void good_files_load(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(good_rows[0]); i++) {
		const char *warning = good_rows[i].warning;
		struct messages m;
		struct config *config = load(good_rows[i].yaml, strlen(good_rows[i].yaml), &m);

		if (!config)
			fail_msg("%s: %s", good_rows[i].reason, m.text[0]);
		if (m.count != (warning ? 1u : 0u) || (warning && !strstr(m.text[0], warning)))
			fail_msg("%s: told '%s'", good_rows[i].reason, m.text[0]);
		config_free(config);
	}
}

static void defaults_are_those_of_the_contract(void **state)
{
	static const char *const access[] = {"127.0.0.0/8",    "10.0.0.0/8",     "172.16.0.0/12",
	                                     "192.168.0.0/16", "169.254.0.0/16", "::1",
	                                     "fc00::/7",       "fe80::/10"};
	static const char yaml[] =
	    "lists:\n- {name: l, manual: true}\n- {name: f, feed: {path: f, format: "
	    "plain}}\n" LISTEN "zones: [{name: Z.example., lists: [f, l]}]\n";
	const struct config_feed *feed;
	struct messages m;
	struct config *c;

	(void)state;
	c = load(yaml, strlen(yaml), &m);
	assert_non_null(c);
	assert_string_equal(c->path, FILE_NAME);
	assert_string_equal(c->state_dir, "/var/lib/reputed");
	assert_string_equal(c->control_socket, "/run/reputed/control.sock");
	assert_string_equal(c->dataplane.socket, "/run/reputed/dataplane.sock");
	assert_int_equal(c->dataplane.hugepages, CONFIG_HUGEPAGES_AUTO);
	assert_int_equal(c->dataplane.idle, IDLE_BACKOFF);
	assert_null(c->http.listen);
	assert_null(c->cookie_secret_file);
	assert_false(c->is_cookie_required);
	assert_int_equal(c->cookie_secrets.count, 0);
	assert_string_equal(c->version, "reputed");
	assert_null(c->hostname);
	assert_null(c->nsid);
	assert_int_equal(c->access_count, sizeof(access) / sizeof(access[0]));
	for (unsigned i = 0; i < c->access_count; i++) {
		assert_string_equal(c->access[i].from, access[i]);
		assert_int_equal(c->access[i].action, CONFIG_ALLOW);
		assert_int_equal(c->access[i].range.is_ip6, i >= 5);
	}
	assert_true(c->access[0].range.last == 0x7fffffff);
	assert_int_equal(c->never_list_count, 0);
	assert_int_equal(c->canaries_count, 19);
	assert_string_equal(c->canary_places[6].text, "example.com");
	assert_true(!c->lists[0].is_off && !c->lists[0].is_observed && !c->lists[0].is_subtracted);
	assert_null(c->lists[0].feed);
	assert_true(c->lists[0].manual);
	assert_int_equal(c->lists[0].code, 0x7f000002);
	assert_null(c->lists[0].text);
	feed = c->lists[1].feed;
	assert_string_equal(feed->path, "/etc/f");
	assert_int_equal(feed->refresh_s, 0);
	assert_int_equal(feed->max_age_s, 0);
	assert_true(feed->guards.errors == 0.01 && feed->guards.shrink == 0.5);
	assert_true(feed->guards.growth == 3 && !feed->guards.may_be_empty);
	assert_true(feed->guards.widest4 == 8 && feed->guards.widest6 == 19);
	assert_int_equal(feed->bogons, BOGONS_DROP);
	assert_true(feed->guards.lint && feed->guards.coverage4 == 0.02 &&
	            feed->guards.labels == 2);
	assert_int_equal(feed->guards.min_entries, 0);
	assert_true(feed->has_canaries && feed->must_list_count == 0);
	assert_int_equal(feed->expired, EXPIRED_KEEP);
	assert_int_equal(feed->keep, 3);
	assert_null(feed->checksum);
	assert_ptr_equal(feed->format_row, format_find("plain"));
	assert_int_equal(c->zones[0].ttl, 300);
	assert_int_equal(c->zones[0].negative_ttl, 60);
	assert_int_equal(c->zones[0].apex_size, 11);
	assert_memory_equal(c->zones[0].apex, "\1z\7example", 11);
	assert_int_equal(c->zones[0].list_indexes[0], 1);
	assert_int_equal(c->zones[0].list_indexes[1], 0);
	config_free(c);
}

static void reputation_is_resolved(void **state)
{
	static const char yaml[] =
	    "reputation:\n  asn: asn.mmdb\n  socket: e.sock\n  stream: /s.sock\n"
	    "  trusted_relays: [192.0.2.0/28, \"2001:db8::1\"]\n"
	    "  reporters:\n    - {name: mx1, token_file: t, weight: 0.5, rate: 7}\n"
	    "    - {name: mx2, user: \"1000\"}\n"
	    "  journal: {size_max: 1G}\n"
	    "  classes: {spam_verdict: {points: 5}}\n"
	    "  lists: {spam: {mode: observe}, good: {mode: off}}\n"
	    "  enter: 0.7\n  dwell_min: 30m\n"
	    "  delist: {per_address: 2/1h}\n" REST;
	const struct config_reputation *r;
	struct dials otherwise;
	struct messages m;
	struct config *c;

	(void)state;
	dials_default(&otherwise);
	c = load(REST, strlen(REST), &m);
	assert_non_null(c);
	assert_null(c->reputation);
	config_free(c);
	c = load(yaml, strlen(yaml), &m);
	if (!c)
		fail_msg("%s", m.text[0]);
	r = c->reputation;
	assert_string_equal(r->asn, "/etc/asn.mmdb");
	assert_string_equal(r->socket, "/etc/e.sock");
	assert_string_equal(r->stream, "/s.sock");
	assert_true(r->relay_ranges[0].last == 0xc000020f && r->relay_ranges[1].is_ip6);
	assert_string_equal(r->reporters[0].token_file, "/etc/t");
	assert_true(r->reporters[0].weight == 0.5f && r->reporters[0].rate == 7);
	assert_true(r->reporters[1].weight == 1 && r->reporters[1].rate == 1000);
	assert_string_equal(r->reporters[1].user, "1000");
	assert_int_equal(r->journal.keep_s, 60 * 86400);
	assert_int_equal(r->journal.size_max_bytes, 1 << 30);
	assert_true(r->dials.classes[EVENT_SPAM_VERDICT].points == 5);
	assert_int_equal(r->dials.classes[EVENT_SPAM_VERDICT].half_life_s,
	                 otherwise.classes[EVENT_SPAM_VERDICT].half_life_s);
	assert_true(r->dials.lists[DIALS_SPAM].is_observed && r->dials.lists[DIALS_GOOD].is_off);
	assert_int_equal(r->dials.lists[DIALS_SPAM].first_s, otherwise.lists[DIALS_SPAM].first_s);
	assert_true(r->dials.enter == 0.7f && r->dials.leave == otherwise.leave);
	assert_int_equal(r->dials.dwell_min_s, 1800);
	assert_int_equal(r->delist.per_address, 2);
	assert_int_equal(r->delist.window_s, 3600);
	assert_int_equal(r->delist.per_month, 3);
	config_free(c);
}

static void values_are_resolved(void **state)
{
	static const char yaml[] =
	    "state_dir: state\ncontrol_socket: ../run/c.sock\n"
	    "dataplane:\n  socket: /d.sock\n  listen: [\"127.0.0.1:5300\"]\n  cores: [3, 1]\n"
	    "  hugepages: require\n  idle: poll\n"
	    "  punt_rate: 500\n"
	    "  ports: [{device: net_tap0, addresses: [10.53.0.1/24, \"fd53::1/64\"], punt: k.1}, "
	    "{device: a, addresses: [10.0.0.1/8], punt: false}, "
	    "{device: b, addresses: [10.0.0.2/8], punt: false}]\n"
	    "access: [{from: 192.0.2.0/24, action: drop}]\n"
	    "cookies: {secret_file: cookies.secret, require: true}\n"
	    "identity: {version: \"\", hostname: a.example, nsid: \"7\"}\n"
	    "guard: {never_list: [Example.Org, 192.0.2.7], canaries: [\"2001:db8::/32\"]}\n"
	    "lists:\n  - name: l\n    feed: {path: /f, format: plain, refresh: 1h, max_age: 3d, "
	    "guards: {may_be_empty: true, growth: 10, bogons: keep, labels: 1, coverage4: 0.5, "
	    "min_entries: 7, canaries: false, "
	    "must_list: [127.0.0.2, test.example]}, keep: 9, expired: servfail, checksum: f.sum}\n"
	    "    observe: true\n    enabled: false\n"
	    "    code: 127.0.0.9\n    text: \"$ is bad\"\n"
	    "zones: [{name: z, lists: [l], ttl: 0, ns: [ns1.z, ns2.z]}]\n";
	const struct config_feed *feed;
	struct messages m;
	struct config *c;

	(void)state;
	c = load(yaml, strlen(yaml), &m);
	if (!c)
		fail_msg("%s", m.text[0]);
	assert_string_equal(c->state_dir, "/etc/state");
	assert_string_equal(c->control_socket, "/etc/../run/c.sock");
	assert_string_equal(c->dataplane.socket, "/d.sock");
	assert_int_equal(c->dataplane.cores_count, 2);
	assert_int_equal(c->dataplane.cores[0], 3);
	assert_int_equal(c->dataplane.hugepages, CONFIG_HUGEPAGES_REQUIRE);
	assert_int_equal(c->dataplane.idle, IDLE_POLL);
	assert_int_equal(c->dataplane.punt_rate, 500);
	assert_int_equal(c->dataplane.ports_count, 3);
	assert_string_equal(c->dataplane.ports[0].punt, "k.1");
	assert_string_equal(c->dataplane.ports[2].punt, "false");
	assert_string_equal(c->dataplane.ports[0].device, "net_tap0");
	assert_string_equal(c->dataplane.ports[0].addresses[1], "fd53::1/64");
	assert_int_equal(c->access_count, 1);
	assert_int_equal(c->access[0].action, CONFIG_DROP);
	assert_string_equal(c->cookie_secret_file, "/etc/cookies.secret");
	assert_true(c->is_cookie_required);
	assert_string_equal(c->version, "");
	assert_string_equal(c->hostname, "a.example");
	assert_string_equal(c->nsid, "7");
	assert_true(c->access[0].range.first == 0xc0000200);
	assert_true(c->never_ranges[0].first == 0xc0000207);
	assert_int_equal(c->never_range_count, 1);
	assert_int_equal(c->never_name_count, 1);
	assert_memory_equal(c->never_names[0].wire, "\7example\3org", 12);
	assert_int_equal(c->canaries_count, 1);
	assert_true(c->canary_places[0].range.is_ip6);
	assert_true(c->lists[0].is_observed && c->lists[0].is_off);
	feed = c->lists[0].feed;
	assert_string_equal(feed->path, "/f");
	assert_int_equal(feed->refresh_s, 3600);
	assert_int_equal(feed->max_age_s, 3 * 86400);
	assert_true(feed->guards.may_be_empty && feed->guards.growth == 10);
	assert_true(feed->guards.errors == 0.01 && feed->guards.shrink == 0.5);
	assert_true(feed->guards.widest4 == 8 && feed->guards.widest6 == 19);
	assert_int_equal(feed->bogons, BOGONS_KEEP);
	assert_true(feed->guards.labels == 1 && feed->guards.coverage4 == 0.5);
	assert_int_equal(feed->guards.min_entries, 7);
	assert_true(!feed->has_canaries && feed->must_list_count == 2 && feed->must[1].is_name);
	assert_int_equal(feed->expired, EXPIRED_SERVFAIL);
	assert_int_equal(feed->keep, 9);
	assert_string_equal(feed->checksum, "/etc/f.sum");
	assert_int_equal(c->lists[0].code, 0x7f000009);
	assert_string_equal(c->lists[0].text, "$ is bad");
	assert_int_equal(c->zones[0].ttl, 0);
	assert_int_equal(c->zones[0].negative_ttl, 60);
	assert_int_equal(c->zones[0].ns_count, 2);
	config_free(c);
}

/* Load a text that repeats a line with a number in it, and take the first message. */
static void check_too_much(const char *head, const char *line, unsigned count, const char *message)
{
	struct messages m;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(head, out);
	for (unsigned i = 0; i < count; i++) {
		fputs(line, out);
		fprintf(out, "%u: {name: l%u, manual: true}\n", i, i);
	}
	fclose(out);
	assert_null(load(text, size, &m));
	if (!strstr(m.text[0], message))
		fail_msg("'%s', expected '%s'", m.text[0], message);
	free(text);
}

/* Zones whose views have lists of their own, which nobody wrote. */
static void hidden_lists_are_made(void **state)
{
	static const struct {
		const char *zone, *lists[4];
		enum config_kept kept[4];
		const char *reason;
	} rows[] = {
	    {"a.x",
	     {"good", "spam", "reputation:more-good"},
	     {KEPT_GOOD, KEPT_SPAM, KEPT_GOOD_MORE},
	     "a list `good` without a trust has one for those that deserve more"},
	    {"b.x", {"given"}, {KEPT_GOOD}, "a trust that is given is that of all"},
	    {"c.x", {"good"}, {KEPT_GOOD}, "with codes there is nothing to tell apart"},
	    {"d.x", {"reputation:score"}, {KEPT_SCORE}, "a list of its own"},
	    {"e.x", {"reputation:score"}, {KEPT_SCORE}, "the same list for the same view"},
	    {"f.x", {"reputation:asn"}, {KEPT_NOTHING}, "a feed"},
	};
	static const char text[] =
	    "reputation: {reporters: [{name: r, user: root}], asn: asn.mmdb, lists: {spam: {mode: "
	    "off}, good: {mode: "
	    "observe}}}\n" LISTEN "lists:\n"
	    "  - {name: good, reputation: good, category: 3}\n"
	    "  - {name: spam, reputation: spam, category: 2, trust: 0, bit: 2}\n"
	    "  - {name: given, reputation: good, category: 4, trust: 3}\n"
	    "zones:\n"
	    "  - {name: a.x, lists: [good, spam], view: allow}\n"
	    "  - {name: b.x, lists: [given], view: allow}\n"
	    "  - {name: c.x, lists: [good]}\n"
	    "  - {name: d.x, view: score}\n"
	    "  - {name: e.x, view: score}\n"
	    "  - {name: f.x, view: asn}\n";
	struct messages m;
	struct config *c = load(text, sizeof(text) - 1, &m);

	(void)state;
	if (!c)
		fail_msg("%s", m.text[0]);
	assert_int_equal(m.count, 0);
	assert_int_equal(c->lists_count, 6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_zone *zone = &c->zones[i];
		unsigned count = 0;

		for (; rows[i].lists[count]; count++) {
			const struct config_list *list;

			if (count >= zone->lists_count)
				fail_msg("%s: %s", rows[i].zone, rows[i].reason);
			list = &c->lists[zone->list_indexes[count]];
			assert_string_equal(list->name, rows[i].lists[count]);
			assert_int_equal(list->kept, rows[i].kept[count]);
			assert_int_equal(list->is_hidden, strchr(list->name, ':') != NULL);
		}
		assert_int_equal(zone->lists_count, count);
	}
	assert_int_equal(c->lists[0].trust, 1);
	assert_int_equal(c->lists[3].trust, 2);
	assert_int_equal(c->lists[3].category, 3);
	assert_true(c->lists[0].is_observed);
	assert_true(c->lists[3].is_observed);
	assert_false(c->lists[0].is_off);
	assert_true(c->lists[1].is_off);
	assert_int_equal(c->lists[2].trust, 3);
	assert_string_equal(c->lists[5].feed->path, "/etc/asn.mmdb");
	assert_string_equal(c->lists[5].feed->format_row->name, "mmdb-asn");
	assert_false(c->lists[5].feed->has_canaries);
	assert_true(c->lists[5].feed->guards.coverage4 >= 1);
	config_free(c);
}

static void too_much_is_refused(void **state)
{
	(void)state;
	check_too_much("", "k", 1000, ":257: too many keys");
	check_too_much("lists:\n", "- k", 700000, "too many values for a configuration file");
	check_too_much(LISTEN ZONES "lists:\n", "- k", CONFIG_LISTS_MAX + 1,
	               ":3: lists: has 1024 entries, expected at most 1023");
}

static void files_that_cannot_be_read(void **state)
{
	struct messages m = {0};

	(void)state;
	assert_null(config_load("/nonexistent/reputed.yaml", take_message, &m));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(m.count, 1);
	assert_string_equal(m.text[0], "/nonexistent/reputed.yaml: cannot be read: No such file or "
	                               "directory, expected a file of at most 16 MiB");
	m.count = 0;
	assert_null(config_load("/", take_message, &m));
	assert_non_null(strstr(m.text[0], "/: cannot be read: Is a directory"));
}

/* What is installed as an example, and what `make run` starts. */
static void shipped_files_are_right(void **state)
{
	static const char *const files[] = {SOURCE_ROOT "/packaging/reputed.yaml",
	                                    SOURCE_ROOT "/packaging/sample/reputed.yaml"};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct messages m = {0};
		struct config *config = config_load(files[i], take_message, &m);

		if (!config || m.count)
			fail_msg("%s: %s", files[i], m.text[0]);
		config_free(config);
	}
}

/* What an acl of rbldnsd becomes, in the order of its addresses. */
static const struct {
	const char *from;
	enum config_access_action action;
	uint32_t code;
	const char *text;
} acl_rows[] = {
    {"192.0.2.0/24", CONFIG_REFUSE, 0, NULL}, {"192.0.2.7", CONFIG_ALWAYS, 0x7f000009, "$ asks"},
    {"192.0.2.8", CONFIG_EMPTY, 0, NULL},     {"192.0.2.9", CONFIG_ALWAYS, 0x7f000003, NULL},
    {"192.0.2.10", CONFIG_ALLOW, 0, NULL},    {"::/0", CONFIG_DROP, 0, NULL},
    {"0.0.0.0/0", CONFIG_ALLOW, 0, NULL},
};

static void acl_is_read(void **state)
{
	char path[] = "/tmp/reputed-acl-XXXXXX", yaml[1024];
	FILE *file = fdopen(mkstemp(path), "w");
	struct messages m;
	struct config *c;

	(void)state;
	assert_non_null(file);
	fputs("192.0.2 =refuse\n192.0.2.7 :9:$ asks\n192.0.2.8 :empty\n192.0.2.9 :3:\n"
	      "192.0.2.10 :pass\n::/0\n",
	      file);
	fflush(file);
	snprintf(yaml, sizeof(yaml), "access_file: %s\n" REST, path);
	c = load(yaml, strlen(yaml), &m);
	assert_non_null(c);
	assert_int_equal(c->access_count, sizeof(acl_rows) / sizeof(acl_rows[0]));
	for (unsigned i = 0; i < c->access_count; i++) {
		assert_string_equal(c->access[i].from, acl_rows[i].from);
		assert_int_equal(c->access[i].action, acl_rows[i].action);
		assert_int_equal(c->access[i].code, acl_rows[i].code);
		assert_int_equal(!c->access[i].text, !acl_rows[i].text);
		if (acl_rows[i].text)
			assert_string_equal(c->access[i].text, acl_rows[i].text);
	}
	assert_int_equal(c->access[1].listing, 0);
	assert_int_equal(c->access[3].listing, 1);
	config_free(c);

	fputs("192.0.2.1 :nothing\n", file);
	fclose(file);
	assert_null(load(yaml, strlen(yaml), &m));
	assert_int_equal(m.count, 1);
	snprintf(yaml, sizeof(yaml), "%s:7: bad value ':nothing'", path);
	assert_memory_equal(m.text[0], yaml, strlen(yaml));
	unlink(path);
}

static void options_are_kept(void **state)
{
	static const char yaml[] =
	    CSV("column: url, where: [a=b, c!=d], shared_hosts: hosts/shared.txt");
	const struct format_options *options;
	struct messages m;
	struct config *c;
	size_t at = 0;

	(void)state;
	c = load(yaml, strlen(yaml), &m);
	assert_non_null(c);
	options = c->lists[0].feed->options;
	assert_string_equal(format_options_get(options, "column"), "url");
	assert_string_equal(format_options_next(options, "where", &at), "a=b");
	assert_string_equal(format_options_next(options, "where", &at), "c!=d");
	assert_null(format_options_next(options, "where", &at));
	assert_string_equal(format_options_get(options, "shared_hosts"), "/etc/hosts/shared.txt");
	assert_null(format_options_get(options, "quote"));
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(options_are_kept),
	    cmocka_unit_test(acl_is_read),
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(good_files_load),
	    cmocka_unit_test(defaults_are_those_of_the_contract),
	    cmocka_unit_test(values_are_resolved),
	    cmocka_unit_test(hidden_lists_are_made),
	    cmocka_unit_test(reputation_is_resolved),
	    cmocka_unit_test(too_much_is_refused),
	    cmocka_unit_test(files_that_cannot_be_read),
	    cmocka_unit_test(shipped_files_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
