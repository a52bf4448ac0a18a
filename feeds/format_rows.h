/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * What the rows of the format list point to: struct format's parse, one per format.
 */
#include "feeds/format.h"

int format_plain(struct reader *reader, struct dataset_builder *builder, char *out_error,
                 size_t error_size);
int format_domains(struct reader *reader, struct dataset_builder *builder, char *out_error,
                   size_t error_size);
int format_spamhaus_drop(struct reader *reader, struct dataset_builder *builder, char *out_error,
                         size_t error_size);
int format_spamhaus_drop_json(struct reader *reader, struct dataset_builder *builder,
                              char *out_error, size_t error_size);
int format_rbldnsd_ip4set(struct reader *reader, struct dataset_builder *builder, char *out_error,
                          size_t error_size);
int format_rbldnsd_ip4tset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size);
int format_rbldnsd_ip4trie(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size);
int format_rbldnsd_ip6tset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size);
int format_rbldnsd_ip6trie(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size);
int format_rbldnsd_dnset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                         size_t error_size);
extern const struct format_option format_csv_options[];
int format_csv(struct reader *reader, struct dataset_builder *builder, char *out_error,
               size_t error_size);
int format_hosts(struct reader *reader, struct dataset_builder *builder, char *out_error,
                 size_t error_size);
int format_netset(struct reader *reader, struct dataset_builder *builder, char *out_error,
                  size_t error_size);
int format_dshield(struct reader *reader, struct dataset_builder *builder, char *out_error,
                   size_t error_size);
int format_emails(struct reader *reader, struct dataset_builder *builder, char *out_error,
                  size_t error_size);
int format_rpz(struct reader *reader, struct dataset_builder *builder, char *out_error,
               size_t error_size);
extern const struct format_option format_mmdb_options[], format_asndrop_options[];
const char *format_mmdb_check(const struct format_options *options);
int format_mmdb(struct reader *reader, struct dataset_builder *builder, char *out_error,
                size_t error_size);
int format_spamhaus_asndrop_json(struct reader *reader, struct dataset_builder *builder,
                                 char *out_error, size_t error_size);
extern const struct format_option format_sia_options[];
int format_spamhaus_sia_json(struct reader *reader, struct dataset_builder *builder,
                             char *out_error, size_t error_size);
int format_rbldnsd_dnhash(struct reader *reader, struct dataset_builder *builder, char *out_error,
                          size_t error_size);
int format_rbldnsd_generic(struct reader *reader, struct dataset_builder *builder, char *out_error,
                           size_t error_size);
int format_dnsbl_zone(struct reader *reader, struct dataset_builder *builder, char *out_error,
                      size_t error_size);
extern const struct format_option format_combined_options[];
int format_rbldnsd_combined(struct reader *reader, struct dataset_builder *builder, char *out_error,
                            size_t error_size);
