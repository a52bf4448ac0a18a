/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the data files of an rbldnsd dataset say of the zone: $TTL, $SOA, $NS, and the datasets of a
 * combined file. Entries are passed over.
 */
#include "control/zone_special.h"

#include <stdbool.h>
#include <stdint.h>

#define RBLDNSD_DATA_SIZE_MAX     (64u << 20) /* bytes of a file that are looked at */
#define RBLDNSD_DATA_DATASETS_MAX 1000        /* of a combined file */

struct rbldnsd_dataset {   /* "$DATASET type:name subzone ..." */
	char *type, *name; /* name: may be empty */
	char *subzones;    /* with blanks between them */
	unsigned number;   /* in its file, from 1 */
	bool has_ttl;
	uint32_t ttl_s; /* the last $TTL; of a combined file also before the first dataset */
};

struct rbldnsd_data {
	struct zone_special special; /* the first $SOA and $NS */
	bool has_minimum;
	uint32_t minimum_s; /* of the $SOA */
	bool has_ttl;
	uint32_t ttl_s; /* outside of datasets */
	char bad[160];  /* what was wrong with a $SOA or $NS; empty = nothing */
	bool is_cut;    /* longer than RBLDNSD_DATA_SIZE_MAX */
	struct rbldnsd_dataset *datasets;
	unsigned dataset_count;
};

/*
 * Read a file; what it says is added to what files before it said, datasets are replaced.
 * Errors: negative errno with out_error; -EMSGSIZE for too many datasets
 */
int rbldnsd_data_read(const char *path, bool is_combined, struct rbldnsd_data *data,
                      char *out_error, size_t error_size);

void rbldnsd_data_done(struct rbldnsd_data *data);
