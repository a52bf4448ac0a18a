/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/update_check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define LABEL_SIZE_MAX 63
#define NAME_SIZE_MAX  255

int update_error_set(struct update_error *e, int rc, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(e->text, sizeof(e->text), format, arguments);
	va_end(arguments);
	return rc;
}

void update_defined_done(struct update_defined *d)
{
	update_ids_done(&d->listings);
	update_ids_done(&d->verdicts);
	update_ids_done(&d->seen);
}

static int check_listing(struct update_defined *d, const Reputed__Update__Listing *m,
                         struct update_error *out_error)
{
	int rc;

	if (m->id == 0 || m->id > VERDICT_MAX)
		return update_error_set(out_error, -EINVAL, "define: listing id %u is not 1 .. %u",
		                        m->id, VERDICT_MAX);
	if (update_ids_has(&d->listings, m->id))
		return update_error_set(out_error, -EINVAL, "define: listing %u is already defined",
		                        m->id);
	if (m->list > LIST_ID_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "define: listing %u: list %u is above %u", m->id, m->list,
		                        LIST_ID_MAX);
	if (m->code >> 24 != 127 || m->code == 0x7f000001)
		return update_error_set(
		    out_error, -EINVAL,
		    "define: listing %u: code %u.%u.%u.%u is outside 127/8 or 127.0.0.1", m->id,
		    m->code >> 24, m->code >> 16 & 255, m->code >> 8 & 255, m->code & 255);
	if (m->text.len > LISTING_TEXT_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "define: listing %u: text has %zu bytes, above %d", m->id,
		                        m->text.len, LISTING_TEXT_MAX);
	rc = update_ids_add(&d->listings, m->id);
	return rc < 0 ? update_error_set(out_error, rc, "define: no memory") : 0;
}

/* Each is defined, and named once. */
static int check_listings(struct update_defined *d, const Reputed__Update__Verdict *m,
                          struct update_error *out_error)
{
	size_t count = 0;
	int rc = 0;

	for (; !rc && count < m->n_listings; count++) {
		uint32_t id = m->listings[count];

		if (!update_ids_has(&d->listings, id))
			rc = update_error_set(out_error, -EINVAL,
			                      "define: verdict %u uses undefined listing %u", m->id,
			                      id);
		else if (update_ids_has(&d->seen, id))
			rc =
			    update_error_set(out_error, -EINVAL,
			                     "define: verdict %u uses listing %u twice", m->id, id);
		else if (update_ids_add(&d->seen, id) < 0)
			rc = update_error_set(out_error, -ENOMEM, "define: no memory");
	}
	while (count > 0)
		update_ids_remove(&d->seen, m->listings[--count]);
	return rc;
}

static int check_verdict(struct update_defined *d, const Reputed__Update__Verdict *m,
                         struct update_error *out_error)
{
	int rc;

	if (m->id == 0 || m->id > VERDICT_MAX)
		return update_error_set(out_error, -EINVAL, "define: verdict id %u is not 1 .. %u",
		                        m->id, VERDICT_MAX);
	if (update_ids_has(&d->verdicts, m->id))
		return update_error_set(out_error, -EINVAL, "define: verdict %u is already defined",
		                        m->id);
	if (m->n_listings == 0 || m->n_listings > VERDICT_LISTINGS_MAX)
		return update_error_set(out_error, -EINVAL,
		                        "define: verdict %u has %zu listings, not 1 .. %d", m->id,
		                        m->n_listings, VERDICT_LISTINGS_MAX);
	rc = check_listings(d, m, out_error);
	if (rc < 0)
		return rc;
	rc = update_ids_add(&d->verdicts, m->id);
	return rc < 0 ? update_error_set(out_error, rc, "define: no memory") : 0;
}

static void undo(struct update_defined *d, const Reputed__Update__Define *m, size_t listing_count,
                 size_t verdict_count)
{
	for (size_t i = 0; i < listing_count; i++)
		update_ids_remove(&d->listings, m->listings[i]->id);
	for (size_t i = 0; i < verdict_count; i++)
		update_ids_remove(&d->verdicts, m->verdicts[i]->id);
}

int update_check_define(struct update_defined *d, const Reputed__Update__Define *m,
                        struct update_error *out_error)
{
	for (size_t i = 0; i < m->n_listings; i++) {
		int rc = check_listing(d, m->listings[i], out_error);

		if (rc < 0) {
			undo(d, m, i, 0);
			return rc;
		}
	}
	for (size_t i = 0; i < m->n_verdicts; i++) {
		int rc = check_verdict(d, m->verdicts[i], out_error);

		if (rc < 0) {
			undo(d, m, m->n_listings, i);
			return rc;
		}
	}
	return 0;
}

void update_check_undo(struct update_defined *d, const Reputed__Update__Define *m)
{
	undo(d, m, m->n_listings, m->n_verdicts);
}

static bool can_paint(const struct update_defined *d, uint32_t verdict)
{
	return verdict == VERDICT_NONE || update_ids_has(&d->verdicts, verdict);
}

int update_check_paint4(const struct update_defined *d, const Reputed__Update__Paint4 *m,
                        struct update_error *out_error)
{
	if (m->n_first != m->n_last || m->n_first != m->n_verdict)
		return update_error_set(out_error, -EINVAL,
		                        "paint4: %zu first, %zu last and %zu verdict", m->n_first,
		                        m->n_last, m->n_verdict);
	for (size_t i = 0; i < m->n_first; i++) {
		if (m->first[i] > m->last[i])
			return update_error_set(out_error, -EINVAL,
			                        "paint4: range %zu: first is above last", i);
		/* most have the verdict of the one before */
		if ((i == 0 || m->verdict[i] != m->verdict[i - 1]) && !can_paint(d, m->verdict[i]))
			return update_error_set(out_error, -EINVAL,
			                        "paint4: range %zu: verdict %u is not defined", i,
			                        m->verdict[i]);
	}
	return 0;
}

int update_check_paint6(const struct update_defined *d, const Reputed__Update__Paint6 *m,
                        struct update_error *out_error)
{
	size_t count = m->n_first_high;

	if (m->n_first_low != count || m->n_last_high != count || m->n_last_low != count ||
	    m->n_verdict != count)
		return update_error_set(
		    out_error, -EINVAL,
		    "paint6: %zu first_high, %zu first_low, %zu last_high, %zu last_low and "
		    "%zu verdict",
		    count, m->n_first_low, m->n_last_high, m->n_last_low, m->n_verdict);
	for (size_t i = 0; i < count; i++) {
		if (m->first_high[i] > m->last_high[i] ||
		    (m->first_high[i] == m->last_high[i] && m->first_low[i] > m->last_low[i]))
			return update_error_set(out_error, -EINVAL,
			                        "paint6: range %zu: first is above last", i);
		if (!can_paint(d, m->verdict[i]))
			return update_error_set(out_error, -EINVAL,
			                        "paint6: range %zu: verdict %u is not defined", i,
			                        m->verdict[i]);
	}
	return 0;
}

/* All of it without a branch: most names are. */
static bool is_lower(const uint8_t *label, size_t size)
{
	uint8_t upper = 0;

	for (size_t i = 0; i < size; i++)
		upper |= (uint8_t)(label[i] - 'A') < 26;
	return !upper;
}

size_t update_check_wire_name(const uint8_t *data, size_t size)
{
	size_t offset = 0;

	while (offset < size && offset < NAME_SIZE_MAX) {
		size_t label_size = data[offset];

		if (label_size == 0)
			return offset + 1;
		if (label_size > LABEL_SIZE_MAX || label_size >= size - offset)
			return 0;
		if (!is_lower(data + offset + 1, label_size))
			return 0;
		offset += 1 + label_size;
	}
	return 0;
}

int update_check_names(const struct update_defined *d, const Reputed__Update__PutNames *m,
                       struct update_error *out_error)
{
	size_t offset = 0, count = 0;

	for (; offset < m->names.len; count++) {
		size_t size = update_check_wire_name(m->names.data + offset, m->names.len - offset);

		if (size == 0)
			return update_error_set(
			    out_error, -EINVAL,
			    "put_names: name %zu is malformed or not lower-case", count);
		if (size == 1)
			return update_error_set(out_error, -EINVAL, "put_names: name %zu is empty",
			                        count);
		offset += size;
	}
	if (m->n_exact != count || m->n_subtree != count ||
	    (m->n_is_delete != 0 && m->n_is_delete != count))
		return update_error_set(
		    out_error, -EINVAL,
		    "put_names: %zu names, %zu exact, %zu subtree and %zu is_delete", count,
		    m->n_exact, m->n_subtree, m->n_is_delete);
	for (size_t i = 0; i < count; i++) {
		if (m->n_is_delete && m->is_delete[i])
			continue;
		if (!can_paint(d, m->exact[i]) || !can_paint(d, m->subtree[i]))
			return update_error_set(
			    out_error, -EINVAL, "put_names: name %zu: verdict %u is not defined", i,
			    can_paint(d, m->exact[i]) ? m->subtree[i] : m->exact[i]);
	}
	return 0;
}

int update_check_forget(const Reputed__Update__Forget *m, struct update_error *out_error)
{
	for (size_t i = 0; i < m->n_verdicts; i++) {
		if (m->verdicts[i] == 0 || m->verdicts[i] > VERDICT_MAX)
			return update_error_set(out_error, -EINVAL,
			                        "forget: verdict id %u is not 1 .. %u",
			                        m->verdicts[i], VERDICT_MAX);
	}
	for (size_t i = 0; i < m->n_listings; i++) {
		if (m->listings[i] == 0 || m->listings[i] > VERDICT_MAX)
			return update_error_set(out_error, -EINVAL,
			                        "forget: listing id %u is not 1 .. %u",
			                        m->listings[i], VERDICT_MAX);
	}
	return 0;
}
