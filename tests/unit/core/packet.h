/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/* Packets for tests: builds them, and puts their checksums right, without the code under test. */
#include "dataplane/frame.h"

#include <stddef.h>
#include <stdint.h>

/* 10.53.0.1/24, 10.53.0.2/32, fd53::1 and fe80::53 at 02:00:00:00:00:01. */
extern const struct frame_port packet_port;
extern const uint8_t packet_our_mac[6];
extern const uint8_t packet_their_mac[6];

struct packet {
	uint8_t bytes[1600];
	size_t size;
};

/* A UDP datagram from port 5353 to 53, from them to us; IPv4 or IPv6 as the addresses say. */
void packet_udp(struct packet *p, const char *source, const char *destination, const void *payload,
                size_t size);

/* An ICMP or ICMPv6 message from them to us; its checksum is computed. */
void packet_icmp(struct packet *p, const char *source, const char *destination, const void *message,
                 size_t size);

/* An ARP request for target from sender, broadcast. */
void packet_arp(struct packet *p, const char *sender, const char *target);

/* Put a tag before the EtherType. */
void packet_tag(struct packet *p, uint16_t ethertype, uint16_t tag);

/* Put right the checksums of whatever packet a frame seems to hold; does nothing to others. */
void packet_sum(uint8_t *bytes, size_t size);
