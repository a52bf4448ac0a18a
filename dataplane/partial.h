/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * Checksums that a local sender left to its device: a kernel at the other end of a veth or TAP
 * writes only the sum over the pseudo header (CHECKSUM_PARTIAL), since no wire could damage more.
 * A kernel that gets such a frame as bytes takes it for damaged.
 */
#include <stddef.h>
#include <stdint.h>

/*
 * Complete the TCP or UDP checksum of an Ethernet frame that frame_parse() let pass, if it was left
 * unfinished; any other frame, fragments included, stays as it is. A checksum that was computed and
 * is wrong stays wrong.
 */
void partial_finish(uint8_t *bytes, size_t size);
