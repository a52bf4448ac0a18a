/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_access.h"

#include "dataplane/access.h"

#include <errno.h>
#include <string.h>

static address6_t join(uint64_t high, uint64_t low)
{
	return (address6_t)high << 64 | low;
}

static int check_listing(const Reputed__Update__AccessListing *m, size_t index,
                         struct update_error *out_error)
{
	if (m->code >> 24 != 127 || m->code == 0x7f000001)
		return update_error_set(out_error, -EINVAL,
		                        "access: listing %zu: code is outside 127/8 or 127.0.0.1",
		                        index);
	if (m->text.len > ACCESS_TEXT_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "access: listing %zu: text has %zu bytes, above %d", index,
		                        m->text.len, ACCESS_TEXT_MAX);
	return 0;
}

static int check_range(const Reputed__Update__Access *m, size_t i, struct update_error *out_error)
{
	if (join(m->first_high[i], m->first_low[i]) > join(m->last_high[i], m->last_low[i]))
		return update_error_set(out_error, -EINVAL,
		                        "access: range %zu: first is above last", i);
	if (m->action[i] > ACCESS_ALWAYS)
		return update_error_set(out_error, -EINVAL, "access: range %zu: unknown action %u",
		                        i, m->action[i]);
	if (m->action[i] == ACCESS_ALWAYS && (m->n_listing == 0 || m->listing[i] >= m->n_listings))
		return update_error_set(out_error, -EINVAL,
		                        "access: range %zu: has no listing to answer", i);
	return 0;
}

static int check_access(const Reputed__Update__Access *m, struct update_error *out_error)
{
	size_t count = m->n_first_high;
	int rc = 0;

	if (m->n_first_low != count || m->n_last_high != count || m->n_last_low != count ||
	    m->n_action != count || (m->n_listing != 0 && m->n_listing != count))
		return update_error_set(
		    out_error, -EINVAL,
		    "access: %zu first_high, %zu first_low, %zu last_high, %zu last_low, "
		    "%zu action and %zu listing",
		    count, m->n_first_low, m->n_last_high, m->n_last_low, m->n_action,
		    m->n_listing);
	if (m->n_listings > ACCESS_LISTINGS_MAX)
		return update_error_set(out_error, -EINVAL, "access: %zu listings, above %d",
		                        m->n_listings, ACCESS_LISTINGS_MAX);
	for (size_t i = 0; i < m->n_listings && rc == 0; i++)
		rc = check_listing(m->listings[i], i, out_error);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = check_range(m, i, out_error);
	return rc;
}

static void copy_listings(struct access_rules *access, const Reputed__Update__Access *m)
{
	for (size_t i = 0; i < m->n_listings; i++) {
		struct access_listing *listing = &access->listings[i];

		listing->code = m->listings[i]->code;
		listing->text_size = (uint8_t)m->listings[i]->text.len;
		if (listing->text_size)
			memcpy(listing->text, m->listings[i]->text.data, listing->text_size);
	}
}

int update_access_build(const Reputed__Update__Access *m, bool has_nets,
                        struct access_rules **out_access, struct update_error *out_error)
{
	struct access_rules *access;
	int rc = check_access(m, out_error);

	if (rc < 0)
		return rc;
	access = access_rules_new(m->n_listings, has_nets);
	if (!access)
		return update_error_set(out_error, -ENOMEM, "access: no memory");
	copy_listings(access, m);
	for (size_t i = 0; i < m->n_action; i++) {
		uint32_t value = m->action[i] == ACCESS_ALWAYS ? ACCESS_VALUE_ALWAYS(m->listing[i])
		                                               : ACCESS_VALUE(m->action[i]);

		rc = access_rules_paint(access, join(m->first_high[i], m->first_low[i]),
		                        join(m->last_high[i], m->last_low[i]), value);
		if (rc < 0) {
			access_rules_free(access);
			return update_error_set(out_error, rc, "access: range %zu: %s", i,
			                        strerror(-rc));
		}
	}
	*out_access = access;
	return 0;
}
