/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said of a card that DPDK could not use, in a folder like sysfs's. */
#include "dataplane/pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CARD "0000:01:00.0"

static const struct {
	const char *driver; /* where the link leads; NULL = no link */
	bool has_hugepages;
	const char *text;
	const char *why;
} rows[] = {
    {NULL, true, "it is bound to no driver: expected vfio-pci, or uio_pci_generic and hugepages",
     "what dpdk-devbind --unbind leaves"},
    {"../../../bus/pci/drivers/e1000e", true,
     "the kernel's driver 'e1000e' has it: expected vfio-pci, or uio_pci_generic and hugepages",
     "a card that nobody bound"},
    {"../../../bus/pci/drivers/uio_pci_generic", false,
     "it is bound to 'uio_pci_generic', which needs hugepages", "physical addresses"},
    {"../../../bus/pci/drivers/uio_pci_generic", true,
     "it is bound to 'uio_pci_generic', but DPDK has no driver for it that starts",
     "hugepages are not what it lacks"},
    {"../../../bus/pci/drivers/vfio-pci", false,
     "it is bound to 'vfio-pci', but DPDK has no driver for it that starts",
     "the IOMMU takes any page"},
    {"../../../bus/pci/drivers/mlx5_core", false,
     "it is bound to 'mlx5_core', but DPDK has no driver for it that starts",
     "stays bound to the kernel's driver"},
    {"vfio-pci", true, "it is bound to 'vfio-pci', but DPDK has no driver for it that starts",
     "a link without folders"},
};

static void test_drivers(void **state)
{
	(void)state;
	char folder[] = "/tmp/reputed-pci-XXXXXX", card[64], driver[80], text[PCI_TEXT_MAX];

	assert_non_null(mkdtemp(folder));
	snprintf(card, sizeof(card), "%s/" CARD, folder);
	snprintf(driver, sizeof(driver), "%s/driver", card);
	assert_int_equal(mkdir(card, 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].driver != NULL)
			assert_int_equal(symlink(rows[i].driver, driver), 0);
		pci_explain(folder, CARD, rows[i].has_hugepages, text);
		if (strcmp(text, rows[i].text) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].why, text, rows[i].text);
		if (rows[i].driver != NULL)
			assert_int_equal(unlink(driver), 0);
	}
	assert_int_equal(rmdir(card), 0);
	pci_explain(folder, CARD, true, text);
	assert_string_equal(text, "there is no such PCI device");
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_drivers)};
	return cmocka_run_group_tests_name("pci", tests, NULL, NULL);
}
