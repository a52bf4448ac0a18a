/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Answers the command feeds-diff: what would be another if the held version of a feed were
 * accepted. The held version is read on the reader thread and compared with what is published on
 * the publisher thread; nothing is changed.
 *
 * Threads: the main loop.
 */
struct engine;
struct request;
struct server_request;

/* r: its feed, and its keys if there are any: places to be told of one by one. */
void shadow_find(struct engine *e, struct server_request *client, const struct request *r);
