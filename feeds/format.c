/* SPDX-License-Identifier: BSD-3-Clause */
#include "feeds/format.h"

#include "feeds/format_rows.h"
#include "feeds/measure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct format formats[] = {
    {"plain", format_plain},
    {"domains", format_domains},
    {"spamhaus-drop", format_spamhaus_drop},
    {"spamhaus-drop-json", format_spamhaus_drop_json},
    {"rbldnsd-ip4set", format_rbldnsd_ip4set},
    {"rbldnsd-ip4tset", format_rbldnsd_ip4tset},
    {"rbldnsd-ip4trie", format_rbldnsd_ip4trie},
    {"rbldnsd-ip6tset", format_rbldnsd_ip6tset},
    {"rbldnsd-ip6trie", format_rbldnsd_ip6trie},
    {"rbldnsd-dnset", format_rbldnsd_dnset},
    {"hosts", format_hosts},
    {"netset", format_netset},
    {"dshield", format_dshield},
    {"csv", format_csv, format_csv_options},
    {"emails", format_emails},
    {"rpz", format_rpz},
    {"mmdb", format_mmdb, format_mmdb_options, format_mmdb_check},
    {"mmdb-asn", format_mmdb_asn},
    {"spamhaus-asndrop-json", format_spamhaus_asndrop_json, format_asndrop_options},
    {"spamhaus-sia-json", format_spamhaus_sia_json, format_sia_options},
    {"rbldnsd-dnhash", format_rbldnsd_dnhash},
    {"rbldnsd-generic", format_rbldnsd_generic},
    {"dnsbl-zone", format_dnsbl_zone},
    {"rbldnsd-combined", format_rbldnsd_combined, format_combined_options},
    {NULL, NULL},
};

const struct format *format_find(const char *name)
{
	for (const struct format *format = formats; format->name; format++)
		if (!strcmp(format->name, name))
			return format;
	return NULL;
}

struct dataset *format_read(const struct format *format, struct reader *reader,
                            const struct dataset_options *options, char *out_error,
                            size_t error_size)
{
	struct dataset_builder *builder = dataset_builder_new(options);
	struct dataset *dataset;
	int rc;

	if (!builder) {
		snprintf(out_error, error_size, "%s", strerror(errno));
		return NULL;
	}
	rc = format->parse(reader, builder, out_error, error_size);
	if (rc < 0) {
		dataset_builder_free(builder);
		errno = -rc;
		return NULL;
	}
	dataset = dataset_finish(builder);
	if (!dataset)
		snprintf(out_error, error_size, "%s", strerror(errno));
	else
		measure(dataset, &dataset->facts);
	return dataset;
}
