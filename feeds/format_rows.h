/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the rows of the format list point to: struct format's parse, one per format.
 */
#include "feeds/format.h"

format_parse format_plain;
format_parse format_domains;
format_parse format_spamhaus_drop;
format_parse format_spamhaus_drop_json;
format_parse format_rbldnsd_ip4set;
format_parse format_rbldnsd_ip4tset;
format_parse format_rbldnsd_ip4trie;
format_parse format_rbldnsd_ip6tset;
format_parse format_rbldnsd_ip6trie;
format_parse format_rbldnsd_dnset;
extern const struct format_option format_csv_options[];
format_parse format_csv;
format_parse format_hosts;
format_parse format_netset;
format_parse format_dshield;
format_parse format_emails;
format_parse format_rpz;
extern const struct format_option format_mmdb_options[], format_asndrop_options[];
const char *format_mmdb_check(const struct format_options *options);
format_parse format_mmdb;
format_parse format_mmdb_asn;
format_parse format_spamhaus_asndrop_json;
extern const struct format_option format_sia_options[];
format_parse format_spamhaus_sia_json;
format_parse format_rbldnsd_dnhash;
format_parse format_rbldnsd_generic;
format_parse format_dnsbl_zone;
extern const struct format_option format_combined_options[];
format_parse format_rbldnsd_combined;
