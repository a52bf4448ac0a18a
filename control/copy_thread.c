/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/copy_thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void *copy_thread_main(void *context)
{
	struct copy_thread *t = context;
	int rc;

	do {
		rc = copy_step(&t->copy);
		pthread_mutex_lock(&t->lock);
		t->written = t->copy.size;
		t->rc = rc;
		t->is_over = rc <= 0;
		pthread_cond_signal(&t->wake);
		pthread_mutex_unlock(&t->lock);
	} while (rc > 0);
	/* Copy_end() has to, and then finds nothing left to do. */
	if (rc == 0)
		fsync(t->copy.to);
	return NULL;
}

int copy_thread_start(struct copy_thread *t, const struct copy *copy, const char *to)
{
	sigset_t all, before;
	int rc;

	*t = (struct copy_thread){.copy = *copy, .fd = open(to, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
	if (t->fd < 0)
		return -errno;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&t->thread, NULL, copy_thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0) {
		pthread_setname_np(t->thread, "copy");
		return 0;
	}
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	close(t->fd);
	return -rc;
}

ssize_t copy_thread_read(void *copy_thread, char *out, size_t size)
{
	struct copy_thread *t = copy_thread;
	uint64_t written;
	ssize_t n;
	int rc;

	pthread_mutex_lock(&t->lock);
	while (t->written == t->offset && !t->is_over)
		pthread_cond_wait(&t->wake, &t->lock);
	written = t->written;
	rc = t->rc;
	pthread_mutex_unlock(&t->lock);
	if (written == t->offset)
		return rc < 0 ? -ECANCELED : 0;
	if (size > written - t->offset)
		size = written - t->offset;
	do {
		n = pread(t->fd, out, size, (off_t)t->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	t->offset += (uint64_t)n;
	return n ? n : -EIO; /* somebody cut the copy off */
}

int copy_thread_join(struct copy_thread *t, struct copy *out_copy)
{
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	close(t->fd);
	*out_copy = t->copy;
	return t->rc;
}
