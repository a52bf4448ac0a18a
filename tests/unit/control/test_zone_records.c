/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of static records: what is read, and every mistake with its line; when files change. */
#include "control/zone_files.h"
#include "control/zone_records.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
	const char *reason;
	const char *file;
	const uint8_t *name;
	size_t name_size;
	unsigned type;
	uint32_t ttl_s;
	const uint8_t *rdata;
	size_t rdata_size;
} good_rows[] = {
    {"an address outside 127/8 at the apex", "@ A 192.0.2.1\n", BYTES(""), 1, 3600,
     BYTES("\300\0\2\1")},
    {"a TTL, a class, a name in upper case, CRLF, no newline at the end",
     "WWW 10m in a 127.0.0.1\r", BYTES("\3www"), 1, 600, BYTES("\177\0\0\1")},
    {"$TTL of the lines behind it", "$TTL 90\nx AAAA ::1\n", BYTES("\1x"), 28, 90,
     BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")},
    {"comments and empty lines", "# a\n; b\n\n \t\na.b TXT c\n", BYTES("\1a\1b"), 16, 3600,
     BYTES("\1c")},
    {"TXT without quotes is the rest of the line", "x 0 TXT a \"b\" c\n", BYTES("\1x"), 16, 0,
     BYTES("\7a \"b\" c")},
    {"TXT of several strings with escapes", "x TXT \"a\\\"\\065\" \"\"\t\"b\"\n", BYTES("\1x"), 16,
     3600, BYTES("\3a\"A\0\1b")},
    {"a mail server", "@ MX 10 Mail.Example.\n", BYTES(""), 15, 3600,
     BYTES("\0\12\4mail\7example\0")},
    {"no mail (RFC 7505)", "@ MX 0 .\n", BYTES(""), 15, 3600, BYTES("\0\0\0")},
    {"an alias, absolute", "x CNAME y.example\n", BYTES("\1x"), 5, 3600, BYTES("\1y\7example\0")},
    {"CAA in quotes", "@ CAA 128 issue \"ca.example; a=b\"\n", BYTES(""), 257, 3600,
     BYTES("\200\5issueca.example; a=b")},
    {"CAA without", "@ CAA 0 issue ;\n", BYTES(""), 257, 3600, BYTES("\0\5issue;")},
    {"three octets are no address", "1.2.3 TXT x\n",
     BYTES("\1"
           "1\1"
           "2\1"
           "3"),
     16, 3600, BYTES("\1x")},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good_rows) / sizeof(*good_rows); i++) {
		char error[300] = "x";
		struct zone_records *r;

		print_message("# %s\n", good_rows[i].reason);
		r = zone_records_parse("f", good_rows[i].file, strlen(good_rows[i].file), error,
		                       sizeof(error));
		assert_string_equal(error, "");
		assert_non_null(r);
		assert_int_equal(r->count, 1);
		assert_int_equal(r->items[0].type, good_rows[i].type);
		assert_int_equal(r->items[0].ttl_s, good_rows[i].ttl_s);
		assert_int_equal(r->items[0].name_size, good_rows[i].name_size);
		assert_memory_equal(r->items[0].name, good_rows[i].name, good_rows[i].name_size);
		assert_int_equal(r->items[0].rdata_size, good_rows[i].rdata_size);
		assert_memory_equal(r->items[0].rdata, good_rows[i].rdata, good_rows[i].rdata_size);
		zone_records_free(r);
	}
}

static const struct {
	const char *reason;
	const char *file;
	const char *error; /* how it begins */
} bad_rows[] = {
    {"a bad line is named", "@ A 192.0.2.1\n\n@ A 192.0.2\n",
     "f:3: bad address '192.0.2', expected an IPv4 address"},
    {"IPv6 where IPv4 is due", "@ A ::1\n", "f:1: bad address '::1', expected an IPv4"},
    {"IPv4 where IPv6 is due", "@ AAAA 1.2.3.4\n", "f:1: bad address '1.2.3.4', expected an IPv6"},
    {"something behind the value", "@ A 192.0.2.1 192.0.2.2\n",
     "f:1: '192.0.2.2' behind the value, expected the end of the line"},
    {"a type that is not served", "@ SRV 0 0 1 x\n",
     "f:1: unknown type 'SRV', expected one of A, AAAA, TXT, MX, CNAME, CAA"},
    {"no type", "x\n", "f:1: no type '', expected one of"},
    {"a ttl above RFC 2181", "x 2147483648 A 1.2.3.4\n", "f:1: bad ttl '2147483648'"},
    {"a ttl that wraps around", "x 99999999999999999999 A 1.2.3.4\n", "f:1: bad ttl"},
    {"a ttl of a strange unit", "x 1y A 1.2.3.4\n", "f:1: bad ttl '1y', expected seconds"},
    {"an unknown directive", "$ORIGIN x\n", "f:1: unknown '$ORIGIN', expected $TTL, $NS, $SOA or"},
    {"name servers without a TTL", "$NS ns1.example\n", "f:1: bad $NS, expected $NS TTL NAME ..."},
    {"a TTL without name servers", "$NS 0\n", "f:1: bad $NS"},
    {"a name server that is none", "$NS 0 a..b\n", "f:1: bad name 'a..b', expected a domain name"},
    {"more name servers than fit", "$NS 0 a b c d e f g h i\n", "f:1: more than 8 name servers"},
    {"a $SOA cut short", "\n$SOA 0 ns.example who.example 0 1h 1h 1w\n",
     "f:2: bad $SOA, expected $SOA TTL MNAME RNAME SERIAL REFRESH RETRY EXPIRE MINIMUM"},
    {"a $SOA with more", "$SOA 0 ns.example who.example 0 1h 1h 1w 1h 1h\n", "f:1: bad $SOA"},
    {"a $SOA of a strange unit", "$SOA 0 ns.example who.example 0 1y 1h 1w 1h\n", "f:1: bad $SOA"},
    {"a $SOA with a serial that is none", "$SOA 0 ns.example who.example x 1h 1h 1w 1h\n",
     "f:1: bad $SOA"},
    {"a name that is none", "a..b A 1.2.3.4\n", "f:1: bad name 'a..b', expected a name relative"},
    {"a wildcard", "*.a A 1.2.3.4\n", "f:1: bad name '*.a'"},
    {"an address is a matter of lists", "4.3.2.1 A 127.0.0.2\n",
     "f:1: '4.3.2.1' is an address, expected a name"},
    {"an alias at the apex", "@ CNAME x.example\n", "f:1: a CNAME at the apex"},
    {"an alias beside another record", "x CNAME y.example\nX TXT y\n",
     "f: 'x' has a CNAME and another record"},
    {"two aliases", "x CNAME y.example\nx CNAME z.example\n", "f: 'x' has a CNAME and another"},
    {"an alias of nothing", "x CNAME\n", "f:1: bad name '', expected an absolute name"},
    {"an alias of the root", "x CNAME .\n", "f:1: bad name '.'"},
    {"a mail server without preference", "@ MX mail.example\n",
     "f:1: bad preference 'mail.example', expected a number from 0 to 65535"},
    {"a preference above 16 bits", "@ MX 65536 x.example\n", "f:1: bad preference"},
    {"a string that does not end", "@ TXT \"x\n", "f:1: no closing '\"'"},
    {"an escape above a byte", "@ TXT \"\\256\"\n", "f:1: bad escape"},
    {"an escape of two digits", "@ TXT \"\\25\"\n", "f:1: bad escape"},
    {"words between strings", "@ TXT \"x\" y\n", "f:1: 'y' between strings"},
    {"no text", "@ TXT\n", "f:1: 0 bytes of text"},
    {"CAA flags above a byte", "@ CAA 256 issue x\n", "f:1: bad flags '256'"},
    {"a CAA tag that is none", "@ CAA 0 is-sue x\n", "f:1: bad tag 'is-sue'"},
};

/* As in rbldnsd's files; see zone_special.h. */
static void test_special(void **state)
{
	static const char text[] = "$SOA 1h ns1.example who.is.example 0 2h 10m 1w 60\n"
				   "$NS 0 ns1.example -ns2.example NS3.example.\n"
				   "$NS 0 other.example\n"
				   "$SOA 0 other.example o.example 4294967295 1 1 1 1\n"
				   "@ A 192.0.2.1\n";
	char error[300];
	struct zone_records *r = zone_records_parse("f", text, sizeof(text) - 1, error, 300);

	(void)state;
	assert_non_null(r);
	assert_int_equal(r->count, 1);
	assert_int_equal(r->special.ns_count, 2);
	assert_string_equal(r->special.ns[0], "ns1.example");
	assert_string_equal(r->special.ns[1], "NS3.example.");
	assert_non_null(r->special.soa);
	assert_string_equal(r->special.soa->mname, "ns1.example");
	assert_string_equal(r->special.soa->rname, "who.is.example");
	assert_int_equal(r->special.soa->refresh_s, 7200);
	assert_int_equal(r->special.soa->retry_s, 600);
	assert_int_equal(r->special.soa->expire_s, 604800);
	zone_records_free(r);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_rows) / sizeof(*bad_rows); i++) {
		char error[300] = "";

		print_message("# %s\n", bad_rows[i].reason);
		assert_null(zone_records_parse("f", bad_rows[i].file, strlen(bad_rows[i].file),
		                               error, sizeof(error)));
		assert_int_equal(errno, EINVAL);
		error[strlen(bad_rows[i].error)] = '\0';
		assert_string_equal(error, bad_rows[i].error);
	}
}

static void test_long_text(void **state)
{
	char file[400], error[300];
	struct zone_records *r;

	(void)state;
	for (int size = 255; size <= 256; size++) {
		int at = snprintf(file, sizeof(file), "@ TXT ");

		memset(file + at, 'a', (size_t)size);
		r = zone_records_parse("f", file, (size_t)(at + size), error, sizeof(error));
		assert_int_equal(r != NULL, size == 255);
		zone_records_free(r);
	}
	assert_null(zone_records_parse("f", "a\0b", 3, error, sizeof(error)));
	assert_string_equal(error, "f:1: a NUL byte, expected text");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Two zones of one file and one without; the file turns bad, good again, and goes. */
static void test_files(void **state)
{
	char path[] = "/tmp/records.XXXXXX";
	struct config_zone zones[3] = {{.records = path}, {.records = NULL}, {.records = path}};
	struct config config = {.zones = zones, .zones_count = 3};
	struct zone_files files, next;
	const struct zone_records *first;

	(void)state;
	close(mkstemp(path));
	write_file(path, "@ A 192.0.2.1\n");
	assert_int_equal(zone_files_init(&files, &config), 0);
	first = zone_files_get(&files, 0);
	assert_non_null(first);
	assert_null(zone_files_get(&files, 1));
	assert_ptr_equal(zone_files_get(&files, 2), first);
	assert_null(zone_files_get(NULL, 0));
	assert_false(zone_files_check(&files));

	write_file(path, "@ A 192.0.2.1.\n@ A x\n");
	assert_false(zone_files_check(&files)); /* it may still be written to */
	assert_false(zone_files_check(&files)); /* bad */
	assert_ptr_equal(zone_files_get(&files, 0), first);

	write_file(path, "@ A 192.0.2.2\n@ A 192.0.2.33\n");
	assert_false(zone_files_check(&files));
	assert_true(zone_files_check(&files));
	assert_int_equal(zone_files_get(&files, 0)->count, 2);
	assert_false(zone_files_check(&files));

	unlink(path);
	zone_files_check(&files);
	assert_false(zone_files_check(&files));
	assert_int_equal(zone_files_get(&files, 2)->count, 2);
	assert_int_equal(zone_files_init(&next, &config), 0); /* a new configuration */
	assert_null(zone_files_get(&next, 0));
	zone_files_move(&files, &next);
	assert_int_equal(zone_files_get(&next, 0)->count, 2);
	zone_files_done(&files);
	zone_files_done(&next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_special), cmocka_unit_test(test_long_text),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
