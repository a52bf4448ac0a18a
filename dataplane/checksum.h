/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The Internet checksum (RFC 1071): sums of 16-bit words in wire order. A sum is begun with 0 or a
 * pseudo header, added to, and finished; over a block that holds its own checksum it finishes as 0
 * when the checksum is good.
 */
#include <stddef.h>
#include <stdint.h>

/* Add a block; all but the last block of a sum are of even size. size: < 64 KiB */
uint64_t checksum_add(uint64_t sum, const uint8_t *bytes, size_t size);

/* Fold and complement: what goes into the header, as a number. */
uint16_t checksum_finish(uint64_t sum);

/* Sum of the IPv4 pseudo header (RFC 768) of the header at ip. */
uint64_t checksum_pseudo4(const uint8_t *ip, uint8_t protocol, size_t size);

/* Sum of the IPv6 pseudo header (RFC 8200 section 8.1) of the header at ip. */
uint64_t checksum_pseudo6(const uint8_t *ip, uint8_t protocol, size_t size);
