/* SPDX-License-Identifier: BSD-3-Clause */
#pragma once
/*
 * The configuration file as the operator wrote it (YAML through libcyaml), checked and with texts
 * resolved to numbers. User settings only; run-time state lives elsewhere.
 *
 * Threads: immutable after config_load() and config_secrets_read(); any thread may read.
 */
#include "control/config_http.h"
#include "control/secrets.h"
#include "feeds/address.h"
#include "feeds/format.h"
#include "feeds/guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SIZE_MAX      (16u << 20) /* bytes of a file */
#define CONFIG_LISTS_MAX     1023        /* the data plane's list ids */
#define CONFIG_ZONES_MAX     131072
#define CONFIG_NS_MAX        8     /* of a zone */
#define CONFIG_ACCESS_MAX    20000 /* rules: as ranges they must fit a message */
#define CONFIG_LISTENS_MAX   16
#define CONFIG_PORTS_MAX     8
#define CONFIG_ADDRESSES_MAX 16 /* of a port */
#define CONFIG_CORES_MAX     64
#define CONFIG_TEXT_MAX      255 /* bytes of a text template: one TXT string */
#define CONFIG_NSID_MAX      64  /* SETTINGS_NSID_MAX of the data plane */
#define CONFIG_KEEP_MAX      32  /* versions of a feed on disk */
#define CONFIG_MUST_LIST_MAX 32

enum config_hugepages { CONFIG_HUGEPAGES_AUTO, CONFIG_HUGEPAGES_NEVER, CONFIG_HUGEPAGES_REQUIRE };
enum config_idle { IDLE_POLL, IDLE_BACKOFF };
enum config_access_action { /* = enum access_action */
	                    CONFIG_ALLOW,
	                    CONFIG_REFUSE,
	                    CONFIG_DROP,
	                    CONFIG_EMPTY,
	                    CONFIG_ALWAYS,
};
enum config_view {
	VIEW_CODES, /* = ZoneView of update.proto, these three */
	VIEW_BITS,
	VIEW_ALLOW,
	VIEW_SCORE, /* of a hidden list of its own, whose codes are answered: config_hidden.h */
	VIEW_SRL,
	VIEW_MAILSPIKE,
	VIEW_WHY,
	VIEW_ASN,
};
/* What of the reputation's ledger a list holds; those from SCORE on are hidden lists'. */
enum config_kept {
	KEPT_NOTHING, /* it is no list of the ledger */
	KEPT_SPAM,    /* from here on: 1 + enum dials_list */
	KEPT_TRAP,
	KEPT_DHA,
	KEPT_BACKSCATTER,
	KEPT_AUTH,
	KEPT_GOOD,
	KEPT_GOOD_MORE, /* those of `good` that deserve more trust */
	KEPT_SCORE,
	KEPT_SRL,
	KEPT_MAILSPIKE,
	KEPT_WHY,
	KEPT_COUNT,
};
enum config_bogons { BOGONS_DROP, BOGONS_KEEP };
/* What becomes of a list whose feed is out of date. */
enum config_expired { EXPIRED_KEEP, EXPIRED_EMPTY, EXPIRED_SERVFAIL };

/* An address, range or name that a list of the configuration holds. */
struct config_place {
	const char *text; /* borrowed from the list */
	bool is_name;
	struct address_range range;  /* unless is_name */
	uint8_t wire[NAME_WIRE_MAX]; /* lower case, no root label */
	uint8_t wire_size;
};

struct config_port {
	char *device;
	char **addresses;
	unsigned addresses_count;
	char *punt; /* interface for the kernel, "false" for none; NULL = the data plane decides */
};

struct config_dataplane {
	char *socket;
	char **listen;
	unsigned listen_count;
	struct config_port *ports;
	unsigned ports_count;
	unsigned *cores;
	unsigned cores_count;
	enum config_hugepages hugepages;
	enum config_idle idle;                    /* default backoff */
	unsigned punt_rate;                       /* 0 = not given */
	unsigned tcp_connections, tcp_per_client; /* 0 = the data plane's default */
	char *tcp_idle;                           /* "10s" */
	uint64_t tcp_idle_s;                      /* resolved; 0 = the data plane's default */
};

struct config_access {
	char *from;
	enum config_access_action action;
	char *code_text;            /* of CONFIG_ALWAYS only, which needs it */
	char *text;                 /* of CONFIG_ALWAYS only: template, may be NULL */
	struct address_range range; /* resolved */
	uint32_t code;              /* resolved, host order */
	unsigned listing;           /* resolved: how many CONFIG_ALWAYS rules come before */
};

/* Of answers over UDP, per client network; a key that is not given has its default. */
struct config_rate_limit {
	uint32_t responses_per_s, nxdomains_per_s, errors_per_s; /* 0 = no limit */
	uint32_t slip;
	uint32_t ipv4_length, ipv6_length;
	uint32_t buckets;
	char **exempt;
	unsigned exempt_count;
	struct address_range *exempt_ranges; /* resolved, parallel to exempt */
};

struct config_feed {
	char *path; /* absolute once resolved; one of path, url, rsync, push */
	char *url;
	char *rsync;
	bool is_pushed;
	char *format;
	char *refresh; /* "1h" */
	char *max_age;
	struct guard_limits guards; /* resolved: defaults for what was not given */
	enum config_bogons bogons;
	bool has_canaries; /* resolved: guard.canaries hold versions of this feed */
	char **must_list;
	unsigned must_list_count;
	struct config_place *must; /* resolved, parallel to must_list */
	enum config_expired expired;
	uint32_t keep;      /* versions; default 3 */
	char *checksum_url; /* of a source elsewhere: a URL, or what rsync takes; NULL = none */
	char *checksum;     /* a file beside the source, absolute once resolved; NULL = none */
	char *signature_url, *signature; /* detached, of OpenPGP; likewise */
	char *keyring;                   /* that they are checked with; absolute once resolved */
	const struct format *format_row; /* resolved */
	struct format_options *options;  /* resolved; NULL = none given */
	uint64_t refresh_s, max_age_s;   /* resolved; 0 = none, but of url and rsync 1h */
	/* Of url and rsync. */
	char *secret_file; /* absolute once resolved; NULL = none */
	char *proxy;
	char *ca_file;                      /* absolute once resolved; NULL = the system's */
	char *min_interval, *timeout;       /* "5m" */
	char *size_max;                     /* "256M" */
	uint64_t min_interval_s, timeout_s; /* resolved; 0 = none, default 10m */
	uint64_t size_max_bytes;            /* resolved; default 1G */
};

struct config_list {
	char *name;
	struct config_feed *feed; /* NULL for lists that are manual or of the ledger */
	bool manual;
	enum config_kept kept;
	bool is_hidden;     /* resolved: made for a zone's view, not written by anybody */
	bool is_observed;   /* counted, not answered */
	bool is_enabled;    /* as given */
	bool is_off;        /* resolved: 'enabled: false', it answers nothing */
	bool is_subtracted; /* what it lists no other list lists */
	char *code_text;
	char *text;    /* template, may be NULL */
	uint32_t code; /* resolved, host order; default 127.0.0.2 */
	uint32_t bit;  /* in zones with view bits: 2, 4, 8 … 2^23; 0 = none */
	/* In zones with view allow: 2-15 or 20, 0-3; 0, 0 = none. */
	uint32_t category, trust;
	bool has_trust; /* resolved: given; without it that of a list `good` is 1 or 2 */
};

struct config_soa { /* NULL, 0 = the data plane's choice */
	char *mname;
	char *rname; /* a mailbox as a name or with '@' */
	char *refresh, *retry, *expire;
	uint64_t refresh_s, retry_s, expire_s; /* resolved */
};

/* Who may ask a zone; the keys are secrets. */
struct config_keys {
	unsigned count;
	uint8_t (*labels)[64]; /* length byte, lower-case bytes */
	char (*names)[64];
};

struct config_zone {
	char *name;
	char **lists;
	unsigned lists_count;
	uint32_t ttl, negative_ttl; /* seconds; defaults 300, 60 */
	char **ns;
	unsigned ns_count;
	enum config_view view;
	struct config_soa *soa; /* NULL = none given */
	char *records;          /* a file, absolute once resolved; NULL = none */
	char *keys;             /* path of a file, absolute once resolved; NULL = none needed */
	struct config_access *access; /* NULL = those whom the server's rules let */
	unsigned access_count;
	char *access_file;           /* absolute once resolved; NULL = none */
	struct config_keys *key_set; /* resolved; NULL = none needed */
	unsigned *list_indexes;      /* resolved: into config.lists */
	uint8_t apex[255];           /* resolved: wire name with root label */
	uint8_t apex_size;
};

struct config {
	char *path;      /* of the file, as given */
	char *state_dir; /* all paths absolute once resolved */
	char *control_socket;
	struct config_dataplane dataplane;
	struct config_http http;
	char *cookie_secret_file; /* absolute once resolved; NULL = none */
	bool is_cookie_required;
	char *version, *hostname, *nsid; /* what is told of the server; NULL or empty = nothing */
	struct secrets cookie_secrets;   /* of config_secrets_read(); count 0 = none */
	char *access_file;               /* absolute once resolved; NULL = none */
	struct config_access *access;    /* never empty once resolved: the defaults */
	unsigned access_count;
	struct config_rate_limit *rate_limit; /* NULL = no limits */
	char **never_list;
	unsigned never_list_count;
	struct address_range *never_ranges; /* resolved */
	unsigned never_range_count;
	struct config_place *never_names; /* resolved: the names, and all below them */
	unsigned never_name_count;
	char **canaries; /* once resolved: the defaults when none are given */
	unsigned canaries_count;
	struct config_place *canary_places;   /* resolved, parallel to canaries */
	struct config_reputation *reputation; /* config_reputation.h; NULL = none */
	struct config_monitor *monitor;       /* config_monitor.h; NULL = none */
	struct config_list *lists;
	unsigned lists_count;
	struct config_zone *zones;
	unsigned zones_count;
};

/*
 * Who may ask when the file does not say: loopback, private (RFC 1918), link-local and unique local
 * (RFC 4193) networks. The data plane has the same ones until its first load (dataplane/access.c);
 * a test compares them, and reputed.yaml(5) lists them.
 */
#define CONFIG_ACCESS_DEFAULT_COUNT 8
extern const char *const config_access_default[CONFIG_ACCESS_DEFAULT_COUNT];

/* Called for each mistake: "FILE:LINE: KEY: what is wrong, what was expected". */
typedef void config_complain(const char *message, void *context);

/*
 * Load and check a file; every mistake is told, not just the first.
 * Errors: NULL with errno (EINVAL: at least one mistake was told)
 */
struct config *config_load(const char *path, config_complain *complain, void *context);

/* The same from memory; relative paths are relative to the folder of path, which need not exist. */
struct config *config_load_bytes(const char *path, const void *bytes, size_t size,
                                 config_complain *complain, void *context);

/* NULL is allowed. */
void config_free(struct config *config);
