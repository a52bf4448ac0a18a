/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/fetch/dns_stream.h"

#include <sodium.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define STREAM_STALL_S    60
#define STREAM_KEY_MAX    1024
#define STREAM_DIGEST_MAX 64
/* RFC 8945 section 5.3.1: at least every hundredth message is signed. */
#define STREAM_UNSIGNED_MAX (100 * (KNOT_WIRE_MAX_PKTSIZE + 1))

struct dns_stream {
	struct fetch_result *result;
	int fd;
	uint16_t id, type;
	knot_dname_storage_t zone;
	bool has_key, is_first; /* message of the answer */
	knot_tsig_key_t key;
	uint8_t digest[STREAM_DIGEST_MAX];
	size_t digest_size;
	uint64_t signed_s;
	uint8_t *unverified; /* messages since the last signed one, one after the other */
	size_t unverified_size;
	uint8_t message[KNOT_WIRE_MAX_PKTSIZE];
};

static int stream_fail(struct dns_stream *s, int rc, const char *what)
{
	if (rc == -EAGAIN || rc == -EINPROGRESS)
		fetch_fail(s->result, "%s: timed out", what);
	else
		fetch_fail(s->result, "%s: %s", what, strerror(-rc));
	return rc;
}

static int stream_refuse(struct dns_stream *s, const char *text)
{
	fetch_fail(s->result, "%s", text);
	return -EBADMSG;
}

int dns_source_parse(const char *text, struct dns_source *out_source)
{
	struct dns_source source = {.is_incremental = strncmp(text, "ixfr://", 7) == 0};
	const char *host = text + 7, *slash, *end, *colon;

	if (!source.is_incremental && strncmp(text, "axfr://", 7) != 0)
		return -EINVAL;
	slash = strchr(host, '/');
	if (!slash || !slash[1])
		return -EINVAL;
	end = slash;
	if (*host == '[') {
		host++;
		end = memchr(host, ']', (size_t)(slash - host));
		if (!end || (end[1] != '/' && end[1] != ':'))
			return -EINVAL;
		colon = end[1] == ':' ? end + 1 : NULL;
	} else {
		colon = memchr(host, ':', (size_t)(slash - host));
		end = colon ? colon : slash;
	}
	if (end == host || end - host >= DNS_HOST_MAX || (colon && slash - colon > 6) ||
	    (colon && slash - colon == 1))
		return -EINVAL;
	snprintf(source.host, sizeof(source.host), "%.*s", (int)(end - host), host);
	snprintf(source.port, sizeof(source.port), "%.*s", colon ? (int)(slash - colon - 1) : 2,
	         colon ? colon + 1 : "53");
	if (source.port[strspn(source.port, "0123456789")] ||
	    !knot_dname_from_str(source.zone, slash + 1, sizeof(source.zone)))
		return -EINVAL;
	knot_dname_to_lower(source.zone);
	*out_source = source;
	return 0;
}

/* Errors: negative errno, told */
static int stream_connect(struct dns_stream *s, const struct dns_source *source, unsigned timeout_s)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	unsigned stall_s = timeout_s < STREAM_STALL_S ? timeout_s : STREAM_STALL_S;
	const struct timeval stall = {.tv_sec = stall_s};
	struct addrinfo *first;
	int rc = getaddrinfo(source->host, source->port, &hints, &first);

	if (rc != 0) {
		fetch_fail(s->result, "'%s': %s", source->host, gai_strerror(rc));
		return -EHOSTUNREACH;
	}
	rc = -EHOSTUNREACH;
	for (struct addrinfo *a = first; a && s->fd < 0; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);

		if (fd >= 0 &&
		    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall)) == 0 &&
		    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall)) == 0 &&
		    connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
			s->fd = fd;
			continue;
		}
		rc = -errno;
		if (fd >= 0)
			close(fd);
	}
	freeaddrinfo(first);
	return s->fd >= 0 ? 0 : stream_fail(s, rc, "cannot connect");
}

static int stream_read_key(struct dns_stream *s, const char *path)
{
	char text[STREAM_KEY_MAX];
	int rc = fetch_secret(path, text, sizeof(text), s->result);

	if (rc < 0)
		return rc;
	rc = knot_tsig_key_init_str(&s->key, text);
	sodium_memzero(text, sizeof(text));
	if (rc != KNOT_EOK) {
		fetch_fail(s->result,
		           "'%s': expected ALGORITHM:NAME:BASE64, such as "
		           "hmac-sha256:transfer.example:…",
		           path);
		return -EINVAL;
	}
	s->has_key = true;
	return 0;
}

struct dns_stream *dns_stream_open(const struct dns_source *source,
                                   const struct fetch_request *request, struct fetch_result *result)
{
	struct dns_stream *s = calloc(1, sizeof(*s));

	if (s) {
		s->fd = -1;
		s->result = result;
		s->unverified = malloc(STREAM_UNSIGNED_MAX);
	}
	if (!s || !s->unverified) {
		fetch_fail(result, "out of memory");
		free(s);
		return NULL;
	}
	if ((!request->secret_file || stream_read_key(s, request->secret_file) == 0) &&
	    stream_connect(s, source, request->timeout_s) == 0)
		return s;
	dns_stream_close(s);
	return NULL;
}

void dns_stream_close(struct dns_stream *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->has_key)
		knot_tsig_key_deinit(&s->key);
	free(s->unverified);
	free(s);
}

static int stream_send(struct dns_stream *s, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(s->fd, bytes, size, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return stream_fail(s, -errno, "cannot send");
		bytes += sent;
		size -= (size_t)sent;
	}
	return 0;
}

static int stream_receive(struct dns_stream *s, uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t got = recv(s->fd, bytes, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return stream_fail(s, -errno, "cannot receive");
		if (got == 0)
			return stream_refuse(s, "the server ended the connection too soon");
		bytes += got;
		size -= (size_t)got;
	}
	return 0;
}

/* The SOA we have: only its serial counts (RFC 1995 section 3). */
static int stream_put_soa(knot_pkt_t *query, const knot_dname_t *zone, uint32_t serial)
{
	uint8_t rdata[22] = {0, 0};
	knot_rrset_t soa;
	int rc;

	knot_rrset_init(&soa, (knot_dname_t *)(uintptr_t)zone, KNOT_RRTYPE_SOA, KNOT_CLASS_IN, 0);
	for (int i = 0; i < 4; i++)
		rdata[2 + i] = (uint8_t)(serial >> (24 - 8 * i));
	rc = knot_rrset_add_rdata(&soa, rdata, sizeof(rdata), NULL);
	if (rc == KNOT_EOK) {
		knot_pkt_begin(query, KNOT_AUTHORITY);
		rc = knot_pkt_put(query, KNOT_COMPR_HINT_NONE, &soa, KNOT_PF_NOTRUNC);
	}
	if (rc == KNOT_EOK)
		/* The packet borrows the data until it is sent; it is on the wire already. */
		knot_rdataset_clear(&soa.rrs, NULL);
	return rc;
}

static int stream_compose(struct dns_stream *s, knot_pkt_t *query, const uint32_t *serial)
{
	knot_wire_set_id(query->wire, s->id);
	if (knot_pkt_put_question(query, s->zone, KNOT_CLASS_IN, s->type) != KNOT_EOK)
		return -ENOMEM;
	if (serial && stream_put_soa(query, s->zone, *serial) != KNOT_EOK)
		return -ENOMEM;
	s->digest_size = sizeof(s->digest);
	if (s->has_key && knot_tsig_sign(query->wire, &query->size, query->max_size, NULL, 0,
	                                 s->digest, &s->digest_size, &s->key, 0, 0) != KNOT_EOK)
		return -EINVAL;
	return 0;
}

int dns_stream_ask(struct dns_stream *s, const knot_dname_t *zone, uint16_t type,
                   const uint32_t *serial)
{
	knot_pkt_t *query = knot_pkt_new(NULL, 1024, NULL);
	uint8_t length[2];
	int rc = query ? 0 : -ENOMEM;

	s->id = (uint16_t)randombytes_random();
	s->type = type;
	s->is_first = true;
	s->unverified_size = 0;
	s->signed_s = 0;
	if (knot_dname_store(s->zone, zone) == 0)
		rc = -EINVAL;
	if (rc == 0)
		rc = stream_compose(s, query, serial);
	if (rc < 0) {
		knot_pkt_free(query);
		return stream_fail(s, rc, "cannot ask");
	}
	length[0] = (uint8_t)(query->size >> 8);
	length[1] = (uint8_t)query->size;
	rc = stream_send(s, length, sizeof(length));
	if (rc == 0)
		rc = stream_send(s, query->wire, query->size);
	knot_pkt_free(query);
	return rc;
}

/* Keep the bytes until a signature covers them. */
static int stream_keep(struct dns_stream *s, const knot_pkt_t *message)
{
	if (message->size > STREAM_UNSIGNED_MAX - s->unverified_size)
		return stream_refuse(s, "too much without a signature");
	memcpy(s->unverified + s->unverified_size, message->wire, message->size);
	s->unverified_size += message->size;
	return 0;
}

static int stream_verify(struct dns_stream *s, const knot_pkt_t *message)
{
	const knot_rrset_t *tsig = message->tsig_rr;
	int rc = stream_keep(s, message);

	if (rc < 0)
		return rc;
	if (!tsig)
		/* RFC 8945 section 5.3.1: the first message of an answer is signed. */
		return s->is_first ? stream_refuse(s, "the answer is not signed") : 0;
	rc = s->is_first
	         ? knot_tsig_client_check(tsig, s->unverified, s->unverified_size, s->digest,
	                                  s->digest_size, &s->key, s->signed_s)
	         : knot_tsig_client_check_next(tsig, s->unverified, s->unverified_size, s->digest,
	                                       s->digest_size, &s->key, s->signed_s);
	if (rc != KNOT_EOK) {
		fetch_fail(s->result, "the signature is wrong: %s", knot_strerror(rc));
		return -EBADMSG;
	}
	s->unverified_size = 0;
	s->signed_s = knot_tsig_rdata_time_signed(tsig);
	s->digest_size = knot_tsig_rdata_mac_length(tsig);
	if (s->digest_size > sizeof(s->digest))
		return stream_refuse(s, "a signature that is too long");
	memcpy(s->digest, knot_tsig_rdata_mac(tsig), s->digest_size);
	return 0;
}

/* RFC 5936 section 2.2: the question may be left out of all messages but the first. */
static int stream_check(struct dns_stream *s, const knot_pkt_t *message)
{
	uint8_t rcode = knot_wire_get_rcode(message->wire);
	const knot_lookup_t *name = knot_lookup_by_id(knot_rcode_names, rcode);

	if (knot_wire_get_id(message->wire) != s->id || !knot_wire_get_qr(message->wire))
		return stream_refuse(s, "a message that answers no question of ours");
	if (rcode != KNOT_RCODE_NOERROR) {
		fetch_fail(s->result, "the server says %s", name ? name->name : "an error");
		return -EBADMSG;
	}
	if (knot_wire_get_tc(message->wire))
		return stream_refuse(s, "a truncated answer over TCP");
	if ((s->is_first || knot_wire_get_qdcount(message->wire) > 0) &&
	    (knot_pkt_qtype(message) != s->type ||
	     !knot_dname_is_equal(knot_pkt_qname(message), s->zone)))
		return stream_refuse(s, "an answer to another question");
	return 0;
}

int dns_stream_next(struct dns_stream *s, knot_pkt_t **out_message)
{
	knot_pkt_t *message;
	uint8_t length[2];
	uint16_t size;
	int rc = stream_receive(s, length, sizeof(length));

	if (rc < 0)
		return rc;
	size = (uint16_t)(length[0] << 8 | length[1]);
	rc = stream_receive(s, s->message, size);
	if (rc < 0)
		return rc;
	message = knot_pkt_new(s->message, size, NULL);
	if (!message)
		return stream_fail(s, -ENOMEM, "cannot receive");
	rc = size >= KNOT_WIRE_HEADER_SIZE && knot_pkt_parse(message, 0) == KNOT_EOK
	         ? stream_check(s, message)
	         : stream_refuse(s, "a malformed message");
	if (rc == 0 && s->has_key)
		rc = stream_verify(s, message);
	s->is_first = false;
	if (rc < 0) {
		knot_pkt_free(message);
		return rc;
	}
	*out_message = message;
	return 0;
}

bool dns_stream_is_verified(const struct dns_stream *s)
{
	return s->unverified_size == 0;
}
