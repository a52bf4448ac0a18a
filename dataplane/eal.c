/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HUGEPAGES_PATH  "/sys/kernel/mm/hugepages"
#define PACKET_SIZE     2560 /* bytes of a packet buffer with what DPDK keeps beside it */
#define ORDINARY_SIZE   4096 /* a packet buffer does not cross ordinary pages, so it takes one */
#define OVERHEAD_MB     32   /* DPDK's own structures and allocation slack */
#define ARGUMENTS_MAX   (16 + 2 * OPTIONS_PORTS_MAX)
#define LCORES_TEXT_MAX (8 * CPU_SETSIZE)

static int fail(char *out_error, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(char *out_error, int error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(out_error, OPTIONS_ERROR_MAX, format, arguments);
	va_end(arguments);
	return error;
}

/* Megabytes in free hugepages of every size. */
static size_t free_hugepages_mb(void)
{
	DIR *directory = opendir(HUGEPAGES_PATH);
	if (directory == NULL)
		return 0;
	size_t total_kb = 0;
	const struct dirent *entry;
	while ((entry = readdir(directory)) != NULL) {
		size_t page_kb, count;
		char path[sizeof(HUGEPAGES_PATH) + sizeof(entry->d_name) + 32];
		if (sscanf(entry->d_name, "hugepages-%zukB", &page_kb) != 1)
			continue;
		snprintf(path, sizeof(path), HUGEPAGES_PATH "/%s/free_hugepages", entry->d_name);
		FILE *file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fscanf(file, "%zu", &count) == 1)
			total_kb += count * page_kb;
		fclose(file);
	}
	closedir(directory);
	return total_kb / 1024;
}

static int choose_cores(const struct options *options, struct eal_plan *out_plan, char *out_error)
{
	cpu_set_t allowed;
	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return fail(out_error, -errno, "processors: %s", strerror(errno));
	for (unsigned i = 0; i < options->core_count; i++) {
		if (!CPU_ISSET(options->cores[i], &allowed))
			return fail(out_error, -EINVAL,
			            "--core '%u': expected a processor this process may use",
			            options->cores[i]);
		out_plan->cores[i] = options->cores[i];
	}
	out_plan->worker_count = options->core_count;
	if (options->core_count > 0)
		return 0;
	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		if (CPU_ISSET(core, &allowed))
			out_plan->cores[0] = core;
	}
	out_plan->worker_count = 1;
	return 0;
}

int eal_plan(const struct options *options, size_t packet_count, struct eal_plan *out_plan,
             char *out_error)
{
	if (geteuid() != 0)
		return fail(out_error, -EPERM,
		            "--port '%s': DPDK ports need root; without --port it runs as any user",
		            options->ports[0].name);
	struct eal_plan plan = {0};
	int error = choose_cores(options, &plan, out_error);
	if (error != 0)
		return error;
	packet_count *= plan.worker_count;
	plan.memory_mb = (packet_count * PACKET_SIZE >> 20) + 1 + OVERHEAD_MB;
	size_t free_mb = free_hugepages_mb();
	plan.has_hugepages = options->hugepages != HUGEPAGES_NEVER && free_mb >= plan.memory_mb;
	if (options->hugepages == HUGEPAGES_REQUIRE && !plan.has_hugepages)
		return fail(
		    out_error, -ENOMEM,
		    "--hugepages 'require': expected %zu MB in free hugepages, there are %zu",
		    plan.memory_mb, free_mb);
	if (!plan.has_hugepages)
		plan.memory_mb = (packet_count * ORDINARY_SIZE >> 20) + 1 + OVERHEAD_MB;
	*out_plan = plan;
	return 0;
}

/* "0@(0,2),1@1,2@3": main floats on what the workers leave, or on all when they leave nothing. */
static void lcores_text(const struct eal_plan *plan, char *out_text)
{
	cpu_set_t allowed, rest;
	CPU_ZERO(&allowed);
	(void)sched_getaffinity(0, sizeof(allowed), &allowed);
	rest = allowed;
	for (unsigned i = 0; i < plan->worker_count; i++)
		CPU_CLR(plan->cores[i], &rest);
	if (CPU_COUNT(&rest) == 0)
		rest = allowed;

	char *at = out_text, *end = out_text + LCORES_TEXT_MAX;
	const char *separator = "0@(";
	for (unsigned core = 0; core < CPU_SETSIZE; core++) {
		if (!CPU_ISSET(core, &rest))
			continue;
		at += snprintf(at, (size_t)(end - at), "%s%u", separator, core);
		separator = ",";
	}
	at += snprintf(at, (size_t)(end - at), ")");
	for (unsigned i = 0; i < plan->worker_count; i++)
		at += snprintf(at, (size_t)(end - at), ",%u@%u", i + 1, plan->cores[i]);
}

int eal_start(const struct options *options, const struct eal_plan *plan, char *out_error)
{
	static char name[] = "reputed-dataplane", no_telemetry[] = "--no-telemetry",
		    log_level[] = "--log-level=warning", in_memory[] = "--in-memory",
		    no_huge[] = "--no-huge", no_shconf[] = "--no-shconf", memory[] = "-m",
		    no_pci[] = "--no-pci", allow[] = "-a", vdev[] = "--vdev", lcores[] = "--lcores";
	char lcores_value[LCORES_TEXT_MAX], memory_value[24];
	char devices[OPTIONS_PORTS_MAX][OPTIONS_DEVICE_MAX];
	char *arguments[ARGUMENTS_MAX];
	int count = 0;
	bool has_pci = false;

	lcores_text(plan, lcores_value);
	snprintf(memory_value, sizeof(memory_value), "%zu", plan->memory_mb);
	arguments[count++] = name;
	arguments[count++] = no_telemetry;
	arguments[count++] = log_level;
	arguments[count++] = lcores;
	arguments[count++] = lcores_value;
	if (plan->has_hugepages) {
		arguments[count++] = in_memory;
	} else {
		arguments[count++] = no_huge;
		arguments[count++] = no_shconf;
		arguments[count++] = memory;
		arguments[count++] = memory_value;
	}
	for (unsigned i = 0; i < options->port_count; i++) {
		const struct options_port *p = &options->ports[i];
		memcpy(devices[i], p->device, sizeof(devices[i]));
		arguments[count++] = p->is_pci ? allow : vdev;
		arguments[count++] = devices[i];
		has_pci |= p->is_pci;
	}
	if (!has_pci)
		arguments[count++] = no_pci;
	arguments[count] = NULL;

	if (rte_eal_init(count, arguments) >= 0)
		return 0;
	return fail(out_error, rte_errno > 0 ? -rte_errno : -EIO,
	            "--port '%s'%s: DPDK did not start: %s", options->ports[0].name,
	            options->port_count > 1 ? " and the others" : "", rte_strerror(rte_errno));
}

void eal_stop(void)
{
	rte_eal_cleanup();
}
