/* document: reading files, and looking nodes up. */
#include "sim/scenario/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/scenario/document_read.h"

/* Reads a stream to its end, at most DOCUMENT_BYTES_MAX + 1 bytes. The buffer is to be freed. */
static char *document_slurp(FILE *stream, size_t *length)
{
    char *buffer = NULL;
    size_t capacity = 0;
    *length = 0;
    while (*length <= DOCUMENT_BYTES_MAX) {
        if (*length == capacity) {
            capacity = capacity == 0 ? 64 << 10 : 2 * capacity;
            capacity = capacity > DOCUMENT_BYTES_MAX ? DOCUMENT_BYTES_MAX + 1 : capacity;
            buffer = memory_resize(buffer, capacity, 1);
        }
        size_t got = fread(buffer + *length, 1, capacity - *length, stream);
        if (got == 0)
            break;
        *length += got;
    }
    return buffer;
}

static bool document_check_size(const char *name, size_t length, struct diag *diag)
{
    if (length <= DOCUMENT_BYTES_MAX)
        return true;
    diag_error(diag, (struct place){.file = name}, "a scenario file has at most %d MiB",
               DOCUMENT_BYTES_MAX >> 20);
    return false;
}

const char *document_file_text(const char *path, struct arena *arena, size_t *length,
                               struct diag *diag)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *stream = standard ? stdin : fopen(path, "rb");
    if (!stream) {
        diag_unreadable(diag, path, "cannot open the file: %s", strerror(errno));
        return NULL;
    }
    const char *text = NULL;
    errno = 0;
    char *buffer = document_slurp(stream, length);
    if (ferror(stream))
        diag_unreadable(diag, path, "cannot read the file: %s", strerror(errno));
    else if (document_check_size(path, *length, diag))
        text = arena_text(arena, buffer, *length);
    free(buffer);
    if (!standard)
        fclose(stream);
    return text;
}

struct node *document_read_file(const char *path, struct arena *arena, struct diag *diag)
{
    size_t length;
    const char *text = document_file_text(path, arena, &length, diag);
    return text ? document_read_text(path, text, length, arena, diag) : NULL;
}

struct node *document_read_text(const char *name, const char *text, size_t length,
                                struct arena *arena, struct diag *diag)
{
    if (!document_check_size(name, length, diag))
        return NULL;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    diag_add_source(diag, name, text, length);
    struct document_source source = {.file = name, .text = text, .length = length};
    struct node *root = document_parse(&source, arena, diag);
    if (!root || root->kind == NODE_MAP)
        return root;
    if (root->kind == NODE_SCALAR && root->text[0] == '\0' && !root->quoted)
        diag_error(diag, (struct place){.file = name},
                   "the file is empty: expected a map of keys such as 'archsim: 1'");
    else
        diag_error(diag, root->place, "expected a map of keys such as 'archsim: 1', not a %s",
                   root->kind == NODE_LIST ? "list" : "single value");
    return NULL;
}

struct node *node_get(struct node *map, const char *key)
{
    if (map->kind != NODE_MAP)
        return NULL;
    for (struct node *child = map->first; child; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            child->used = true;
            return child;
        }
    }
    return NULL;
}

struct node *node_at(const struct node *node, uint32_t index)
{
    struct node *child = node->kind == NODE_SCALAR ? NULL : node->first;
    while (child && index-- > 0)
        child = child->next;
    return child;
}
