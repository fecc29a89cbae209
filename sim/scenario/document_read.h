/* document_read: the reader behind document_read_text and document_set. */
#ifndef ARCHSIM_SCENARIO_DOCUMENT_READ_H
#define ARCHSIM_SCENARIO_DOCUMENT_READ_H

#include "sim/scenario/document.h"

struct document_source {
    const char *file; /* of the places */
    const char *text;
    size_t length;
    uint32_t column; /* what stands before the text on its first line, in characters */
    uint32_t depth;  /* levels that the tree has above the root */
    bool flow;       /* only flow style: scalars, [] and {} */
};

/* The one document of the text: a node of any kind, an empty scalar if there is none. Null with
 * errors in diag; errors that left no hole in it (a duplicate key, a torn value, a tag) come with
 * the document, so that the rest can be checked too. The caller has made the source known to
 * diag. */
struct node *document_parse(const struct document_source *source, struct arena *arena,
                            struct diag *diag);

/* Is the text what libyaml can read, printable UTF-8? Else an error at the first character that
 * is not. */
bool document_check_text(const struct document_source *source, struct diag *diag);
/* The same for a scalar, whose escapes ("\e") may hide what the text does not show, and its
 * length. */
bool document_check_scalar(const char *text, size_t length, struct place place, struct diag *diag);
/* In {} and [] YAML tears `f(a=1, b=2)` into pieces at the commas: says so, and puts them
 * together again, so that one mistake makes one message. For a flow list or map whose children
 * are all there. Returns how many it told of. */
uint32_t document_mend(struct node *node, struct arena *arena, struct diag *diag);
/* Errors for keys that stand in a map twice; the first one stays. Returns how many it told of. */
uint32_t document_check_keys(struct node *map, struct diag *diag);

#endif
