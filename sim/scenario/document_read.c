/* document_read: libyaml's events become a tree, with a stack instead of recursion. libyaml
 * checks syntax only, and takes quadratic time in depth: so depth, size, duplicate keys, aliases
 * and what the language leaves out are refused here, as the events come. */
#include "sim/scenario/document_read.h"

#include <string.h>
#include <yaml.h>

#include "sim/scenario/utf8.h"

struct document_anchor {
    const char *name;
    struct node *node;
    bool open; /* its node is still being read */
};

/* A collection that is being read. */
struct document_level {
    struct node *node;
    struct node *last; /* child */
    bool flow, has_key;
    bool drop; /* the key was refused: its value is read, but not kept */
    const char *key;
    struct place key_place;
    int32_t anchor; /* index, -1: none */
};

struct document_reader {
    const struct document_source *source;
    struct arena *arena;
    struct diag *diag;
    yaml_parser_t parser;
    struct node *root;
    struct document_level levels[DOCUMENT_DEPTH_MAX];
    uint32_t depth;
    uint32_t nodes_count;
    struct document_anchor anchors[DOCUMENT_ANCHORS_MAX];
    int32_t anchors_count;
    uint32_t mended; /* errors that left no hole: the rest can be checked */
    bool stop;       /* an error after which nothing more can be said */
};

static struct place document_place(const struct document_reader *reader, const yaml_mark_t *start,
                                   const yaml_mark_t *end)
{
    return (struct place){
        .file = reader->source->file,
        .line = (uint32_t)start->line + 1,
        .column = (uint32_t)start->column + 1 + (start->line == 0 ? reader->source->column : 0),
        .width = end && end->line == start->line ? (uint32_t)(end->column - start->column) : 0,
    };
}

/* Counts a node against the budget; false once it is spent. */
static bool document_count(struct document_reader *reader, struct place place)
{
    if (reader->stop)
        return false;
    if (reader->nodes_count++ < DOCUMENT_NODES_MAX)
        return true;
    diag_error(reader->diag, place, "a scenario has at most %d values, aliases expanded",
               DOCUMENT_NODES_MAX);
    reader->stop = true;
    return false;
}

/* Links a finished or opened node below the open level, or makes it the root. */
static void document_attach(struct document_reader *reader, struct node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    struct document_level *level = &reader->levels[reader->depth - 1];
    bool drop = level->node->kind == NODE_MAP && level->drop;
    node->key = level->key;
    node->key_place = level->key_place;
    level->has_key = false;
    level->key = NULL;
    level->drop = false;
    if (drop)
        return;
    *(level->last ? &level->last->next : &level->node->first) = node;
    level->last = node;
    level->node->count++;
}

static bool document_expects_key(const struct document_reader *reader)
{
    if (reader->depth == 0)
        return false;
    const struct document_level *level = &reader->levels[reader->depth - 1];
    return level->node->kind == NODE_MAP && !level->has_key;
}

/* Takes an event at the place of a key that is none: its value will be read and dropped. */
static void document_refuse_key(struct document_reader *reader, struct place place,
                                const char *text)
{
    struct document_level *level = &reader->levels[reader->depth - 1];
    diag_error(reader->diag, place, "%s", text);
    level->has_key = true;
    level->drop = true;
}

static void document_anchor_add(struct document_reader *reader, const yaml_char_t *name,
                                struct node *node, bool open, struct place place)
{
    if (!name)
        return;
    if (reader->anchors_count == DOCUMENT_ANCHORS_MAX) {
        diag_error(reader->diag, place, "a scenario has at most %d anchors", DOCUMENT_ANCHORS_MAX);
        reader->stop = true;
        return;
    }
    const char *text = (const char *)name;
    reader->anchors[reader->anchors_count++] = (struct document_anchor){
        .name = arena_text(reader->arena, text, strlen(text)), .node = node, .open = open};
}

static void document_on_key(struct document_reader *reader, const yaml_event_t *event,
                            size_t length, struct place place)
{
    const char *text = (const char *)event->data.scalar.value;
    struct document_level *level = &reader->levels[reader->depth - 1];
    if (event->data.scalar.anchor) {
        document_refuse_key(reader, place, "a key cannot have an anchor");
    } else if (event->data.scalar.plain_implicit && strcmp(text, "<<") == 0) {
        document_refuse_key(reader, place, "merge keys ('<<') are not part of the language");
    } else if (event->data.scalar.length == 0) {
        document_refuse_key(reader, place, "expected a key before ':'");
    } else {
        level->key = arena_text(reader->arena, text, length);
        level->key_place = place;
        level->has_key = true;
        level->drop = length == 0; /* a key that was refused already */
    }
}

static void document_on_scalar(struct document_reader *reader, const yaml_event_t *event,
                               struct place place)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!document_check_scalar(text, length, place, reader->diag))
        length = 0;
    if (document_expects_key(reader)) {
        document_on_key(reader, event, length, place);
        return;
    }
    if (!document_count(reader, place))
        return;
    struct node *node = arena_alloc(reader->arena, sizeof(*node));
    *node = (struct node){.kind = NODE_SCALAR,
                          .quoted = quoted,
                          .place = place,
                          .text = arena_text(reader->arena, text, length)};
    document_attach(reader, node);
    document_anchor_add(reader, event->data.scalar.anchor, node, false, place);
}

static void document_on_start(struct document_reader *reader, enum node_kind kind, bool flow,
                              const yaml_char_t *anchor, struct place place)
{
    if (reader->source->depth + reader->depth >= DOCUMENT_DEPTH_MAX) {
        diag_error(reader->diag, place, "lists and maps nest at most %d deep", DOCUMENT_DEPTH_MAX);
        reader->stop = true;
        return;
    }
    if (reader->source->flow && !flow) {
        diag_error(reader->diag, place, "expected a value, [a, b] or {key: value}");
        reader->stop = true;
        return;
    }
    if (!document_count(reader, place))
        return;
    struct node *node = arena_alloc(reader->arena, sizeof(*node));
    *node = (struct node){.kind = kind, .place = place};
    int32_t anchor_index = anchor ? reader->anchors_count : -1;
    if (document_expects_key(reader))
        document_refuse_key(reader, place, "a key is a word, not a list or a map");
    else
        document_attach(reader, node);
    document_anchor_add(reader, anchor, node, true, place);
    reader->levels[reader->depth++] =
        (struct document_level){.node = node, .flow = flow, .anchor = anchor_index};
}

static void document_on_end(struct document_reader *reader)
{
    struct document_level *level = &reader->levels[--reader->depth];
    if (level->flow)
        reader->mended += document_mend(level->node, reader->arena, reader->diag);
    if (level->node->kind == NODE_MAP)
        reader->mended += document_check_keys(level->node, reader->diag);
    if (level->anchor >= 0)
        reader->anchors[level->anchor].open = false;
}

/* A copy of a node and all below it; `depth` levels are above it. Recursion is bounded by the
 * depth. */
static struct node *document_copy(struct document_reader *reader, const struct node *from,
                                  uint32_t depth, struct place alias)
{
    if (!document_count(reader, alias))
        return NULL;
    if (from->kind != NODE_SCALAR && depth >= DOCUMENT_DEPTH_MAX) {
        diag_error(reader->diag, alias, "lists and maps nest at most %d deep, aliases expanded",
                   DOCUMENT_DEPTH_MAX);
        reader->stop = true;
        return NULL;
    }
    struct node *to = arena_alloc(reader->arena, sizeof(*to));
    *to = *from;
    to->first = to->next = NULL;
    struct node **link = &to->first;
    for (const struct node *child = from->first; child; child = child->next) {
        *link = document_copy(reader, child, depth + 1, alias);
        if (!*link)
            return NULL;
        link = &(*link)->next;
    }
    return to;
}

static void document_on_alias(struct document_reader *reader, const char *name, struct place place)
{
    int32_t i = reader->anchors_count - 1;
    while (i >= 0 && strcmp(reader->anchors[i].name, name) != 0)
        i--;
    if (document_expects_key(reader)) {
        document_refuse_key(reader, place, "a key is a word, not an alias");
        return;
    }
    if (i >= 0 && !reader->anchors[i].open) {
        struct node *copy = document_copy(reader, reader->anchors[i].node,
                                          reader->source->depth + reader->depth, place);
        if (copy)
            document_attach(reader, copy);
        return;
    }
    if (i < 0)
        diag_error(reader->diag, place,
                   "unknown alias '*%.100s': expected an anchor '&%.100s' before it", name, name);
    else
        diag_error(reader->diag, place, "the alias '*%.100s' stands inside its own anchor", name);
    reader->stop = true;
}

static void document_refuse_tag(struct document_reader *reader, const yaml_char_t *tag,
                                struct place place)
{
    if (!tag)
        return;
    diag_error(reader->diag, place, "tags ('!...') are not part of the language");
    reader->mended++;
}

/* One event; false when it was the last. */
static bool document_on_event(struct document_reader *reader, const yaml_event_t *event)
{
    struct place place = document_place(reader, &event->start_mark, &event->end_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (!reader->root)
            return true;
        diag_error(reader->diag, place, "a second document starts here: a scenario is one");
        return false;
    case YAML_SCALAR_EVENT:
        document_refuse_tag(reader, event->data.scalar.tag, place);
        document_on_scalar(reader, event, place);
        break;
    case YAML_SEQUENCE_START_EVENT:
        document_refuse_tag(reader, event->data.sequence_start.tag, place);
        document_on_start(reader, NODE_LIST,
                          event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
                          event->data.sequence_start.anchor, place);
        break;
    case YAML_MAPPING_START_EVENT:
        document_refuse_tag(reader, event->data.mapping_start.tag, place);
        document_on_start(reader, NODE_MAP,
                          event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
                          event->data.mapping_start.anchor, place);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        document_on_end(reader);
        break;
    case YAML_ALIAS_EVENT:
        document_on_alias(reader, (const char *)event->data.alias.anchor, place);
        break;
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return !reader->stop;
}

/* What libyaml found wrong, where it can be said better than it does. */
static const char *document_syntax_hint(const struct document_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (strstr(parser->problem, "cannot start any token")) {
        /* the mark counts characters: find the byte */
        size_t at = 0;
        for (size_t i = 0; i < parser->problem_mark.index && at < reader->source->length; i++) {
            uint32_t code;
            size_t size =
                utf8_decode(reader->source->text + at, reader->source->length - at, &code);
            at += size > 0 ? size : 1;
        }
        bool tab = at < reader->source->length && reader->source->text[at] == '\t';
        return tab ? "indent with spaces, not with tabs" : "a value that begins so needs quotes";
    }
    if (strstr(parser->problem, "mapping values are not allowed"))
        return "a value that contains ': ' needs quotes";
    return NULL;
}

/* Where the text ends, but for blanks: libyaml's mark for it is the line after the last. */
static struct place document_end_place(const struct document_source *source)
{
    size_t length = source->length, start;
    while (length > 0 && strchr(" \t\r\n", source->text[length - 1]))
        length--;
    struct place place = {.file = source->file, .line = 1};
    for (start = length;
         start > 0 && source->text[start - 1] != '\n' && source->text[start - 1] != '\r';)
        start--;
    for (size_t at = 0; at < start; at++)
        place.line +=
            source->text[at] == '\n' || (source->text[at] == '\r' && source->text[at + 1] != '\n');
    place.column = utf8_count(source->text + start, length - start) + 1;
    place.column += place.line == 1 ? source->column : 0;
    return place;
}

static void document_syntax_error(struct document_reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        fatal("out of memory while reading %s", reader->source->file);
    const struct document_source *source = reader->source;
    bool end = parser->problem_mark.index >= utf8_count(source->text, source->length);
    struct place place =
        end ? document_end_place(source) : document_place(reader, &parser->problem_mark, NULL);
    diag_error_hint(reader->diag, place, document_syntax_hint(reader), "not YAML: %s",
                    parser->problem);
    if (parser->context && parser->context_mark.index < parser->problem_mark.index)
        diag_note(reader->diag, document_place(reader, &parser->context_mark, NULL), "%s",
                  parser->context);
}

static void document_run(struct document_reader *reader)
{
    bool more = true;
    while (more) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event)) {
            document_syntax_error(reader);
            return;
        }
        more = document_on_event(reader, &event);
        yaml_event_delete(&event);
    }
}

struct node *document_parse(const struct document_source *source, struct arena *arena,
                            struct diag *diag)
{
    uint32_t errors_before = diag->errors_count;
    if (!document_check_text(source, diag))
        return NULL;
    struct document_reader reader = {.source = source, .arena = arena, .diag = diag};
    if (!yaml_parser_initialize(&reader.parser))
        fatal("out of memory while reading %s", source->file);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)source->text,
                                 source->length);
    document_run(&reader);
    yaml_parser_delete(&reader.parser);
    if (diag->errors_count - errors_before > reader.mended)
        return NULL;
    if (!reader.root) {
        reader.root = arena_alloc(arena, sizeof(*reader.root));
        reader.root->text = "";
        reader.root->place =
            (struct place){.file = source->file, .line = 1, .column = 1 + source->column};
    }
    return reader.root;
}
