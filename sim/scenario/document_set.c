/* document_set: `--set a.b.0.c=VALUE`. The value is read first, then put in place: an argument with
 * errors changes nothing but, at most, adds empty maps on its way. */
#include <string.h>

#include "sim/scenario/document_read.h"
#include "sim/scenario/utf8.h"

/* One name or index of the path, as it stands in the argument. */
struct document_segment {
    const char *text;
    size_t length;
    struct place place;
};

static struct document_segment document_segment_next(const char *file, const char *assignment,
                                                     const char *at)
{
    size_t length = strcspn(at, ".=");
    return (struct document_segment){
        .text = at,
        .length = length,
        .place = {.file = file,
                  .line = 1,
                  .column = utf8_count(assignment, (size_t)(at - assignment)) + 1,
                  .width = utf8_count(at, length)},
    };
}

static struct node *document_set_append(struct node *parent, const struct document_segment *segment,
                                        struct arena *arena)
{
    struct node *child = arena_alloc(arena, sizeof(*child));
    *child = (struct node){.kind = NODE_SCALAR, .text = "", .place = segment->place};
    if (parent->kind == NODE_MAP) {
        child->key = arena_text(arena, segment->text, segment->length);
        child->key_place = segment->place;
    }
    struct node **link = &parent->first;
    while (*link)
        link = &(*link)->next;
    *link = child;
    parent->count++;
    return child;
}

static struct node *document_set_item(struct node *list, const struct document_segment *segment,
                                      struct arena *arena, struct diag *diag)
{
    uint32_t index = 0;
    bool number = segment->length > 0 && segment->length <= 6;
    for (size_t i = 0; number && i < segment->length; i++) {
        number = segment->text[i] >= '0' && segment->text[i] <= '9';
        index = index * 10 + (uint32_t)(segment->text[i] - '0');
    }
    if (number && index < list->count)
        return node_at(list, index);
    if (number && index == list->count)
        return document_set_append(list, segment, arena);
    diag_error(diag, segment->place, "expected the index of a list item, 0 to %u (which adds one)",
               list->count);
    return NULL;
}

static bool document_is_name(const struct document_segment *segment)
{
    for (size_t i = 0; i < segment->length; i++) {
        char c = segment->text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool later = (c >= '0' && c <= '9') || c == '-';
        if (!letter && !(later && i > 0))
            return false;
    }
    return segment->length > 0;
}

/* The child that a segment names; absent ones are added (as empty scalars, which become what the
 * next segment or the value makes of them). */
static struct node *document_set_step(struct node *parent, const struct document_segment *segment,
                                      struct arena *arena, struct diag *diag)
{
    if (parent->kind == NODE_SCALAR && parent->text[0] == '\0' && !parent->quoted) {
        /* `services:` with nothing behind it, or just added; an index makes a list of it */
        const bool first = segment->length == 1 && segment->text[0] == '0';
        parent->kind = first ? NODE_LIST : NODE_MAP;
    }
    if (parent->kind == NODE_LIST)
        return document_set_item(parent, segment, arena, diag);
    if (!document_is_name(segment)) {
        diag_error(diag, segment->place, "expected a key such as 'timeout'");
        return NULL;
    }
    if (parent->kind == NODE_SCALAR) {
        diag_error(diag, segment->place, "what stands before '%.*s' is a single value, not a map",
                   (int)segment->length, segment->text);
        return NULL;
    }
    for (struct node *child = parent->first; child; child = child->next)
        if (strlen(child->key) == segment->length &&
            memcmp(child->key, segment->text, segment->length) == 0)
            return child;
    return document_set_append(parent, segment, arena);
}

/* Gives the node at the place of `to` the content of `from`. */
static void document_set_replace(struct node *to, const struct node *from)
{
    struct node old = *to;
    *to = *from;
    to->key = old.key;
    to->key_place = old.key_place;
    to->next = old.next;
}

bool document_set(struct node *root, const char *assignment, struct arena *arena, struct diag *diag)
{
    const char *file =
        arena_text(arena, "--set", 5); /* a pointer of its own: see diag_add_source */
    size_t length = strlen(assignment), path_length = strcspn(assignment, "=");
    diag_add_source(diag, file, assignment, length);
    struct place whole = {.file = file, .line = 1, .column = 1};
    if (length > DOCUMENT_SCALAR_MAX || path_length == length) {
        diag_error(diag, whole,
                   length > DOCUMENT_SCALAR_MAX ? "an override has at most 64 KiB"
                                                : "expected PATH=VALUE");
        return false;
    }
    uint32_t segments_count = 1;
    for (size_t i = 0; i < path_length; i++)
        segments_count += assignment[i] == '.';
    const struct document_source source = {
        .file = file,
        .text = assignment + path_length + 1,
        .length = length - path_length - 1,
        .column = utf8_count(assignment, path_length + 1),
        .depth = segments_count,
        .flow = true,
    };
    if (segments_count >= DOCUMENT_DEPTH_MAX) {
        diag_error(diag, whole, "lists and maps nest at most %d deep", DOCUMENT_DEPTH_MAX);
        return false;
    }
    const uint32_t errors_before = diag->errors_count;
    const struct node *value = document_parse(&source, arena, diag);
    if (!value || diag->errors_count != errors_before)
        return false;
    struct node *node = root;
    const char *at = assignment;
    for (uint32_t i = 0; i < segments_count; i++) {
        struct document_segment segment = document_segment_next(file, assignment, at);
        node = document_set_step(node, &segment, arena, diag);
        if (!node)
            return false;
        at += segment.length + 1;
    }
    document_set_replace(node, value);
    return true;
}
