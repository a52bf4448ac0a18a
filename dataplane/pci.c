/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/pci.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPECTED_DRIVER "expected vfio-pci, or uio_pci_generic and hugepages"

/* Kernel drivers that leave a card to a program; all others keep it to themselves. */
static const struct driver {
	const char *name;
	bool needs_hugepages; /* physical addresses, which other pages do not keep */
} drivers[] = {
    {"vfio-pci", false},  {"uio_pci_generic", true}, {"igb_uio", true},
    {"mlx4_core", false}, {"mlx5_core", false},
};

static const struct driver *find_driver(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	}
	return NULL;
}

/* The last part of where a symbolic link leads; "" = there is none. */
static void link_name(const char *path, char out_name[static NAME_MAX + 1])
{
	char target[PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target) - 1);
	out_name[0] = '\0';
	if (size <= 0)
		return;
	target[size] = '\0';
	const char *slash = strrchr(target, '/');
	snprintf(out_name, NAME_MAX + 1, "%.*s", NAME_MAX, slash != NULL ? slash + 1 : target);
}

void pci_explain(const char *folder, const char *address, bool has_hugepages, char *out_text)
{
	char path[PATH_MAX], name[NAME_MAX + 1];

	snprintf(path, sizeof(path), "%s/%s", folder, address);
	if (access(path, F_OK) != 0) {
		snprintf(out_text, PCI_TEXT_MAX, "there is no such PCI device");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s/driver", folder, address);
	link_name(path, name);
	const struct driver *driver = find_driver(name);
	if (name[0] == '\0')
		snprintf(out_text, PCI_TEXT_MAX, "it is bound to no driver: " EXPECTED_DRIVER);
	else if (driver == NULL)
		snprintf(out_text, PCI_TEXT_MAX,
		         "the kernel's driver '%.32s' has it: " EXPECTED_DRIVER, name);
	else if (driver->needs_hugepages && !has_hugepages)
		snprintf(out_text, PCI_TEXT_MAX, "it is bound to '%s', which needs hugepages",
		         name);
	else
		snprintf(out_text, PCI_TEXT_MAX,
		         "it is bound to '%s', but DPDK has no driver for it that starts", name);
}
