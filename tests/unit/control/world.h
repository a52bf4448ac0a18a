/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * A small configuration published to a model data plane, datasets made of bytes, and the check that
 * what is published is what the datasets say, worked out address by address and name by name.
 * Shared by unit tests and fuzz targets.
 */
#include "control/publish.h"
#include "tests/unit/control/model.h"

#define WORLD_LISTS 5

/* Somebody to ask what is published; functions as in model.h. */
struct world_witness {
	size_t (*address)(void *who, bool is_ip6, address6_t address,
	                  struct model_listing *out_listings, size_t max);
	size_t (*name)(void *who, const uint8_t *wire, size_t size,
	               struct model_listing *out_listings, size_t max, size_t *out_subject);
	void *who;
};

struct world {
	struct config config;
	struct config_list lists[WORLD_LISTS];
	struct config_feed feed;
	struct config_zone zones[2];
	struct config_access access[2];
	struct address_range never[3];
	unsigned first_lists[3], second_lists[2];
	char path[108];
	struct publish *publish; /* not connected yet */
};

/* Dies when it cannot. */
void world_init(struct world *w, const char *path);
void world_done(struct world *w);

/* Adopt a configuration and send it. Errors: of publish_adopt() */
int world_configure(struct world *w, const struct config *config,
                    struct publish_result *out_result);

/* Bytes that run out into zeros. */
struct world_bytes {
	const uint8_t *bytes;
	size_t size, at;
};
uint8_t world_byte(struct world_bytes *b);

/* A dataset of up to 15 entries of every kind. */
struct dataset *world_dataset(struct world_bytes *b);

/* A dataset of some 340 names, so that a change of a few names is a small one. */
struct dataset *world_names(uint64_t seed);

/* A dataset of one range, or none if text is NULL; text: "192.0.2.0/24". */
struct dataset *world_range(const char *text, const struct dataset_value *value);

/* Fill bytes at random. */
void world_random(uint64_t *state, uint8_t *bytes, size_t size);

/* Compare what is published with the datasets; prints the first difference and returns false. */
bool world_is_right(struct world *w, const struct world_witness *witness);

/* The same with a model, who also tells where to look and what he thinks of the protocol. */
bool world_model_is_right(struct world *w, struct model *m);
