/* bind: reads a map of a document into a struct, row by row of a table, with every error at its
 * place. Services and the language's own rooms (traffic, steps, retry, ...) are read by the same
 * few functions: bind_rows fills the struct, bind_keys refuses what no table knows. Nothing stops
 * at the first error. */
#ifndef ARCHSIM_SCENARIO_BIND_H
#define ARCHSIM_SCENARIO_BIND_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/scenario/diag.h"
#include "sim/scenario/document.h"
#include "sim/scenario/param.h"
#include "sim/scenario/quantity.h"

struct binder {
    struct arena *arena; /* of the scenario: what is read lives there */
    struct diag *diag;
    const char *directory; /* of the scenario file */
};

/* A table of keys that stand side by side in one map. */
struct room {
    const char *name; /* of its definition in the schema */
    const struct param *rows;
    uint32_t count;
};

/* Fills the fields of all rows: given, default or "not given". `path` names the map in messages
 * ("services.app"). A group that is absent asks for nothing; one that is given needs its REQUIRED
 * rows. What names services is only looked at for presence: see targets.c. True without errors. */
bool bind_rows(const struct binder *binder, const struct room *room, struct node *map,
               const char *path, void *out);
/* An error, with the nearest name, for each key of the map that none of the rooms has. */
bool bind_keys(const struct binder *binder, struct node *map, const char *path,
               const struct room *const *rooms, uint32_t rooms_count);

/* The node of a key such as "room" or "failure.mtbf"; null if absent. */
struct node *bind_find(struct node *map, const char *key);
/* The place of a mistake within a scalar; of an entry of a map as a whole: its key. */
struct place bind_place(const struct node *node, uint32_t offset);
struct place bind_key_place(const struct node *node);

/* Reports what was wrong with a scalar, or with the part of it that begins at character `begin`;
 * `intro` (may be "") goes before. A file that could not be read makes the exit code 4. */
void bind_mistake(const struct binder *binder, const struct node *node, uint32_t begin,
                  const char *intro, const struct quantity_error *error);
/* The same for a file that the scenario names. */
void bind_unreadable(const struct binder *binder, const struct node *node, const char *what,
                     const char *why);

/* False with an error "`what` is ..., not a list" unless the node is of that kind. */
bool bind_kind(const struct binder *binder, const struct node *node, enum node_kind kind,
               const char *what, const char *expected);
/* Names of services, traffic, operations and faults: [A-Za-z_][A-Za-z0-9_-]*; else false with an
 * error. */
bool bind_name(const struct binder *binder, const char *name, struct place place, const char *what);
/* "did you mean 'x'?", or null. The names are not kept. */
const char *bind_hint(const struct binder *binder, const char *given, const char *const *names,
                      size_t count);
/* The same, or else `intro` and the names themselves, of which the first dozen are shown. */
const char *bind_hint_list(const struct binder *binder, const char *given, const char *intro,
                           const char *const *names, size_t count);
/* The user's text for a message: cut where it is long. */
const char *bind_quote(const struct binder *binder, const char *text);

#endif
