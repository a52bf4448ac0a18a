/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the kernel knows of a PCI card that DPDK could not use: sysfs in, words for its operator
 * out. Knows no DPDK. Reentrant.
 */
#include <stdbool.h>

#define PCI_DEVICES  "/sys/bus/pci/devices"
#define PCI_TEXT_MAX 192

/*
 * Say why a card is of no use, as far as can be seen: it is not there, its driver is not one for
 * programs, or hugepages are missing.
 *
 * folder:   PCI_DEVICES; another one for tests
 * address:  in full and lower case, "0000:01:00.0"
 * out_text: PCI_TEXT_MAX bytes, always set
 */
void pci_explain(const char *folder, const char *address, bool has_hugepages, char *out_text);
