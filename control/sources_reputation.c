/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/sources_reputation.h"

#include "control/reputation/answer_why.h"
#include "control/reputation/reputation.h"
#include "control/show.h"

#include <stdlib.h>
#include <string.h>

struct asking {
	struct engine *engine;
	struct ledger_key key;
	char entry[MANUAL_KEY_MAX];
	bool is_known;           /* from here on: set on the reputation's thread */
	struct ledger_view view; /* of the key */
	sources_reputation_done *done;
	void *context;
};

static void look(const struct ledger *ledger, int64_t now_ms, void *context)
{
	struct asking *a = context;

	ledger_look(ledger, &a->key, now_ms, &a->view);
	a->is_known = true;
}

/* A list of the configuration that the key is on, or NULL. */
static json_t *row_of(const struct asking *a, const struct config_list *list, const char *why)
{
	const struct ledger_state *state;

	if (list->kept < KEPT_SPAM || list->kept > KEPT_GOOD)
		return NULL;
	state = &a->view.lists[list->kept - KEPT_SPAM];
	if (state->why != LEDGER_IS_LISTED && state->why != LEDGER_NET_LISTED)
		return NULL;
	return json_pack("{s:s, s:o, s:s?, s:s, s:n, s:n, s:s, s:s, s:b, s:o}", "list", list->name,
	                 "code", show_code(list->code), "text", list->text, "entry", a->entry,
	                 "feed", "line", "reason", why, "author",
	                 state->why == LEDGER_IS_LISTED ? "reputation"
	                                                : "reputation of its network",
	                 "is_reputation", 1, "expires_s",
	                 state->until_ms > 0 ? json_integer(state->until_ms / 1000) : json_null());
}

static void looked(bool is_cancelled, void *context)
{
	struct asking *a = context;
	const struct config *config = a->engine->config;
	json_t *rows = json_array();
	char why[256];

	if (!is_cancelled && a->is_known) {
		answer_why(&a->view, why);
		for (unsigned i = 0; i < config->lists_count; i++) {
			json_t *row = row_of(a, &config->lists[i], why);

			if (row)
				json_array_append_new(rows, row);
		}
	}
	a->done(is_cancelled, rows, a->context);
	free(a);
}

/* Returns whether the ledger has such keys. */
static bool key_of(const struct manual_key *key, struct ledger_key *out_key)
{
	if (key->is_name) {
		*out_key = (struct ledger_key){.kind = LEDGER_DOMAIN, .name_size = key->wire_size};
		memcpy(out_key->name, key->wire, key->wire_size);
		return true;
	}
	if (key->range.first != key->range.last)
		return false;
	ledger_key_of(&key->range, out_key);
	return true;
}

void sources_reputation(struct engine *e, const struct manual_key *key,
                        sources_reputation_done *done, void *context)
{
	struct asking *a = e->reputation ? calloc(1, sizeof(*a)) : NULL;

	if (!a || !key_of(key, &a->key)) {
		free(a);
		done(false, json_array(), context);
		return;
	}
	a->engine = e;
	a->done = done;
	a->context = context;
	memcpy(a->entry, key->text, sizeof(a->entry));
	reputation_ask(e->reputation, look, looked, a);
}
