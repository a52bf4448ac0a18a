/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the files of the engine share: engine.c starts and stops, engine_config.c reads and applies
 * configurations, engine_sync.c keeps the data plane in step and ends entries that expire.
 */
#include "control/engine.h"

/* Bring the data plane up to date, as soon as there is something whole to load. */
void engine_sync(struct engine *e);

/* Their timers. Errors: -ENOMEM */
int engine_sync_init(struct engine *e);

/* For watch_new(): the data plane came or went. */
void engine_sync_on_watch(bool is_connected, void *context);

/* Log a complaint about a configuration. */
void engine_config_complain(const char *message, void *context);

/* Read the configuration again and apply it; what is wrong is logged, and the old one stays. */
void engine_config_reload(struct engine *e);

/* For intake_hooks: all feeds were tried, so there is something whole to apply. */
void engine_config_tried(void *context);

/* For key_watch_new(): a file of keys changed. */
void engine_config_on_keys(void *context);

/* Start the reputation when there is one, before the first thread; let it follow the configuration
 * in force; tell what needs a restart. Errors: negative errno, logged */
int engine_reputation_start(struct engine *e);

/* Have the publisher answer what the ledger says. Errors: -ENOMEM */
int engine_reputation_serve(struct engine *e);

/* Before a configuration is applied: have what its zones want of the ledger worked out; whether
 * that is done. engine_config_tried() follows. */
void engine_reputation_prepare(struct engine *e, const struct config *config);
bool engine_reputation_is_walked(const struct engine *e);

void engine_reputation_configure(struct engine *e);
void engine_reputation_tell_restart(const struct config *old, const struct config *new);

/* Watch the files of keys of the configuration in force. */
void engine_config_watch_keys(struct engine *e);
