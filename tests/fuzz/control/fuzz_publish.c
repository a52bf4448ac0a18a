/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Publishes a chain of datasets made of the input to a model data plane. After each difference, and
 * after a full load of the end of it, everything listed must be what the datasets say, and the ids
 * must be in order. Input: steps of a byte that chooses the list and what goes wrong, and a
 * dataset.
 */
#include "tests/unit/control/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STEPS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One model for all inputs. */
static struct model *model;
static char directory[] = "/tmp/reputed-fuzz-XXXXXX", path[108];

static void stop_model(void)
{
	model_stop(model);
	rmdir(directory);
}

static void start_model(void)
{
	if (!mkdtemp(directory))
		abort();
	snprintf(path, sizeof(path), "%s/socket", directory);
	model = model_start(path, 0);
	atexit(stop_model);
}

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void step(struct world *w, struct world_bytes *bytes)
{
	static const enum model_mishap mishaps[] = {
	    MODEL_NO_MISHAP,         MODEL_NO_MISHAP,           MODEL_NO_MISHAP,
	    MODEL_REFUSE_DELTA,      MODEL_REFUSE_EARLY,        MODEL_HANG_UP_AT_BEGIN,
	    MODEL_HANG_UP_AT_COMMIT, MODEL_HANG_UP_AFTER_COMMIT};
	struct publish_result result;
	uint8_t how = world_byte(bytes);
	struct dataset *d = how < 250 ? world_dataset(bytes) : world_names(world_byte(bytes) + 1u);

	model_mishap(model, mishaps[how / WORLD_LISTS % 8]);
	must(publish_dataset(w->publish, how % WORLD_LISTS, d, &result) == 0);
	model_mishap(model, MODEL_NO_MISHAP);
	must(result.is_answered == !result.error[0]);
	if (!result.is_answered)
		must(publish_sync(w->publish, &result) == 0);
	must(world_model_is_right(w, model));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world_bytes bytes = {.bytes = data, .size = size};
	struct publish_result result;
	struct world w;

	if (!model)
		start_model();
	world_init(&w, path);
	must(publish_sync(w.publish, &result) == 0);
	for (int i = 0; i < STEPS_MAX && bytes.at < size; i++)
		step(&w, &bytes);
	must(world_configure(&w, &w.config, &result) == 0 && result.is_answered);
	must(world_model_is_right(&w, model));
	world_done(&w);
	return 0;
}
