/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config.h"

#include "control/config_acl.h"
#include "control/config_check.h"
#include "control/config_keys.h"
#include "control/config_resolve.h"
#include "control/config_schema.h"

#include <cyaml/cyaml.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* libcyaml says what it does not like in several lines; the first is what is wrong. */
struct loader_log {
	char text[512];
	size_t size;
};

static void __attribute__((format(printf, 3, 0)))
take_log(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
	struct loader_log *log = context;
	size_t left = sizeof(log->text) - log->size;
	int size;

	if (level < CYAML_LOG_ERROR)
		return;
	size = vsnprintf(log->text + log->size, left, format, arguments);
	if (size > 0)
		log->size += (size_t)size < left ? (size_t)size : left - 1;
}

static const cyaml_config_t *loader(struct loader_log *log, cyaml_config_t *out_loader)
{
	*out_loader = (cyaml_config_t){
	    .log_fn = log ? take_log : NULL,
	    .log_ctx = log,
	    .log_level = CYAML_LOG_ERROR,
	    .mem_fn = cyaml_mem,
	    .flags = CYAML_CFG_NO_ALIAS,
	};
	return out_loader;
}

/* The folder of a file, absolute; links are not followed. Errors: NULL with errno. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *here, *folder;

	if (slash && path[0] == '/')
		return strndup(path, slash == path ? 1 : (size_t)(slash - path));
	here = getcwd(NULL, 0);
	if (!here || !slash)
		return here;
	if (asprintf(&folder, "%s/%.*s", strcmp(here, "/") == 0 ? "" : here, (int)(slash - path),
	             path) < 0)
		folder = NULL;
	free(here);
	return folder;
}

/* Load the values of a file that was checked. Errors: NULL with errno. */
static struct config *load_values(const void *bytes, size_t size, struct config_mistakes *m)
{
	struct loader_log log = {0};
	struct config *c = NULL;
	cyaml_config_t how;
	cyaml_err_t rc;

	rc = cyaml_load_data(bytes, size, loader(&log, &how), &config_schema, (cyaml_data_t **)&c,
	                     NULL);
	if (rc == CYAML_OK && c)
		return c;
	if (rc == CYAML_ERR_OOM) {
		errno = ENOMEM;
		return NULL;
	}
	config_mistake(m, 0, NULL, "cannot be loaded: %s: %s", cyaml_strerror(rc), log.text);
	errno = EINVAL;
	return NULL;
}

struct config *config_load_bytes(const char *path, const void *bytes, size_t size,
                                 config_complain *complain, void *context)
{
	struct config_mistakes m = {.file = path, .complain = complain, .context = context};
	struct config_node *root = NULL;
	struct config *c = NULL;
	char *folder = folder_of(path);
	int rc;

	if (!folder)
		goto out_errno;
	root = config_lines_read(bytes, size, &m);
	if (!root)
		goto out_errno;
	config_check(root, folder, &m);
	rc = -EINVAL;
	if (m.count)
		goto out;
	c = load_values(bytes, size, &m);
	if (!c)
		goto out_errno;
	c->path = strdup(path);
	rc = c->path ? config_resolve(c, root, folder) : -ENOMEM;
	if (rc == 0) {
		int of_acl = config_acl_load(c, root, &m);

		rc = config_keys_load(c, folder, config_lines_get(root, "zones"), &m);
		rc = of_acl < 0 ? of_acl : rc;
		goto out;
	}
	if (rc == -EINVAL) /* a value that the checks let pass: our mistake, but not a crash */
		config_mistake(&m, 0, NULL, "a value is not understood");
	goto out;
out_errno:
	rc = -errno;
out:
	config_lines_free(root);
	free(folder);
	if (rc == 0)
		return c;
	config_free(c);
	errno = -rc;
	return NULL;
}

/* Read a whole file of at most CONFIG_SIZE_MAX bytes. Errors: NULL with errno. */
static char *read_file(FILE *file, size_t *out_size)
{
	size_t size = 0, capacity = 0;
	char *bytes = NULL;

	for (;;) {
		size_t got;

		if (size == capacity) {
			char *grown = realloc(bytes, capacity = capacity ? 2 * capacity : 16384);

			if (!grown)
				goto fail;
			bytes = grown;
		}
		got = fread(bytes + size, 1, capacity - size, file);
		size += got;
		if (size > CONFIG_SIZE_MAX) {
			errno = EFBIG;
			goto fail;
		}
		if (got == 0)
			break;
	}
	if (ferror(file))
		goto fail;
	*out_size = size;
	return bytes;
fail:
	free(bytes);
	return NULL;
}

struct config *config_load(const char *path, config_complain *complain, void *context)
{
	struct config_mistakes m = {.file = path, .complain = complain, .context = context};
	struct config *c = NULL;
	char *bytes = NULL;
	size_t size = 0;
	FILE *file;
	int error;

	file = fopen(path, "rbe");
	if (file)
		bytes = read_file(file, &size);
	if (!bytes) {
		error = errno == ENOMEM ? ENOMEM : EINVAL;
		config_mistake(&m, 0, NULL, "cannot be read: %s, expected a file of at most %u MiB",
		               strerror(errno), CONFIG_SIZE_MAX >> 20);
	} else {
		c = config_load_bytes(path, bytes, size, complain, context);
		error = errno;
	}
	free(bytes);
	if (file)
		fclose(file);
	errno = error;
	return c;
}

void config_free(struct config *config)
{
	cyaml_config_t how;

	if (!config)
		return;
	config_resolve_undo(config);
	free(config->path);
	cyaml_free(loader(NULL, &how), &config_schema, config, 0);
}
