/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/drop.h"

#define DROP_NAME(id, name, meaning)    name,
#define DROP_MEANING(id, name, meaning) meaning,

const char *const drop_names[DROP_COUNT] = {DROP_REASONS(DROP_NAME)};
const char *const drop_meanings[DROP_COUNT] = {DROP_REASONS(DROP_MEANING)};
