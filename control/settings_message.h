/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* The settings of the server as a message for the data plane. */
#include "control/config.h"
#include "update.pb-c.h"

/* Errors: NULL with errno ENOMEM. */
Reputed__Update__Settings *settings_message_new(const struct config *config);

/* Overwrites the secrets first. NULL is allowed. */
void settings_message_free(Reputed__Update__Settings *message);
