/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/source.h"

#include <event2/event.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

/* In folders on the way only names matter; in the last one also what happens to the file. */
#define SOURCE_NAMES   (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define SOURCE_WRITING (IN_MODIFY | IN_ATTRIB)
#define SOURCE_LINKS   40 /* symbolic links on the way, as the kernel allows */

/* "Something about NAME in the folder behind wd concerns the source." */
struct source_link {
	int wd;
	bool is_last;
	char *name;
};

/* What tells one content of a file from another. */
struct source_identity {
	dev_t device;
	ino_t inode; /* 0: there is no file */
	off_t size;
	struct timespec modified, changed;
};

struct source {
	struct source_set *set;
	char *path;
	source_changed *changed;
	void *context;
	struct source_link *links;
	size_t link_count;
	struct source_identity known; /* at the last call of changed() */
	struct event *poll, *settle;
	/* By the events being read: closed after writing; a name on the way is new or gone; that
	 * by rename; the file is being written. */
	bool is_hit, is_renamed, is_moved, is_written;
	TAILQ_ENTRY(source) next;
};

struct source_set {
	struct event_base *base;
	int fd;
	struct event *event;
	struct timeval settle;
	TAILQ_HEAD(source_list, source) sources;
};

static void source_identify(const char *path, struct source_identity *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) < 0)
		return;
	out->device = st.st_dev;
	out->inode = st.st_ino;
	out->size = st.st_size;
	out->modified = st.st_mtim;
	out->changed = st.st_ctim;
}

static bool source_is_same(const struct source_identity *a, const struct source_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->modified.tv_sec == b->modified.tv_sec &&
	       a->modified.tv_nsec == b->modified.tv_nsec &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static bool source_uses(const struct source_set *set, int wd)
{
	const struct source *source;

	TAILQ_FOREACH (source, &set->sources, next) {
		for (size_t i = 0; i < source->link_count; i++) {
			if (source->links[i].wd == wd)
				return true;
		}
	}
	return false;
}

/* The links must not be the source's any more, or they would keep their watches. */
static void source_unlink(struct source_set *set, struct source_link *links, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!source_uses(set, links[i].wd))
			inotify_rm_watch(set->fd, links[i].wd);
		free(links[i].name);
	}
	free(links);
}

/* A folder that cannot be watched (permissions, too many watches) is left to polling. */
static void source_link(struct source *source, const char *folder, const char *name, bool is_last)
{
	uint32_t mask = SOURCE_NAMES | (is_last ? SOURCE_WRITING | IN_CLOSE_WRITE : 0);
	int wd = inotify_add_watch(source->set->fd, folder, mask | IN_ONLYDIR | IN_MASK_ADD);
	struct source_link *links;
	char *copy;

	if (wd < 0)
		return;
	links = realloc(source->links, (source->link_count + 1) * sizeof(*links));
	copy = strdup(name);
	if (links)
		source->links = links;
	if (!links || !copy) {
		free(copy);
		return;
	}
	links[source->link_count++] = (struct source_link){wd, is_last, copy};
}

/* A way through the file system: folder is physical, rest is still to go. */
struct source_walk {
	char folder[PATH_MAX];
	char rest[2 * PATH_MAX];
	unsigned links;
};

/* Take the next component off rest; false at the end. */
static bool source_component(struct source_walk *walk, char out_name[NAME_MAX + 1])
{
	size_t skip = strspn(walk->rest, "/"), size = strcspn(walk->rest + skip, "/");

	if (size == 0 || size > NAME_MAX)
		return false;
	memcpy(out_name, walk->rest + skip, size);
	out_name[size] = '\0';
	memmove(walk->rest, walk->rest + skip + size, strlen(walk->rest + skip + size) + 1);
	return true;
}

/* Follow a symbolic link. Returns whether the walk can go on. */
static bool source_follow(struct source_walk *walk, const char *target)
{
	char rest[2 * PATH_MAX];

	if (walk->links++ == SOURCE_LINKS ||
	    (size_t)snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest) >= sizeof(rest))
		return false;
	memcpy(walk->rest, rest, strlen(rest) + 1);
	if (target[0] == '/')
		walk->folder[0] = '\0';
	return true;
}

/* Go one component on, watching its folder. Returns whether there is more to go. */
static bool source_step(struct source *source, struct source_walk *walk)
{
	char name[NAME_MAX + 1], at[PATH_MAX], target[PATH_MAX];
	size_t size = strlen(walk->folder);
	ssize_t n;

	if (!source_component(walk, name))
		return false;
	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		char *slash = strrchr(walk->folder, '/');

		if (slash)
			*slash = '\0';
		return true;
	}
	source_link(source, size ? walk->folder : "/", name,
	            walk->rest[strspn(walk->rest, "/")] == '\0');
	if ((size_t)snprintf(at, sizeof(at), "%s/%s", walk->folder, name) >= sizeof(at))
		return false;
	n = readlink(at, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = '\0';
		return source_follow(walk, target);
	}
	if (errno != EINVAL) /* EINVAL: there, but not a link */
		return false;
	memcpy(walk->folder, at, strlen(at) + 1);
	return true;
}

/* Find out anew which folders matter. Watches first, then the look at the file: nothing between
 * the two is missed. */
static void source_walk(struct source *source)
{
	struct source_link *old = source->links;
	size_t old_count = source->link_count;
	struct source_walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return; /* the old watches stay */
	source->links = NULL;
	source->link_count = 0;
	snprintf(walk->rest, sizeof(walk->rest), "%s", source->path);
	while (source_step(source, walk))
		;
	free(walk);
	source_unlink(source->set, old, old_count);
}

static void source_notify(struct source *source)
{
	evtimer_del(source->settle);
	source_identify(source->path, &source->known);
	source->changed(source, source->context);
}

static bool source_is_known(const struct source *source)
{
	struct source_identity now;

	source_identify(source->path, &now);
	return source_is_same(&now, &source->known);
}

static void source_on_settle(evutil_socket_t fd, short what, void *context)
{
	struct source *source = context;

	(void)fd;
	(void)what;
	if (!source_is_known(source))
		source_notify(source);
}

static void source_on_poll(evutil_socket_t fd, short what, void *context)
{
	struct source *source = context;

	(void)fd;
	(void)what;
	source_walk(source);
	if (!source_is_known(source))
		evtimer_add(source->settle, &source->set->settle);
}

/* Note what an event means for each source; acted upon when all events are read. */
static void source_mark(struct source_set *set, const struct inotify_event *event)
{
	struct source *source;

	TAILQ_FOREACH (source, &set->sources, next) {
		if (event->mask & IN_Q_OVERFLOW)
			source->is_hit = source->is_renamed = source->is_moved = true;
		for (size_t i = 0; i < source->link_count && event->len > 0; i++) {
			const struct source_link *link = &source->links[i];

			if (link->wd != event->wd || strcmp(link->name, event->name) != 0)
				continue;
			if (event->mask & SOURCE_NAMES)
				source->is_renamed = true;
			if (event->mask & IN_MOVED_TO)
				source->is_moved = true;
			if (link->is_last && (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)))
				source->is_hit = true;
			else if (link->is_last && (event->mask & SOURCE_WRITING))
				source->is_written = true;
		}
	}
}

/* What comes by rename or behind a link is whole; a made file is empty or half written, and is
 * waited for until it is closed or settles. */
static bool source_is_whole(const struct source *source)
{
	struct stat st;

	return source->is_moved || lstat(source->path, &st) < 0 || S_ISLNK(st.st_mode);
}

static void source_act(struct source *source)
{
	bool is_hit = source->is_hit, is_written = source->is_written;

	if (source->is_renamed) {
		source_walk(source);
		if (!source_is_known(source)) {
			is_hit |= source_is_whole(source);
			is_written = true;
		}
	}
	source->is_hit = source->is_renamed = source->is_moved = source->is_written = false;
	if (is_hit)
		source_notify(source);
	else if (is_written)
		evtimer_add(source->settle, &source->set->settle);
}

static void source_on_event(evutil_socket_t fd, short what, void *context)
{
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct source_set *set = context;
	struct source *source, *next;
	ssize_t size = read(fd, bytes, sizeof(bytes));

	(void)what;
	for (ssize_t at = 0; at < size;) {
		const struct inotify_event *event = (const struct inotify_event *)(bytes + at);

		source_mark(set, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	for (source = TAILQ_FIRST(&set->sources); source; source = next) {
		next = TAILQ_NEXT(source, next);
		if (source->is_hit || source->is_renamed || source->is_written)
			source_act(source);
	}
}

struct source_set *source_set_new(struct event_base *base, unsigned settle_ms)
{
	struct source_set *set = calloc(1, sizeof(*set));
	int rc = ENOMEM;

	if (!set)
		goto fail;
	set->base = base;
	set->settle.tv_sec = settle_ms / 1000;
	set->settle.tv_usec = (long)(settle_ms % 1000) * 1000;
	TAILQ_INIT(&set->sources);
	set->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (set->fd < 0) {
		rc = errno;
		goto fail_free;
	}
	set->event = event_new(base, set->fd, EV_READ | EV_PERSIST, source_on_event, set);
	if (!set->event || event_add(set->event, NULL) < 0)
		goto fail_event;
	return set;
fail_event:
	if (set->event)
		event_free(set->event);
	close(set->fd);
fail_free:
	free(set);
fail:
	errno = rc;
	return NULL;
}

void source_set_free(struct source_set *set)
{
	if (!set)
		return;
	event_free(set->event);
	close(set->fd);
	free(set);
}

struct source *source_add(struct source_set *set, const char *path, uint64_t poll_s,
                          source_changed *changed, void *context)
{
	const struct timeval interval = {(time_t)poll_s, 0};
	struct source *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->set = set;
	source->changed = changed;
	source->context = context;
	source->path = strdup(path);
	source->poll = event_new(set->base, -1, EV_PERSIST, source_on_poll, source);
	source->settle = evtimer_new(set->base, source_on_settle, source);
	TAILQ_INSERT_TAIL(&set->sources, source, next);
	if (!source->path || !source->poll || !source->settle ||
	    (poll_s > 0 && event_add(source->poll, &interval) < 0)) {
		source_remove(source);
		errno = ENOMEM;
		return NULL;
	}
	source_walk(source);
	source_identify(path, &source->known);
	return source;
}

void source_remove(struct source *source)
{
	struct source_set *set;

	if (!source)
		return;
	set = source->set;
	TAILQ_REMOVE(&set->sources, source, next);
	source_unlink(set, source->links, source->link_count);
	if (source->poll)
		event_free(source->poll);
	if (source->settle)
		event_free(source->settle);
	free(source->path);
	free(source);
}
