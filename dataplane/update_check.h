/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Whether the messages of a batch may be applied. What passes here can fail to apply only for want
 * of memory. Each refusal names the message, the field and the index.
 *
 * Threads: one.
 */
#include "dataplane/proto/channel.h"
#include "dataplane/update_ids.h"

struct update_error {
	char text[256];
};

/* Set the text. Returns rc, so that a check can end with it. */
int update_error_set(struct update_error *e, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The ids a message may use: of what is published and of the batch so far. */
struct update_defined {
	struct update_ids listings, verdicts;
	struct update_ids seen; /* listings of the verdict that is being checked; else empty */
};
void update_defined_done(struct update_defined *d);

/*
 * Check definitions and enter their ids into d.
 *
 * Errors: -EINVAL or -ENOMEM with the text; d is unchanged
 */
int update_check_define(struct update_defined *d, const Reputed__Update__Define *m,
                        struct update_error *out_error);

/* Take the ids of a checked message out again. */
void update_check_undo(struct update_defined *d, const Reputed__Update__Define *m);

/* Errors: -EINVAL with the text. */
int update_check_paint4(const struct update_defined *d, const Reputed__Update__Paint4 *m,
                        struct update_error *out_error);
int update_check_paint6(const struct update_defined *d, const Reputed__Update__Paint6 *m,
                        struct update_error *out_error);
int update_check_names(const struct update_defined *d, const Reputed__Update__PutNames *m,
                       struct update_error *out_error);
int update_check_forget(const Reputed__Update__Forget *m, struct update_error *out_error);

/* The bytes of the wire name at the start of data, root label included; 0 = none well-formed. */
size_t update_check_wire_name(const uint8_t *data, size_t size);
