/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_batch.h"

#include "dataplane/update.h"
#include "dataplane/update_access.h"
#include "dataplane/update_limits.h"
#include "dataplane/update_observed.h"
#include "dataplane/update_settings.h"

#include <urcu-qsbr.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef Reputed__Update__Request__KindCase kind_case;

struct update_retired {
	struct rcu_head rcu;
	struct tables *tables;
	struct update_store *store;
};

static void retired_expired(struct rcu_head *rcu)
{
	struct update_retired *retired = caa_container_of(rcu, struct update_retired, rcu);

	tables_free(retired->tables);
	atomic_fetch_sub(&retired->store->freeing, 1);
	free(retired);
}

void update_store_done(struct update_store *s)
{
	rcu_barrier();
	tables_free(s->tables);
	update_defined_done(&s->defined);
	update_list_names_free(s->list_names);
	*s = (struct update_store){0};
}

void update_batch_init(struct update_batch *b, struct update_store *store)
{
	*b = (struct update_batch){.store = store};
}

static void drop_forgets(struct update_batch *b)
{
	free(b->verdicts);
	free(b->listings);
	b->verdicts = b->listings = NULL;
	b->verdict_count = b->listing_count = 0;
	b->verdict_capacity = b->listing_capacity = 0;
}

static void drop_replacements(struct update_batch *b)
{
	zones_free(b->zones);
	update_list_names_free(b->list_names);
	settings_free(b->settings);
	access_rules_free(b->access);
	rates_free(b->rates);
	update_keys_free(b->keys);
	b->keys = NULL;
	b->rates = NULL;
	b->has_rates = false;
	b->zones = NULL;
	b->list_names = NULL;
	b->access = NULL;
	b->settings = NULL;
}

void update_batch_abort(struct update_batch *b)
{
	update_delta_drop(&b->delta, &b->store->defined);
	drop_forgets(b);
	drop_replacements(b);
	tables_free(b->next);
	b->next = NULL;
	update_defined_done(&b->next_defined);
	free(b->retired);
	b->retired = NULL;
	b->is_open = b->is_committing = false;
}

void update_batch_done(struct update_batch *b)
{
	update_batch_abort(b);
}

static int take_settings(struct update_batch *b, const Reputed__Update__Settings *m,
                         struct update_error *out_error)
{
	struct settings *settings = NULL;
	int rc = update_settings_build(m, b->store->secret, &settings, out_error);

	if (rc < 0)
		return rc;
	settings_free(b->settings);
	b->settings = settings;
	return 0;
}

static int begin(struct update_batch *b, const Reputed__Update__Begin *m,
                 struct update_error *out_error)
{
	struct update_store *s = b->store;
	int rc;

	update_batch_abort(b);
	if (m->generation <= s->generation)
		return update_error_set(out_error, -EINVAL,
		                        "begin: generation %" PRIu64 " is not above %" PRIu64,
		                        m->generation, s->generation);
	if (!m->is_full && !s->tables)
		return update_error_set(out_error, -EINVAL,
		                        "begin: a delta before the first full load");
	if (!m->is_full && s->is_torn)
		return update_error_set(
		    out_error, -EINVAL,
		    "begin: the last delta was applied in part, send a full load");
	if (m->is_full) {
		/* The tables before the published ones are gone then: two at a time, not three. */
		if (atomic_load(&s->freeing) > 0)
			rcu_barrier();
		b->next = tables_new();
		b->retired = malloc(sizeof(*b->retired));
		if (!b->next || !b->retired)
			return update_error_set(out_error, -ENOMEM, "begin: no memory");
		tables_use_pages(b->next, s->hugepages);
		/* Cookies work also when nobody sends settings. */
		rc = take_settings(b, NULL, out_error);
		if (rc < 0)
			return rc;
		table4_reserve(b->next->addresses4, m->expected_ip4);
	}
	b->generation = m->generation;
	b->is_full = m->is_full;
	b->is_open = true;
	return 0;
}

static int check(struct update_batch *b, const channel_request *request,
                 struct update_error *out_error)
{
	struct update_defined *d = b->is_full ? &b->next_defined : &b->store->defined;
	kind_case kind = request->kind_case;

	if (kind == REPUTED__UPDATE__REQUEST__KIND_DEFINE)
		return update_check_define(d, request->define, out_error);
	if (kind == REPUTED__UPDATE__REQUEST__KIND_PAINT4)
		return update_check_paint4(d, request->paint4, out_error);
	if (kind == REPUTED__UPDATE__REQUEST__KIND_PAINT6)
		return update_check_paint6(d, request->paint6, out_error);
	return update_check_names(d, request->put_names, out_error);
}

/* A Define, Paint4, Paint6 or PutNames; it is freed or collected. */
static int take_content(struct update_batch *b, channel_request *request,
                        struct update_error *out_error)
{
	int rc = check(b, request, out_error);

	if (rc == 0 && b->is_full) {
		rc = update_apply(b->next, request);
		if (rc < 0)
			update_error_set(out_error, rc, "full load: %s", strerror(-rc));
	} else if (rc == 0) {
		rc = update_delta_add(&b->delta, request, out_error);
		if (rc == 0)
			return 0;
		if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_DEFINE)
			update_check_undo(&b->store->defined, request->define);
	}
	request_free(request);
	return rc;
}

static int append_ids(uint32_t **ids, size_t *count, size_t *capacity, const uint32_t *more,
                      size_t more_count)
{
	if (*capacity - *count < more_count) {
		size_t grown_capacity = (*count + more_count) * 2;
		uint32_t *grown;

		if (grown_capacity > UPDATE_DELTA_SIZE_MAX / sizeof(**ids))
			return -EFBIG;
		grown = reallocarray(*ids, grown_capacity, sizeof(**ids));
		if (!grown)
			return -ENOMEM;
		*ids = grown;
		*capacity = grown_capacity;
	}
	if (more_count)
		memcpy(*ids + *count, more, more_count * sizeof(**ids));
	*count += more_count;
	return 0;
}

static int take_forget(struct update_batch *b, const Reputed__Update__Forget *m,
                       struct update_error *out_error)
{
	int rc = update_check_forget(m, out_error);

	if (rc < 0)
		return rc;
	rc = append_ids(&b->verdicts, &b->verdict_count, &b->verdict_capacity, m->verdicts,
	                m->n_verdicts);
	if (rc == 0)
		rc = append_ids(&b->listings, &b->listing_count, &b->listing_capacity, m->listings,
		                m->n_listings);
	return rc < 0 ? update_error_set(out_error, rc, "forget: %s", strerror(-rc)) : 0;
}

static int take_zones(struct update_batch *b, const Reputed__Update__Zones *m,
                      struct update_error *out_error)
{
	if (!m->is_addition) {
		zones_free(b->zones);
		update_list_names_free(b->list_names);
		b->zones = zones_new();
		b->list_names = calloc(1, sizeof(*b->list_names));
		if (!b->zones || !b->list_names)
			return update_error_set(out_error, -ENOMEM, "zones: no memory");
	}
	if (!b->zones)
		return update_error_set(out_error, -EINVAL, "zones: an addition to nothing");
	return update_zones_add(m, b->zones, b->list_names, out_error);
}

static int take_access(struct update_batch *b, const Reputed__Update__Access *m,
                       struct update_error *out_error)
{
	struct access_rules *access = NULL;
	int rc = update_access_build(m, true, &access, out_error);

	if (rc < 0)
		return rc;
	access_rules_free(b->access);
	b->access = access;
	return 0;
}

static int take_rates(struct update_batch *b, const Reputed__Update__RateLimit *m,
                      struct update_error *out_error)
{
	struct rates *rates = NULL;
	int rc = update_limits_build(m, &rates, out_error);

	if (rc < 0)
		return rc;
	rates_free(b->rates);
	b->rates = rates;
	b->has_rates = true;
	return 0;
}

/* Store zones, access and settings into t; what they replace is freed when it settles. */
static void replace(struct update_batch *b, struct tables *t)
{
	if (b->zones) {
		b->old_zones = t->zones;
		__atomic_store_n(&t->zones, b->zones, __ATOMIC_RELEASE);
		b->zones = NULL;
	}
	if (b->access) {
		b->old_access = t->access;
		__atomic_store_n(&t->access, b->access, __ATOMIC_RELEASE);
		b->access = NULL;
	}
	if (b->settings) {
		b->old_settings = t->settings;
		__atomic_store_n(&t->settings, b->settings, __ATOMIC_RELEASE);
		b->settings = NULL;
	}
	if (b->has_rates) {
		b->old_rates = t->rates;
		__atomic_store_n(&t->rates, b->rates, __ATOMIC_RELEASE);
		b->rates = NULL;
		b->has_rates = false;
	}
}

static void commit_full(struct update_batch *b)
{
	struct update_store *s = b->store;

	table4_fit(b->next->addresses4);
	replace(b, b->next);
	atomic_store_explicit(&b->next->generation, b->generation, memory_order_relaxed);
	if (s->tables) {
		b->retired->tables = s->tables;
		b->retired->store = s;
		b->old_tables = b->retired;
		b->retired = NULL;
	}
	__atomic_store_n(&s->tables, b->next, __ATOMIC_RELEASE);
	b->next = NULL;
	update_defined_done(&s->defined);
	s->defined = b->next_defined;
	b->next_defined = (struct update_defined){0};
	update_list_names_free(s->list_names);
	s->list_names = b->list_names;
	b->list_names = NULL;
	s->is_torn = false;
}

/* Returns 1 = there is more to do. Errors: negative errno */
static int commit_delta(struct update_batch *b, struct update_error *out_error)
{
	struct update_store *s = b->store;
	int rc = update_delta_apply(&b->delta, s->tables);

	if (rc > 0)
		return rc;
	if (rc < 0) {
		/* What is answered now is old here and new there, but each answer was or will be
		 * right; only the writer's idea of it would be wrong. */
		s->is_torn = true;
		return update_error_set(
		    out_error, rc, "commit: %s, the delta was applied in part, send a full load",
		    strerror(-rc));
	}
	table4_end_batch(s->tables->addresses4);
	update_delta_drop(&b->delta, NULL);
	if (b->list_names) {
		update_list_names_free(s->list_names);
		s->list_names = b->list_names;
		b->list_names = NULL;
	}
	replace(b, s->tables);
	atomic_store_explicit(&s->tables->generation, b->generation, memory_order_release);
	return 0;
}

static int go_on(struct update_batch *b, struct update_error *out_error)
{
	int rc = 0;

	if (b->is_full)
		commit_full(b);
	else
		rc = commit_delta(b, out_error);
	if (rc < 0)
		return rc;
	if (rc > 0)
		return UPDATE_BATCH_GOES_ON;
	b->store->generation = b->generation;
	b->store->entries = b->entries;
	b->is_open = b->is_committing = false;
	return UPDATE_BATCH_COMMITTED;
}

static int commit(struct update_batch *b, const Reputed__Update__Commit *m,
                  struct update_error *out_error)
{
	int rc = 0;

	if (m->generation != b->generation)
		return update_error_set(out_error, -EINVAL,
		                        "commit: generation %" PRIu64
		                        ", but the batch began as %" PRIu64,
		                        m->generation, b->generation);
	rc = update_keys_attach(&b->keys, b->zones, out_error);
	if (rc < 0)
		return rc;
	b->entries = m->entries;
	b->is_committing = true;
	return go_on(b, out_error);
}

static int take(struct update_batch *b, channel_request *request, struct update_error *out_error)
{
	int rc;

	switch (request->kind_case) {
	case REPUTED__UPDATE__REQUEST__KIND_DEFINE:
	case REPUTED__UPDATE__REQUEST__KIND_PAINT4:
	case REPUTED__UPDATE__REQUEST__KIND_PAINT6:
	case REPUTED__UPDATE__REQUEST__KIND_PUT_NAMES:
		return take_content(b, request, out_error);
	case REPUTED__UPDATE__REQUEST__KIND_FORGET:
		rc = take_forget(b, request->forget, out_error);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_ZONES:
		rc = take_zones(b, request->zones, out_error);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_ACCESS:
		rc = take_access(b, request->access, out_error);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_SETTINGS:
		rc = take_settings(b, request->settings, out_error);
		update_settings_wipe(request->settings);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_RATE_LIMIT:
		rc = take_rates(b, request->rate_limit, out_error);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_KEYS:
		rc = update_keys_take(&b->keys, request->keys, out_error);
		break;
	case REPUTED__UPDATE__REQUEST__KIND_COMMIT:
		rc = commit(b, request->commit, out_error);
		break;
	default: /* generated enum: the rest is no part of a batch */
		rc = update_error_set(out_error, -EINVAL, "not a message of a batch");
		break;
	}
	request_free(request);
	return rc;
}

int update_batch_take(struct update_batch *b, channel_request *request,
                      struct update_error *out_error)
{
	int rc;

	if (request->kind_case == REPUTED__UPDATE__REQUEST__KIND_BEGIN) {
		rc = begin(b, request->begin, out_error);
		request_free(request);
	} else if (!b->is_open) {
		rc = update_error_set(out_error, -EINVAL, "a batch starts with begin");
		request_free(request);
	} else {
		rc = take(b, request, out_error);
	}
	if (rc < 0)
		update_batch_abort(b);
	return rc;
}

int update_batch_go_on(struct update_batch *b, struct update_error *out_error)
{
	int rc = go_on(b, out_error);

	if (rc < 0)
		update_batch_abort(b);
	return rc;
}

static void forget(struct update_batch *b)
{
	struct update_store *s = b->store;

	for (size_t i = 0; i < b->verdict_count; i++) {
		verdicts_forget(s->tables->verdicts, b->verdicts[i]);
		update_ids_remove(&s->defined.verdicts, b->verdicts[i]);
	}
	for (size_t i = 0; i < b->listing_count; i++) {
		verdicts_forget_listing(s->tables->verdicts, b->listings[i]);
		update_ids_remove(&s->defined.listings, b->listings[i]);
	}
	drop_forgets(b);
}

static const struct zones *replaced_zones(const struct update_batch *b)
{
	return b->old_tables ? b->old_tables->tables->zones : b->old_zones;
}

static bool has_counters(const struct zones *zones)
{
	return update_keys_any(zones) || update_observed_exists(zones);
}

bool update_batch_settling_waits(const struct update_batch *b)
{
	const struct zones *old = replaced_zones(b);

	return b->verdict_count || b->listing_count || b->old_zones || b->old_access ||
	       b->old_settings || b->old_rates || (old && has_counters(old));
}

/* The counters of zones go on where they were; a grace period later nobody counts in the old ones.
 */
static void carry_counters(struct update_batch *b)
{
	const struct zones *old = replaced_zones(b);

	if (!old || !has_counters(old))
		return;
	update_keys_carry(b->store->tables->zones, old);
	update_observed_carry(b->store->tables->zones, old);
}

void update_batch_settle(struct update_batch *b)
{
	if (update_batch_settling_waits(b))
		synchronize_rcu();
	carry_counters(b);
	forget(b);
	zones_free(b->old_zones);
	access_rules_free(b->old_access);
	settings_free(b->old_settings);
	rates_free(b->old_rates);
	b->old_zones = NULL;
	b->old_access = NULL;
	b->old_settings = NULL;
	b->old_rates = NULL;
	if (b->old_tables) {
		atomic_fetch_add(&b->store->freeing, 1);
		call_rcu(&b->old_tables->rcu, retired_expired);
	}
	b->old_tables = NULL;
	free(b->retired);
	b->retired = NULL;
}
