/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/zone_files.h"

#include "control/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What changes when a file does; all zero when there is none. */
struct stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

struct zone_file {
	const char *path;             /* of the configuration */
	struct stamp read, seen;      /* as it was read, and at the last look */
	struct zone_records *records; /* the last good ones; NULL = none yet */
};

static struct stamp look(const char *path)
{
	struct stamp stamp;
	struct stat st;

	memset(&stamp, 0, sizeof(stamp)); /* also what is between the fields */
	if (stat(path, &st) < 0)
		return stamp;
	stamp.device = st.st_dev;
	stamp.inode = st.st_ino;
	stamp.size = st.st_size;
	stamp.modified = st.st_mtim;
	stamp.changed = st.st_ctim;
	return stamp;
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Returns whether there are other records now. */
static bool read_again(struct zone_file *file, const struct stamp *stamp)
{
	char error[512];
	struct zone_records *records = zone_records_read(file->path, error, sizeof(error));

	file->read = file->seen = *stamp;
	if (!records) {
		log_error("records: %s; %s", error,
		          file->records ? "keeping the last good ones" : "the zone has none");
		return false;
	}
	zone_records_free(file->records);
	file->records = records;
	return true;
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(((const struct zone_file *)left)->path,
	              ((const struct zone_file *)right)->path);
}

static unsigned find(const struct zone_files *f, const char *path)
{
	struct zone_file wanted = {.path = path};
	const struct zone_file *found =
	    f->count ? bsearch(&wanted, f->items, f->count, sizeof(wanted), compare_paths) : NULL;

	return found ? (unsigned)(found - f->items) + 1 : 0;
}

int zone_files_init(struct zone_files *f, const struct config *config)
{
	size_t kept = 0;

	*f = (struct zone_files){0};
	f->items = calloc(config->zones_count + 1u, sizeof(*f->items));
	f->by_zone = calloc(config->zones_count + 1u, sizeof(*f->by_zone));
	if (!f->items || !f->by_zone) {
		zone_files_done(f);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < config->zones_count; i++) {
		if (config->zones[i].records)
			f->items[f->count++].path = config->zones[i].records;
	}
	if (f->count > 1)
		qsort(f->items, f->count, sizeof(*f->items), compare_paths);
	for (size_t i = 0; i < f->count; i++) {
		if (kept == 0 || strcmp(f->items[kept - 1].path, f->items[i].path) != 0)
			f->items[kept++] = f->items[i];
	}
	f->count = kept;
	for (unsigned i = 0; i < config->zones_count; i++)
		f->by_zone[i] = config->zones[i].records ? find(f, config->zones[i].records) : 0;
	for (size_t i = 0; i < f->count; i++) {
		struct stamp stamp = look(f->items[i].path);

		read_again(&f->items[i], &stamp);
	}
	return 0;
}

void zone_files_done(struct zone_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		zone_records_free(f->items[i].records);
	free(f->items);
	free(f->by_zone);
	*f = (struct zone_files){0};
}

void zone_files_move(struct zone_files *from, struct zone_files *to)
{
	for (size_t i = 0; i < to->count; i++) {
		unsigned at = find(from, to->items[i].path);

		if (to->items[i].records || at == 0)
			continue;
		to->items[i].records = from->items[at - 1].records;
		from->items[at - 1].records = NULL;
	}
}

bool zone_files_check(struct zone_files *f)
{
	bool is_changed = false;

	for (size_t i = 0; i < f->count; i++) {
		struct zone_file *file = &f->items[i];
		struct stamp now = look(file->path);

		if (is_same(&now, &file->read)) {
			file->seen = now;
			continue;
		}
		if (is_same(&now, &file->seen))
			is_changed |= read_again(file, &now);
		file->seen = now;
	}
	return is_changed;
}

const struct zone_records *zone_files_get(const struct zone_files *f, unsigned zone)
{
	return f && f->by_zone[zone] ? f->items[f->by_zone[zone] - 1].records : NULL;
}
