/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "dump": the entries of a list as they are served, read beside the daemons.
 */
#include "control/cli/dump.h"

#include "control/cli/ask.h"
#include "control/cli/commands.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE 65536

static const struct config_list *list_find(const struct config *config, const char *name)
{
	for (unsigned i = 0; i < config->lists_count; i++)
		if (strcmp(config->lists[i].name, name) == 0)
			return &config->lists[i];
	return NULL;
}

static void tell(uint64_t count, const char *what)
{
	if (count)
		fprintf(stderr, "reputectl: warning: %" PRIu64 " %s\n", count, what);
}

/* What has no place in the syntax. Returns the exit status. */
static int tell_lost(const struct dump *d)
{
	tell(d->name_count, "names are left out: the format has addresses only");
	tell(d->exact_count, "names are listed, or excluded, without or only with what is below "
	                     "them: 'domains' has no way to say so");
	tell(d->text_count,
	     "texts have a '$' before a digit, or a line end, which rbldnsd has not");
	return d->name_count || d->exact_count || d->text_count ? EXIT_PARTLY : EXIT_OK;
}

static int write_all(struct dump *d, const struct dump_format *format)
{
	static char buffer[BUFFER_SIZE];

	d->out = stdout;
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	format->write(d);
	if (fflush(stdout) != 0 || ferror(stdout) || d->has_failed) {
		fprintf(stderr, "reputectl: the dump is not complete: %s\n",
		        d->has_failed ? "out of memory" : strerror(errno));
		return EXIT_NO;
	}
	return tell_lost(d);
}

/* IPv4 within IPv6 is asked as IPv4: what a list says of it as IPv6 is never answered. */
static int never_init(const struct config *config, struct merge_never *out_never)
{
	const address6_t mapped = (address6_t)0xffff << 32;
	unsigned count = config->never_list_count;
	struct address_range *ranges = calloc(count + 1, sizeof(*ranges));
	int rc;

	if (!ranges)
		return -ENOMEM;
	if (count)
		memcpy(ranges, config->never_ranges, count * sizeof(*ranges));
	ranges[count] = (struct address_range){
	    .is_ip6 = true,
	    .first = mapped,
	    .last = mapped | UINT32_MAX,
	};
	rc = merge_never_init(out_never, ranges, count + 1);
	free(ranges);
	return rc;
}

static int dump_list(const struct arguments *a, const struct config *config,
                     const struct dump_format *format)
{
	struct dump d = {.list = list_find(config, a->operands[0])};
	char error[DUMP_ERROR_MAX];
	struct dataset *dataset;
	int status = EXIT_NO;

	if (!d.list) {
		ask_fail(a, "there is no list '%s'", a->operands[0]);
		return EXIT_NO;
	}
	if (never_init(config, &d.never) < 0) {
		ask_fail(a, "out of memory");
		return EXIT_NO;
	}
	dataset = dump_source(config, d.list, error);
	d.dataset = dataset;
	if (dataset)
		status = write_all(&d, format);
	else
		ask_fail(a, "%s", error);
	dataset_free(dataset);
	merge_never_done(&d.never);
	return status;
}

int dump_run(const struct arguments *a)
{
	const char *name = a->format ? a->format : a->given & OPTION_JSON ? "json" : "plain";
	const struct dump_format *format = dump_format_find(name);
	struct config *config;
	int status;

	if (!format) {
		ask_fail(a, "--format '%s': expected " DUMP_FORMATS, name);
		return EXIT_USAGE;
	}
	config = ask_config(a);
	if (!config)
		return EXIT_NO;
	status = dump_list(a, config, format);
	config_free(config);
	return status;
}
