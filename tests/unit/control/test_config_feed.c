/* SPDX-License-Identifier: BSD-3-Clause */
/* Mistakes in feeds, their options and guards; and what is kept of options. */
#include "control/config.h"
#include "tests/unit/control/config_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct config_text_bad bad_rows[] = {
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
    {"a signature without the keys that count",
     FEED("signature: f.asc"),
     {":1: lists[0].feed.keyring: missing, expected the file with the keys that may sign"}},
    {"keys without a signature",
     FEED("keyring: k.gpg"),
     {":1: lists[0].feed.keyring: is given without a signature, expected signature or "
      "signature_url"}},
    {"a signature elsewhere of a file here",
     FEED("signature_url: \"http://h/f.asc\", keyring: k.gpg"),
     {":1: lists[0].feed.signature_url: is of feeds with url or rsync"}},
    {"a signature here of a source elsewhere",
     "lists: [{name: l, feed: {url: \"http://h/f\", format: plain, signature: s, keyring: "
     "k}}]\n" LISTEN ZONES,
     {":1: lists[0].feed.signature: is of feeds with path"}},
    {"a signature_url that is no URL",
     "lists: [{name: l, feed: {rsync: \"h::m/f\", format: plain, signature_url: f.asc, keyring: "
     "k}}]\n" LISTEN ZONES,
     {":1: lists[0].feed.signature_url: bad value 'f.asc', expected http://HOST/…"}},
    {"a signature of what is pushed",
     "lists: [{name: l, feed: {push: true, format: plain, signature: s, keyring: k}}]\n" LISTEN
         ZONES,
     {":1: lists[0].feed.signature: is of feeds with path",
      ":1: lists[0].feed.keyring: is of feeds with path, url or rsync"}},
    {"a keyring without a name",
     FEED("signature: s, keyring: \"\""),
     {":1: lists[0].feed.keyring: bad value '', expected the path"}},
    {"never_list with host bits",
     "guard:\n  never_list:\n    - 192.0.2.1/24\n" REST,
     {":3: guard.never_list[0]: bad value '192.0.2.1/24', expected a network without host bits"}},
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
};

static void mistakes_are_told(void **state)
{
	(void)state;
	config_text_check_bad(bad_rows, sizeof(bad_rows) / sizeof(bad_rows[0]));
}

static void options_are_kept(void **state)
{
	static const char yaml[] =
	    CSV("column: url, where: [a=b, c!=d], shared_hosts: hosts/shared.txt");
	const struct format_options *options;
	struct config_text_messages m;
	struct config *c;
	size_t at = 0;

	(void)state;
	c = config_text_load(yaml, strlen(yaml), &m);
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
	    cmocka_unit_test(mistakes_are_told),
	    cmocka_unit_test(options_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
