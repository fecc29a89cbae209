/* bind: from the nodes of a document to the fields of a struct, by tables. */
#include "sim/scenario/bind.h"

#include <assert.h>
#include <string.h>

enum { BIND_LIST_MAX = 24, BIND_QUOTE_MAX = 64 };

static const char *const bind_kind_names[] = {
    [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAP] = "a map"};

struct place bind_place(const struct node *node, uint32_t offset)
{
    struct place place = node->place;
    if (offset > 0) {
        place.column += offset + (node->quoted ? 1 : 0);
        place.width = 1;
    }
    return place;
}

struct place bind_key_place(const struct node *node)
{
    return node->key != NULL ? node->key_place : node->place;
}

void bind_mistake(const struct binder *binder, const struct node *node, uint32_t begin,
                  const char *intro, const struct quantity_error *error)
{
    diag_error(binder->diag, bind_place(node, begin + error->offset), "%s%s", intro, error->text);
    if (error->unreadable)
        binder->diag->exit_code = DIAG_EXIT_WORK;
}

void bind_unreadable(const struct binder *binder, const struct node *node, const char *what,
                     const char *why)
{
    diag_error(binder->diag, node->place, "cannot read %s: %s", what, why);
    binder->diag->exit_code = DIAG_EXIT_WORK;
}

bool bind_kind(const struct binder *binder, const struct node *node, enum node_kind kind,
               const char *what, const char *expected)
{
    if (node->kind == kind)
        return true;
    const bool empty = node->kind == NODE_SCALAR && node->text[0] == '\0' && !node->quoted;
    diag_error(binder->diag, empty ? bind_key_place(node) : node->place, "%s is %s, not %s", what,
               expected, empty ? "empty" : bind_kind_names[node->kind]);
    return false;
}

bool bind_name(const struct binder *binder, const char *name, struct place place, const char *what)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    static const char others[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789-";
    if (strspn(name, letters) > 0 && name[strspn(name, others)] == '\0')
        return true;
    diag_error(binder->diag, place,
               "'%s' is not a name for %s: names are letters, digits, _ and -, "
               "beginning with a letter or _",
               bind_quote(binder, name), what);
    return false;
}

const char *bind_hint(const struct binder *binder, const char *given, const char *const *names,
                      size_t count)
{
    const char *nearest = diag_nearest(given, names, count);
    return nearest == NULL ? NULL : arena_printf(binder->arena, "did you mean '%s'?", nearest);
}

const char *bind_hint_list(const struct binder *binder, const char *given, const char *intro,
                           const char *const *names, size_t count)
{
    const char *hint = bind_hint(binder, given, names, count);
    if (hint != NULL || count == 0)
        return hint;
    hint = intro;
    for (size_t i = 0; i < count && i < BIND_LIST_MAX; i++)
        hint = arena_printf(binder->arena, "%s%s%s", hint, i == 0 ? " " : ", ", names[i]);
    return count <= BIND_LIST_MAX ? hint : arena_printf(binder->arena, "%s, ...", hint);
}

const char *bind_quote(const struct binder *binder, const char *text)
{
    size_t length = strlen(text);
    if (length <= BIND_QUOTE_MAX)
        return text;
    length = BIND_QUOTE_MAX - 3;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) /* not inside a character */
        length--;
    return arena_printf(binder->arena, "%.*s...", (int)length, text);
}

/* The length of the group's name in "failure.mtbf", 0 for a plain key. */
static size_t bind_group(const char *key)
{
    const char *dot = strchr(key, '.');
    return dot == NULL ? 0 : (size_t)(dot - key);
}

static struct node *bind_child(struct node *map, const char *key, size_t length)
{
    for (struct node *child = map->first; child != NULL; child = child->next)
        if (strlen(child->key) == length && memcmp(child->key, key, length) == 0)
            return child;
    return NULL;
}

struct node *bind_find(struct node *map, const char *key)
{
    const size_t group = bind_group(key);
    if (group > 0) {
        map = bind_child(map, key, group);
        key += group + 1;
        if (map == NULL || map->kind != NODE_MAP)
            return NULL;
    }
    return bind_child(map, key, strlen(key));
}

static void bind_store_default(const struct binder *binder, const struct param *row, void *out)
{
    struct param_context context = {.arena = binder->arena, .directory = binder->directory};
    struct quantity_error error;
    param_clear(row, out);
    if (row->fallback == NONE || strcmp(row->fallback, REQUIRED) == 0 || row->kind == PARAM_NODE ||
        row->kind == PARAM_LIST || param_refers(row->kind))
        return;
    const bool parsed = param_parse(row, row->fallback, &context, out, &error);
    assert(parsed);
}

static bool bind_missing(const struct binder *binder, const struct param *row, struct node *map,
                         const char *path)
{
    const size_t group = bind_group(row->key);
    const char *key = group > 0 ? row->key + group + 1 : row->key;
    if (group > 0) {
        map = bind_child(map, row->key, group);
        if (map == NULL || map->kind != NODE_MAP)
            return true;
        path = arena_printf(binder->arena, "%s.%.*s", path, (int)group, row->key);
    }
    diag_error(binder->diag, bind_key_place(map), "%s needs '%s': %s", path, key,
               row->kind == PARAM_NODE || row->kind == PARAM_TEXT
                   ? row->help
                   : param_expectation(row, binder->arena));
    return false;
}

static const char *bind_choice_hint(const struct binder *binder, const struct param *row,
                                    const char *given)
{
    const char *words[BIND_LIST_MAX];
    char word[64];
    uint32_t count = 0;
    for (; count < BIND_LIST_MAX && param_word(row, count, word, sizeof(word)); count++)
        words[count] = arena_text(binder->arena, word, strlen(word));
    return bind_hint(binder, given, words, count);
}

static bool bind_scalar(const struct binder *binder, const struct param *row, struct node *node,
                        const char *path, void *out)
{
    struct param_context context = {.arena = binder->arena, .directory = binder->directory};
    struct quantity_error error;
    const char *const what = arena_printf(binder->arena, "'%s'", row->key);
    if (!bind_kind(binder, node, NODE_SCALAR, what, param_expectation(row, binder->arena)))
        return false;
    if (node->text[0] == '\0') {
        diag_error(binder->diag, bind_key_place(node), "%s is empty: expected %s", what,
                   param_expectation(row, binder->arena));
        return false;
    }
    if (!param_parse(row, node->text, &context, out, &error)) {
        if (row->kind == PARAM_CHOICE)
            diag_error_hint(binder->diag, node->place, bind_choice_hint(binder, row, node->text),
                            "'%s': %s", row->key, error.text);
        else
            bind_mistake(binder, node, 0, arena_printf(binder->arena, "%s: ", what), &error);
        return false;
    }
    if (context.heavy_tail)
        diag_warning(binder->diag, node->place, "heavy_tail",
                     arena_printf(binder->arena, "%s.%s", path, row->key),
                     "its tail is so heavy that intervals of means cover too little");
    return true;
}

/* "a map of mtbf, mttr, ..." */
static const char *bind_members(const struct binder *binder, const struct room *room,
                                const char *group)
{
    const size_t length = strlen(group);
    const char *list = "a map of";
    bool first = true;
    for (uint32_t i = 0; i < room->count; i++) {
        const char *key = room->rows[i].key;
        if (bind_group(key) != length || memcmp(key, group, length) != 0)
            continue;
        list = arena_printf(binder->arena, "%s%s %s", list, first ? "" : ",", key + length + 1);
        first = false;
    }
    return list;
}

/* Its items, one struct after the other. */
static bool bind_list(const struct binder *binder, const struct param *row, struct node *node,
                      const char *path, void *out)
{
    const struct room room = {row->item->noun, row->item->rows, row->item->rows_count};
    const struct room *const rooms[] = {&room};
    struct list *list = (struct list *)(void *)((char *)out + row->offset);
    bool good = true;
    if (!bind_kind(binder, node, NODE_LIST, arena_printf(binder->arena, "'%s'", row->key),
                   param_expectation(row, binder->arena)))
        return false;
    if (node->count == 0) {
        diag_error(binder->diag, node->place, "'%s' is empty: expected %s", row->key,
                   param_expectation(row, binder->arena));
        return false;
    }
    char *items = arena_array(binder->arena, node->count, row->item->size);
    *list = (struct list){items, node->count};
    for (struct node *child = node->first; child != NULL; child = child->next) {
        const char *const inside =
            arena_printf(binder->arena, "%s.%s.%u", path, row->key,
                         (unsigned)((size_t)(items - (const char *)list->items) / row->item->size));
        if (bind_kind(binder, child, NODE_MAP, arena_printf(binder->arena, "a %s", room.name),
                      "a map")) {
            good = bind_rows(binder, &room, child, inside, items) && good;
            good = bind_keys(binder, child, inside, rooms, 1) && good;
        } else {
            good = false;
        }
        items += row->item->size;
    }
    return good;
}

bool bind_rows(const struct binder *binder, const struct room *room, struct node *map,
               const char *path, void *out)
{
    bool good = true;
    const char *wrong_group = NULL; /* said once */
    for (uint32_t i = 0; i < room->count; i++) {
        const struct param *row = &room->rows[i];
        const size_t length = bind_group(row->key);
        struct node *group = length == 0 ? NULL : bind_child(map, row->key, length);
        if (group != NULL && group->kind != NODE_MAP && wrong_group != group->key) {
            bind_kind(binder, group, NODE_MAP, arena_printf(binder->arena, "'%s'", group->key),
                      bind_members(binder, room, group->key));
            wrong_group = group->key;
            good = false;
        }
        struct node *node = bind_find(map, row->key);
        bind_store_default(binder, row, out);
        if (node == NULL) {
            if (row->fallback != NONE && strcmp(row->fallback, REQUIRED) == 0)
                good = bind_missing(binder, row, map, path) && good;
        } else if (row->kind == PARAM_NODE) {
            *(struct node **)((char *)out + row->offset) = node;
        } else if (row->kind == PARAM_LIST) {
            good = bind_list(binder, row, node, path, out) && good;
        } else if (!param_refers(row->kind)) {
            good = bind_scalar(binder, row, node, path, out) && good;
        }
    }
    return good;
}

/* Collects the names that may stand in the map (of a group: after its dot), each once. */
static uint32_t bind_names(const struct room *const *rooms, uint32_t rooms_count, const char *group,
                           struct arena *arena, const char ***names)
{
    uint32_t count = 0, capacity = 0;
    for (uint32_t r = 0; r < rooms_count; r++)
        capacity += rooms[r]->count;
    *names = arena_array(arena, capacity, sizeof(**names));
    const size_t prefix = group == NULL ? 0 : strlen(group);
    for (uint32_t r = 0; r < rooms_count; r++) {
        for (uint32_t i = 0; i < rooms[r]->count; i++) {
            const char *key = rooms[r]->rows[i].key;
            const size_t length = bind_group(key);
            if (group != NULL && (length != prefix || memcmp(key, group, prefix) != 0))
                continue;
            const char *name = group != NULL ? key + prefix + 1
                               : length > 0  ? arena_text(arena, key, length)
                                             : key;
            if (count == 0 || strcmp((*names)[count - 1], name) != 0)
                (*names)[count++] = name;
        }
    }
    return count;
}

static bool bind_known(const char *key, const char *const *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(key, names[i]) == 0)
            return true;
    return false;
}

static void bind_unknown(const struct binder *binder, const struct node *child, const char *path,
                         const char *const *names, uint32_t count)
{
    const char *hint = bind_hint_list(binder, child->key, "the keys here are", names, count);
    diag_error_hint(binder->diag, bind_key_place(child), hint, "unknown key '%s' in %s",
                    bind_quote(binder, child->key), path);
}

bool bind_keys(const struct binder *binder, struct node *map, const char *path,
               const struct room *const *rooms, uint32_t rooms_count)
{
    const char **names, **members;
    bool good = true;
    const uint32_t count = bind_names(rooms, rooms_count, NULL, binder->arena, &names);
    for (struct node *child = map->first; child != NULL; child = child->next) {
        if (!bind_known(child->key, names, count)) {
            bind_unknown(binder, child, path, names, count);
            good = false;
            continue;
        }
        if (child->kind != NODE_MAP)
            continue;
        const uint32_t members_count =
            bind_names(rooms, rooms_count, child->key, binder->arena, &members);
        if (members_count == 0) /* read by a reader of its own */
            continue;
        const char *inner = arena_printf(binder->arena, "%s.%s", path, child->key);
        for (struct node *member = child->first; member != NULL; member = member->next) {
            if (bind_known(member->key, members, members_count))
                continue;
            bind_unknown(binder, member, inner, members, members_count);
            good = false;
        }
    }
    return good;
}
