/* document: a YAML file as a tree of nodes, each with its place; bounded and strict. Only what
 * the scenario language allows gets through: one document, string keys, no duplicate keys, no
 * merge keys, no tags, aliases expanded within a budget, depth, size and scalars bounded, valid
 * UTF-8. Scalars stay text: their meaning is the reader's (quantity.h), so 'no' is never false. */
#ifndef ARCHSIM_SCENARIO_DOCUMENT_H
#define ARCHSIM_SCENARIO_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/diag.h"

enum {
    DOCUMENT_BYTES_MAX = 4 << 20,
    DOCUMENT_DEPTH_MAX = 64,
    DOCUMENT_NODES_MAX = 200000, /* aliases expanded */
    DOCUMENT_SCALAR_MAX = 64 << 10,
    DOCUMENT_ANCHORS_MAX = 256,
};

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    bool quoted;        /* scalar written in quotes (means the same; for messages) */
    bool used;          /* map entry: some reader asked for it (what is left is an unknown key) */
    struct place place; /* of the value */
    const char *key;    /* in a map: the key's text, else null */
    struct place key_place;
    const char *text;   /* scalar: terminated, never null; "" for an empty value */
    struct node *first; /* list, map: children in order */
    struct node *next;  /* sibling */
    uint32_t count;     /* list, map: children */
};

/* Reads a file ("-": standard input) or the given text. Returns the root map, or null with errors;
 * after errors that left no hole (a duplicate key, of which the first stays; a torn value, put
 * together; a tag, ignored) the root map too, so that all that is wrong is told at once.
 * Nodes and their text live in the arena; `path` or `name` is borrowed by their places. */
struct node *document_read_file(const char *path, struct arena *arena, struct diag *diag);
struct node *document_read_text(const char *name, const char *text, size_t length,
                                struct arena *arena, struct diag *diag);

/* The whole text of a file ("-": standard input), terminated, in the arena; null with an error.
 * To read and keep a scenario: document_file_text, then document_read_text, which is what
 * document_read_file does. */
const char *document_file_text(const char *path, struct arena *arena, size_t *length,
                               struct diag *diag);

/* The child of that key, marked used; null if absent. */
struct node *node_get(struct node *map, const char *key);
/* The i-th child of a list or map, null beyond. */
struct node *node_at(const struct node *node, uint32_t index);

/* --set PATH=VALUE: replaces or adds a leaf below root, creating maps on the way; list items go by
 * index ("calls.0.timeout"); VALUE is YAML flow text ("2GiB", "[a, b]", "{rate: 5/s}").
 * Places of new nodes have file "--set" and point into the whole argument. What an error leaves is
 * a tree that can still be read. */
bool document_set(struct node *root, const char *assignment, struct arena *arena,
                  struct diag *diag);

#endif
