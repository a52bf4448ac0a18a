/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_message.h"

#include "control/config_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK_NET    0x7f000000u /* 127.0.0.0/24 */
#define MAILSPIKE_FIRST 10          /* the worst of the codes of view mailspike */
#define MAILSPIKE_LAST  20

#define IP4   ZONE_MESSAGE_IP4
#define IP6   ZONE_MESSAGE_IP6
#define NAMES ZONE_MESSAGE_NAMES

/* What a format is for: the content of a feed of it that is empty just now. */
static const struct {
	const char *format;
	unsigned content;
} contents[] = {
    {"plain", IP4},
    {"rbldnsd-ip4set", IP4},
    {"rbldnsd-ip4tset", IP4},
    {"rbldnsd-ip4trie", IP4},
    {"rbldnsd-ip6tset", IP6},
    {"rbldnsd-ip6trie", IP6},
    {"rbldnsd-dnset", NAMES},
    {"rbldnsd-generic", NAMES},
    {"dnsbl-zone", IP4},
    {"rbldnsd-combined", IP4},
    {"rbldnsd-acl", IP4 | IP6},
    {"spamhaus-drop", IP4},
    {"spamhaus-drop-json", IP4},
    {"spamhaus-asndrop-json", IP4 | IP6},
    {"dshield", IP4},
    {"netset", IP4},
    {"csv", IP4},
    {"hosts", NAMES},
    {"domains", NAMES},
    {"rpz", NAMES},
    {"mmdb", IP4 | IP6},
    {"mmdb-asn", IP4 | IP6},
};

static unsigned format_content(const struct config_feed *feed)
{
	for (size_t i = 0; feed && feed->format && i < sizeof(contents) / sizeof(*contents); i++)
		if (!strcmp(contents[i].format, feed->format))
			return contents[i].content;
	return IP4;
}

static void learn_code(struct zone_message_list *list, uint32_t code)
{
	uint32_t last = code & 0xff;

	if ((code & ~0xffu) == LOOPBACK_NET && last >= 2)
		list->test_codes[last / 64] |= (uint64_t)1 << (last % 64);
}

void zone_message_learn(struct zone_message_list *out_list, const struct config_list *list,
                        const struct dataset *dataset)
{
	struct zone_message_list learned = {.is_loaded = dataset != NULL,
	                                    .is_off = out_list->is_off,
	                                    .is_expired = out_list->is_expired};

	learn_code(&learned, list->code);
	if (list->kept != KEPT_NOTHING) {
		/* Whatever it holds just now: zones are not sent again for a new score. */
		learned.content = IP4 | IP6 | NAMES;
		for (uint32_t last = MAILSPIKE_FIRST;
		     list->kept == KEPT_MAILSPIKE && last <= MAILSPIKE_LAST; last++)
			learn_code(&learned, LOOPBACK_NET | last);
	} else if (dataset) {
		learned.content = (dataset->range4_count ? IP4 : 0u) |
		                  (dataset->range6_count ? IP6 : 0u) |
		                  (dataset->name_count ? NAMES : 0u);
		for (uint32_t set = 1; set <= dataset_set_count(dataset); set++) {
			const struct dataset_value *const *values;
			size_t count = dataset_set(dataset, set, &values);

			for (size_t i = 0; i < count; i++)
				if (values[i]->code)
					learn_code(&learned, values[i]->code);
		}
	}
	if (list->manual)
		learned.content = IP4 | IP6 | NAMES;
	else if (!learned.content)
		learned.content = format_content(list->feed);
	*out_list = learned;
}

static bool copy_bytes(ProtobufCBinaryData *out, const uint8_t *bytes, size_t size)
{
	out->data = malloc(size ? size : 1);
	if (!out->data)
		return false;
	memcpy(out->data, bytes, size);
	out->len = size;
	return true;
}

/* Those of the configuration, else of the records. */
static bool add_name_servers(Reputed__Update__Zone *message, const struct config_zone *zone,
                             const struct zone_records *records)
{
	bool is_elsewhere = zone->ns_count == 0 && records;
	char *const *ns = is_elsewhere ? records->special.ns : zone->ns;
	unsigned count = is_elsewhere ? records->special.ns_count : zone->ns_count;

	message->ns = calloc(count + 1, sizeof(*message->ns));
	if (!message->ns)
		return false;
	for (unsigned i = 0; i < count && message->n_ns < ZONE_MESSAGE_NS_MAX; i++) {
		uint8_t wire[NAME_WIRE_MAX + 1];
		int size = name_parse(ns[i], strlen(ns[i]), wire);

		if (size < 0)
			continue; /* the configuration was checked */
		wire[size] = 0;
		if (!copy_bytes(&message->ns[message->n_ns], wire, (size_t)size + 1))
			return false;
		message->n_ns++;
	}
	return true;
}

static bool add_test_codes(Reputed__Update__Zone *message, const uint64_t codes[4])
{
	message->test_codes = calloc(ZONE_MESSAGE_TEST_CODES_MAX, sizeof(*message->test_codes));
	if (!message->test_codes)
		return false;
	for (uint32_t last = 2; last < 256; last++)
		if (codes[last / 64] >> (last % 64) & 1 &&
		    message->n_test_codes < ZONE_MESSAGE_TEST_CODES_MAX)
			message->test_codes[message->n_test_codes++] = LOOPBACK_NET | last;
	return true;
}

static bool is_answered(const struct config *config, const struct zone_message_list *lists,
                        unsigned list)
{
	return !config->lists[list].is_off && !lists[list].is_off &&
	       !config->lists[list].is_observed;
}

/* The lists that a zone counts and does not answer. */
static bool add_observed(Reputed__Update__Zone *message, const struct config_zone *zone,
                         const struct config *config, const struct zone_message_list *lists)
{
	message->observed = calloc(zone->lists_count + 1, sizeof(*message->observed));
	message->observed_names = calloc(zone->lists_count + 1, sizeof(*message->observed_names));
	if (!message->observed || !message->observed_names)
		return false;
	for (unsigned i = 0; i < zone->lists_count; i++) {
		unsigned list = zone->list_indexes[i];

		if (!config->lists[list].is_observed || config->lists[list].is_off ||
		    lists[list].is_off)
			continue;
		message->observed_names[message->n_observed_names] =
		    strdup(config->lists[list].name);
		if (!message->observed_names[message->n_observed_names])
			return false;
		message->n_observed_names++;
		message->observed[message->n_observed++] = list;
	}
	return true;
}

static void add_state(Reputed__Update__Zone *message, const struct zone_message_list *list)
{
	if (!list->is_loaded)
		message->state = REPUTED__UPDATE__ZONE_STATE__NOT_LOADED;
	else if (list->is_expired && message->state == REPUTED__UPDATE__ZONE_STATE__SERVING)
		message->state = REPUTED__UPDATE__ZONE_STATE__EXPIRED;
}

/* The lists of a zone, and what follows from them. */
static bool add_lists(Reputed__Update__Zone *message, const struct config_zone *zone,
                      const struct config *config, const struct zone_message_list *lists)
{
	uint64_t codes[4] = {0};

	message->lists = calloc(zone->lists_count + 1, sizeof(*message->lists));
	message->list_names = calloc(zone->lists_count + 1, sizeof(*message->list_names));
	if (!message->lists || !message->list_names)
		return false;
	message->state = REPUTED__UPDATE__ZONE_STATE__SERVING;
	for (unsigned i = 0; i < zone->lists_count; i++) {
		unsigned list = zone->list_indexes[i];

		/* Which kinds of keys a zone is for does not change when a list is switched off. */
		message->content |= lists[list].content;
		if (!is_answered(config, lists, list))
			continue;
		message->list_names[message->n_list_names] = strdup(config->lists[list].name);
		if (!message->list_names[message->n_list_names])
			return false;
		message->n_list_names++;
		message->lists[message->n_lists++] = list;
		add_state(message, &lists[list]);
		for (size_t word = 0; word < 4; word++)
			codes[word] |= lists[list].test_codes[word];
	}
	return add_test_codes(message, codes);
}

/* What the lists of a zone are in its view. */
static bool add_values(Reputed__Update__Zone *message, const struct config_zone *zone,
                       const struct config *config, const struct zone_message_list *lists)
{
	uint64_t codes[4] = {0};

	/* The other views have lists of their own whose codes are what is answered. */
	if (zone->view != VIEW_BITS && zone->view != VIEW_ALLOW)
		return true;
	message->view = (Reputed__Update__ZoneView)zone->view;
	message->values = calloc(zone->lists_count + 1, sizeof(*message->values));
	if (!message->values)
		return false;
	for (unsigned i = 0; i < zone->lists_count; i++) {
		const struct config_list *list = &config->lists[zone->list_indexes[i]];
		uint32_t value =
		    zone->view == VIEW_BITS ? list->bit : list->category << 8 | list->trust;

		if (!is_answered(config, lists, zone->list_indexes[i]))
			continue;

		message->values[message->n_values++] = value;
		if (zone->view == VIEW_BITS && value < 256)
			codes[value / 64] |= (uint64_t)1 << (value % 64);
	}
	/* the codes that the zone can answer are these, not those of the listings */
	free(message->test_codes);
	message->test_codes = NULL;
	message->n_test_codes = 0;
	return add_test_codes(message, codes);
}

static bool add_soa(Reputed__Update__Zone *message, const struct config_soa *soa)
{
	uint8_t wire[NAME_WIRE_MAX + 1];
	int size;

	if (!soa)
		return true;
	message->soa_refresh = (uint32_t)soa->refresh_s;
	message->soa_retry = (uint32_t)soa->retry_s;
	message->soa_expire = (uint32_t)soa->expire_s;
	size = soa->mname ? config_value_domain(soa->mname, wire) : 0;
	if (size > 0 && !copy_bytes(&message->soa_mname, wire, (size_t)size))
		return false;
	size = soa->rname ? config_value_mailbox(soa->rname, wire) : 0;
	return size <= 0 || copy_bytes(&message->soa_rname, wire, (size_t)size);
}

static bool add_records(Reputed__Update__Zone *message, const struct zone_records *records)
{
	if (!records || records->count == 0)
		return true;
	message->records = calloc(records->count, sizeof(Reputed__Update__Record *));
	if (!message->records)
		return false;
	for (size_t i = 0; i < records->count; i++) {
		const struct zone_record *from = &records->items[i];
		Reputed__Update__Record *record = malloc(sizeof(*record));

		if (!record)
			return false;
		reputed__update__record__init(record);
		message->records[message->n_records++] = record;
		record->type = from->type;
		record->ttl = from->ttl_s;
		if (!copy_bytes(&record->name, from->name, from->name_size) ||
		    !copy_bytes(&record->rdata, from->rdata, from->rdata_size))
			return false;
	}
	return true;
}

static Reputed__Update__Zone *new_zone(const struct config_zone *zone, const struct config *config,
                                       const struct zone_message_list *lists,
                                       const struct zone_records *records)
{
	Reputed__Update__Zone *message = malloc(sizeof(*message));

	if (!message)
		return NULL;
	reputed__update__zone__init(message);
	message->ttl = zone->ttl;
	message->needs_key = zone->key_set != NULL;
	if (zone->access) {
		message->access = zone_message_access(zone->access, zone->access_count);
		if (!message->access)
			goto fail;
	}
	message->negative_ttl = zone->negative_ttl;
	if (copy_bytes(&message->apex, zone->apex, zone->apex_size) &&
	    add_lists(message, zone, config, lists) && add_values(message, zone, config, lists) &&
	    add_observed(message, zone, config, lists) &&
	    add_name_servers(message, zone, records) &&
	    add_soa(message, zone->soa || !records ? zone->soa : records->special.soa) &&
	    add_records(message, records))
		return message;
fail:
	reputed__update__zone__free_unpacked(message, NULL);
	return NULL;
}

Reputed__Update__Zones *zone_message_zones(const struct config *config,
                                           const struct zone_message_list *lists,
                                           const struct zone_files *files)
{
	Reputed__Update__Zones *zones = malloc(sizeof(*zones));

	if (!zones)
		return NULL;
	reputed__update__zones__init(zones);
	zones->zones = calloc(config->zones_count + 1u, sizeof(Reputed__Update__Zone *));
	if (!zones->zones)
		goto fail;
	for (unsigned i = 0; i < config->zones_count; i++) {
		zones->zones[i] =
		    new_zone(&config->zones[i], config, lists, zone_files_get(files, i));
		if (!zones->zones[i])
			goto fail;
		zones->n_zones++;
	}
	return zones;
fail:
	reputed__update__zones__free_unpacked(zones, NULL);
	errno = ENOMEM;
	return NULL;
}
