/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/cli/rbldnsd_data.h"

#include "feeds/reader.h"
#include "feeds/span.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE 2048 /* of specials that say something of a zone */

static void datasets_free(struct rbldnsd_data *data)
{
	for (unsigned i = 0; i < data->dataset_count; i++) {
		free(data->datasets[i].type);
		free(data->datasets[i].name);
		free(data->datasets[i].subzones);
	}
	free(data->datasets);
	data->datasets = NULL;
	data->dataset_count = 0;
}

void rbldnsd_data_done(struct rbldnsd_data *data)
{
	datasets_free(data);
	zone_special_done(&data->special);
}

static int take_dataset(struct rbldnsd_data *data, struct span text)
{
	struct span first = span_word(&text), kind = first, name;
	const char *colon = memchr(first.text, ':', first.size);
	struct rbldnsd_dataset *grown, *dataset;

	if (data->dataset_count == RBLDNSD_DATA_DATASETS_MAX)
		return -EMSGSIZE;
	grown = realloc(data->datasets, (data->dataset_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	data->datasets = grown;
	dataset = &grown[data->dataset_count];
	kind.size = colon ? (size_t)(colon - first.text) : first.size;
	name = span_skip(first, kind.size + (colon != NULL));
	for (size_t i = 0; i < text.size; i++)
		if (text.text[i] == '#' || text.text[i] == ';')
			text.size = i;
	*dataset = (struct rbldnsd_dataset){
	    .type = strndup(kind.text, kind.size),
	    .name = strndup(name.text, name.size),
	    .subzones = strndup(text.text, text.size),
	    .number = ++data->dataset_count,
	    .has_ttl = data->has_ttl,
	    .ttl_s = data->ttl_s,
	};
	return dataset->type && dataset->name && dataset->subzones ? 0 : -ENOMEM;
}

static void take_ttl(struct rbldnsd_data *data, const char *value)
{
	struct rbldnsd_dataset *dataset =
	    data->dataset_count ? &data->datasets[data->dataset_count - 1] : NULL;
	uint32_t ttl_s;

	if (!zone_special_ttl(value, &ttl_s))
		return; /* rbldnsd warns and goes on */
	if (dataset) {
		dataset->has_ttl = true;
		dataset->ttl_s = ttl_s;
	} else {
		data->has_ttl = true;
		data->ttl_s = ttl_s;
	}
}

/* The last word of "$SOA ..." is the minimum, the TTL of negative answers. */
static void take_minimum(struct rbldnsd_data *data, const char *line)
{
	const char *end = line + strlen(line), *word;

	while (end > line && span_is_blank(end[-1]))
		end--;
	for (word = end; word > line && !span_is_blank(word[-1]);)
		word--;
	data->has_minimum = zone_special_ttl(word, &data->minimum_s);
}

/* text: behind the '$'. */
static int take_special(struct rbldnsd_data *data, struct span text, bool is_combined)
{
	char line[LINE_MAX_SIZE], error[160], keyword[24];
	struct span rest = text, word = span_word(&rest);
	bool had_soa = data->special.soa != NULL;
	int rc;

	if (is_combined && span_equals(word, "DATASET"))
		return take_dataset(data, rest);
	if (rest.size >= sizeof(line) || word.size + 2 > sizeof(keyword))
		return 0;
	snprintf(keyword, sizeof(keyword), "$%.*s", (int)word.size, word.text);
	memcpy(line, rest.text, rest.size);
	line[rest.size] = '\0';
	if (span_equals(word, "TTL")) {
		take_ttl(data, line);
		return 0;
	}
	if (span_equals(word, "SOA") && !had_soa)
		take_minimum(data, line);
	rc = zone_special_take(&data->special, keyword, line, error, sizeof(error));
	if (rc == -EINVAL && !data->bad[0])
		snprintf(data->bad, sizeof(data->bad), "%s", error);
	return rc == -ENOMEM ? rc : 0;
}

static int take_line(struct rbldnsd_data *data, const struct reader_line *read, bool is_combined)
{
	struct span line = span_trim((struct span){read->text, read->size});
	bool is_marked = line.size > 1 && line.text[1] == '$' && strchr("#;:", line.text[0]);

	if (!line.size || (line.text[0] != '$' && !is_marked))
		return 0;
	return take_special(data, span_skip(line, 1u + is_marked), is_combined);
}

int rbldnsd_data_read(const char *path, bool is_combined, struct rbldnsd_data *data,
                      char *out_error, size_t error_size)
{
	struct reader *reader = reader_open(path);
	struct reader_line line;
	int rc;

	datasets_free(data);
	if (!reader) {
		rc = -errno;
		snprintf(out_error, error_size, "%s: %s", path, strerror(errno));
		return rc;
	}
	reader_limit(reader, RBLDNSD_DATA_SIZE_MAX);
	for (;;) {
		rc = reader_next(reader, &line);
		if (rc == -EMSGSIZE)
			continue;
		if (rc <= 0)
			break;
		rc = take_line(data, &line, is_combined);
		if (rc < 0)
			break;
	}
	if (rc == -E2BIG) {
		data->is_cut = true;
		rc = 0;
	} else if (rc == -EMSGSIZE) {
		snprintf(out_error, error_size, "%s: more than %d datasets", path,
		         RBLDNSD_DATA_DATASETS_MAX);
	} else if (rc < 0) {
		snprintf(out_error, error_size, "%s: %s", path,
		         rc == -ENOMEM ? "out of memory" : reader_error(reader));
	}
	reader_close(reader);
	return rc;
}
