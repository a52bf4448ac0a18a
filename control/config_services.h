/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* How the sections `http:` and `monitor:` are read: their keys, and what is resolved. */
#include "control/config_http.h"
#include "control/config_lines.h"
#include "control/config_monitor.h"

#include <cyaml/cyaml.h>

/* Of struct config_http and struct config_monitor. */
extern const cyaml_schema_field_t config_http_fields[];
extern const cyaml_schema_field_t config_monitor_fields[];

/* Errors: -EINVAL a value that the checks should not have let pass; -ENOMEM */
int config_http_resolve(struct config_http *http, const char *folder);
int config_monitor_resolve(struct config_monitor *monitor);

/* Free what was resolved; NULL is allowed. */
void config_http_undo(struct config_http *http);
void config_monitor_undo(struct config_monitor *monitor);

/* Read the file of the operator's token. Errors: -EINVAL, told */
int config_http_read_token(struct config_http *http, struct config_mistakes *m);
