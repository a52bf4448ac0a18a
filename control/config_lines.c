/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/config_lines.h"

#include <yaml.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16       /* the deepest key of the contract is at 7 */
#define KEYS_MAX  256      /* of one mapping; keeps the search for keys given twice cheap */
#define NODES_MAX 2000000u /* of the file: fifteen for each of CONFIG_ZONES_MAX */

struct lines {
	yaml_parser_t parser;
	const unsigned char *bytes;
	size_t size;
	unsigned node_count;
	struct config_mistakes *mistakes;
};

static unsigned line_of(const yaml_mark_t *mark)
{
	return (unsigned)mark->line + 1;
}

static int mistake_at(struct lines *l, const yaml_event_t *event, const char *what)
{
	config_mistake(l->mistakes, line_of(&event->start_mark), NULL, "%s", what);
	return -EINVAL;
}

static int tell_syntax(struct lines *l)
{
	const yaml_parser_t *p = &l->parser;
	const char *problem = p->problem ? p->problem : "not YAML";
	unsigned line = line_of(&p->problem_mark);

	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (p->error == YAML_READER_ERROR) { /* has no mark, only an offset */
		line = 1;
		for (size_t i = 0; i < p->problem_offset && i < l->size; i++)
			line += l->bytes[i] == '\n';
	}
	if (p->context && p->context_mark.line != p->problem_mark.line)
		config_mistake(l->mistakes, line, NULL, "YAML: %s (%s that began in line %u)",
		               problem, p->context, line_of(&p->context_mark));
	else if (p->context)
		config_mistake(l->mistakes, line, NULL, "YAML: %s (%s)", problem, p->context);
	else
		config_mistake(l->mistakes, line, NULL, "YAML: %s", problem);
	return -EINVAL;
}

static int next(struct lines *l, yaml_event_t *out_event)
{
	return yaml_parser_parse(&l->parser, out_event) ? 0 : tell_syntax(l);
}

static int take_text(struct lines *l, const yaml_event_t *event, char **out_text)
{
	const char *value = (const char *)event->data.scalar.value;

	if (memchr(value, '\0', event->data.scalar.length))
		return mistake_at(l, event, "a NUL character, expected text");
	*out_text = strdup(value);
	return *out_text ? 0 : -ENOMEM;
}

static bool has_tag_or_anchor(const yaml_event_t *event)
{
	switch ((int)event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor || event->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor || event->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor || event->data.mapping_start.tag;
	}
	return false;
}

static struct config_node *add_child(struct config_node *parent)
{
	if (parent->count == parent->capacity) {
		unsigned capacity = parent->capacity ? 2 * parent->capacity : 4;
		struct config_node *grown =
		    reallocarray(parent->children, capacity, sizeof(*grown));

		if (!grown)
			return NULL;
		parent->children = grown;
		parent->capacity = capacity;
	}
	memset(&parent->children[parent->count], 0, sizeof(struct config_node));
	return &parent->children[parent->count++];
}

static void node_done(struct config_node *node)
{
	for (unsigned i = 0; i < node->count; i++)
		node_done(&node->children[i]);
	free(node->children);
	free(node->text);
	free(node->key);
}

static int read_children(struct lines *l, struct config_node *node, unsigned depth);

/* Read the value that starts with an event. Its key and line are already set. */
static int read_value(struct lines *l, const yaml_event_t *event, struct config_node *node,
                      unsigned depth)
{
	if (has_tag_or_anchor(event))
		return mistake_at(l, event,
		                  "a tag, anchor or alias ('!', '&', '*'), which this file may not "
		                  "use; expected a plain value (quote text that begins so)");
	if (depth > DEPTH_MAX)
		return mistake_at(l, event, "nested too deeply");
	if (++l->node_count > NODES_MAX)
		return mistake_at(l, event, "too many values for a configuration file");
	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = CONFIG_SCALAR;
		node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		return take_text(l, event, &node->text);
	case YAML_SEQUENCE_START_EVENT:
		node->kind = CONFIG_SEQUENCE;
		return read_children(l, node, depth + 1);
	case YAML_MAPPING_START_EVENT:
		node->kind = CONFIG_MAPPING;
		return read_children(l, node, depth + 1);
	}
	return mistake_at(l, event, "expected a value");
}

/* Take a key of a mapping; one that was given before is told. */
static int read_key(struct lines *l, const yaml_event_t *event, const struct config_node *mapping,
                    struct config_node *child)
{
	int rc;

	if (event->type != YAML_SCALAR_EVENT || has_tag_or_anchor(event))
		return mistake_at(l, event, "a key that is not text, expected 'key: value'");
	if (mapping->count > KEYS_MAX)
		return mistake_at(l, event, "too many keys in one mapping");
	rc = take_text(l, event, &child->key);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i + 1 < mapping->count; i++) {
		if (strcmp(mapping->children[i].key, child->key) == 0) {
			config_mistake(l->mistakes, child->line, NULL,
			               "'%.80s' is given twice, expected once (first in line %u)",
			               child->key, mapping->children[i].line);
			break;
		}
	}
	return 0;
}

static bool is_repeated(const struct config_node *mapping)
{
	const struct config_node *last = &mapping->children[mapping->count - 1];

	return config_lines_get(mapping, last->key) != last;
}

static int read_child(struct lines *l, yaml_event_t *event, struct config_node *node,
                      unsigned depth)
{
	struct config_node *child = add_child(node);
	int rc;

	if (!child)
		return -ENOMEM;
	child->line = line_of(&event->start_mark);
	if (node->kind == CONFIG_SEQUENCE)
		return read_value(l, event, child, depth);
	rc = read_key(l, event, node, child);
	if (rc < 0)
		return rc;
	yaml_event_delete(event);
	memset(event, 0, sizeof(*event));
	rc = next(l, event);
	if (rc == 0)
		rc = read_value(l, event, child, depth);
	if (rc == 0 && is_repeated(node))
		node_done(&node->children[--node->count]);
	return rc;
}

/* Read the entries of a sequence or mapping up to its end. */
static int read_children(struct lines *l, struct config_node *node, unsigned depth)
{
	int rc = 0;

	for (bool is_end = false; rc == 0 && !is_end;) {
		yaml_event_t event = {0};

		rc = next(l, &event);
		if (rc < 0)
			break;
		is_end =
		    event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
		if (!is_end)
			rc = read_child(l, &event, node, depth);
		yaml_event_delete(&event);
	}
	return rc;
}

/* Stream start, document start, the value, document end, stream end: and nothing else. */
static int read_document(struct lines *l, struct config_node *root)
{
	int rc = 0;

	for (bool is_end = false; rc == 0 && !is_end;) {
		yaml_event_t event = {0};

		rc = next(l, &event);
		if (rc < 0)
			break;
		switch ((int)event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (root->line)
				rc = mistake_at(l, &event, "a second document, expected one");
			break;
		case YAML_STREAM_END_EVENT:
			is_end = true;
			break;
		default:
			root->line = line_of(&event.start_mark);
			rc = read_value(l, &event, root, 0);
		}
		yaml_event_delete(&event);
	}
	return rc;
}

struct config_node *config_lines_read(const void *bytes, size_t size, struct config_mistakes *m)
{
	struct lines l = {.bytes = bytes, .size = size, .mistakes = m};
	struct config_node *root = calloc(1, sizeof(*root));
	int rc = -ENOMEM;

	if (!root || !yaml_parser_initialize(&l.parser))
		goto undo;
	yaml_parser_set_input_string(&l.parser, bytes, size);
	rc = read_document(&l, root);
	yaml_parser_delete(&l.parser);
	if (rc == 0 && root->line == 0) {
		config_mistake(m, 0, NULL, "empty, expected at least the keys lists and zones");
		rc = -EINVAL;
	}
	if (rc == 0)
		return root;
undo:
	config_lines_free(root);
	errno = -rc;
	return NULL;
}

void config_lines_free(struct config_node *root)
{
	if (!root)
		return;
	node_done(root);
	free(root);
}

const struct config_node *config_lines_get(const struct config_node *node, const char *key)
{
	if (!node || node->kind != CONFIG_MAPPING)
		return NULL;
	for (unsigned i = 0; i < node->count; i++)
		if (strcmp(node->children[i].key, key) == 0)
			return &node->children[i];
	return NULL;
}
