/* load: a scenario from a file or a text: overrides, the top-level keys, then every part in
 * turn. */
#include "sim/scenario/loader.h"

#include <stdlib.h>
#include <string.h>

#define LOAD_TEN_MINUTES_NS (INT64_C(600) * 1000000000)
#define LOAD_HOUR_NS (INT64_C(3600) * 1000000000)
enum { LOAD_REPLICATIONS_MAX = 100000 };

/* FNV-1a, 64 bits. */
static uint64_t load_hash(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void load_fingerprint(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    uint64_t hash = load_hash(UINT64_C(0xcbf29ce484222325), scenario->text, scenario->text_size);
    for (uint32_t i = 0; i < loader->request->overrides_count; i++) {
        const char *override = loader->request->overrides[i];
        hash = load_hash(hash, override, strlen(override) + 1); /* its end too */
    }
    snprintf(scenario->fingerprint, sizeof(scenario->fingerprint), "%016llx",
             (unsigned long long)hash);
}

const char *loader_path(const struct loader *loader, const char *text)
{
    return text[0] == '/'
               ? text
               : arena_printf(loader->binder.arena, "%s/%s", loader->binder.directory, text);
}

static void load_file(struct loader *loader, const char *path)
{
    struct scenario *scenario = loader->scenario;
    const char *slash = strrchr(path, '/');
    scenario->file = arena_text(loader->binder.arena, path, strlen(path));
    scenario->directory = slash == NULL ? "."
                          : slash == path
                              ? "/"
                              : arena_text(loader->binder.arena, path, (size_t)(slash - path));
    loader->binder.directory = scenario->directory;
    const char *base = strcmp(path, "-") == 0 ? "standard input" : slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    const size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
    scenario->name = arena_text(loader->binder.arena, base, length);
}

/* The version decides what the rest means: without it nothing else is read. */
static bool load_version(struct loader *loader, struct node *root)
{
    const struct node *node = bind_find(root, "archsim");
    struct diag *diag = loader->binder.diag;
    struct quantity_error error;
    int64_t version = 0;
    if (node == NULL) {
        struct place place = root->place;
        place.width = 0;
        diag_error(
            diag, place,
            "a scenario says which version of the language it is written in: add 'archsim: 1'");
        return false;
    }
    if (node->kind != NODE_SCALAR || !quantity_parse_whole(node->text, &version, &error) ||
        version < 1) {
        diag_error(diag, node->place, "the version of the language is a number: 'archsim: 1'");
        return false;
    }
    if (version > LANGUAGE_VERSION) {
        diag_error(diag, node->place,
                   "version %lld of the language is newer than this archsim, which reads %d",
                   (long long)version, LANGUAGE_VERSION);
        return false;
    }
    return true;
}

static void load_reserved(struct loader *loader, struct node *root)
{
    static const char *const keys[] = {"include", "defaults"};
    for (uint32_t i = 0; i < 2; i++) {
        const struct node *node = bind_find(root, keys[i]);
        if (node != NULL)
            diag_error(loader->binder.diag, bind_key_place(node),
                       "'%s' is reserved for a later version of the language", keys[i]);
    }
}

/* True for a number that is to be parsed; false for auto, for what is not given and, with an error,
 * for anything else. */
static bool load_has_number(struct loader *loader, const struct node *node, const char *what,
                            const char *expected)
{
    if (node == NULL || !bind_kind(&loader->binder, node, NODE_SCALAR, what, expected) ||
        strcmp(node->text, "auto") == 0)
        return false;
    if (strchr("0123456789+-.", node->text[0]) != NULL && node->text[0] != '\0')
        return true;
    diag_error(loader->binder.diag, bind_place(node, 0), "%s is %s, not '%s'", what, expected,
               bind_quote(&loader->binder, node->text));
    return false;
}

static void load_warmup(struct loader *loader, const struct node *node)
{
    struct quantity_error error;
    loader->scenario->warmup_ns = -1;
    if (load_has_number(loader, node, "'warmup'", "auto, or a time such as 5m") &&
        !quantity_parse_time(node->text, &loader->scenario->warmup_ns, &error))
        bind_mistake(&loader->binder, node, 0, "'warmup': ", &error);
}

static void load_replications(struct loader *loader, const struct node *node)
{
    struct quantity_error error;
    int64_t count = 0;
    if (!load_has_number(loader, node, "'replications'", "auto, or a count such as 10"))
        return;
    if (!quantity_parse_whole(node->text, &count, &error))
        bind_mistake(&loader->binder, node, 0, "'replications': ", &error);
    else if (count < 1 || count > LOAD_REPLICATIONS_MAX)
        diag_error(loader->binder.diag, node->place, "'replications': must be within 1..%d",
                   LOAD_REPLICATIONS_MAX);
    else
        loader->scenario->replications = (uint32_t)count;
}

/* "Mon 08:00" */
static void load_start(struct loader *loader, const struct node *node)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char expected[] = "a day and an hour such as Mon 08:00";
    char day[4];
    int hour = 0, minute = 0, end = 0;
    if (node == NULL || !bind_kind(&loader->binder, node, NODE_SCALAR, "'start'", expected))
        return;
    if (sscanf(node->text, "%3[A-Za-z] %2d:%2d%n", day, &hour, &minute, &end) == 3 &&
        node->text[end] == '\0' && hour >= 0 && hour < 24 && minute >= 0 && minute < 60) {
        for (int64_t i = 0; i < 7; i++) {
            if (strncmp(days + 3 * i, day, 3) != 0 || strlen(day) != 3)
                continue;
            loader->scenario->week_start_ns =
                (i * 24 + hour) * LOAD_HOUR_NS + minute * (LOAD_HOUR_NS / 60);
            return;
        }
    }
    diag_error(loader->binder.diag, node->place, "'start' is %s, with Mon, Tue, ... Sun", expected);
}

static void load_top(struct loader *loader, struct node *root)
{
    static const struct param reserved_rows[] = {{.key = "include"}, {.key = "defaults"}};
    static const struct room reserved = {"reserved", TABLE(reserved_rows)};
    static const struct room *const rooms[] = {&scenario_room, &reserved};
    struct scenario *scenario = loader->scenario;
    const struct scenario_keys *keys = &loader->keys;
    char region[32] = "";
    bind_rows(&loader->binder, &scenario_room, root, "the scenario", &loader->keys);
    bind_keys(&loader->binder, root, "the scenario", rooms, 2);
    load_reserved(loader, root);
    for (uint32_t i = 0; i < scenario_room.count; i++)
        if (strcmp(scenario_room.rows[i].key, "region") == 0)
            param_word(&scenario_room.rows[i], keys->region < 0 ? 0 : (uint32_t)keys->region,
                       region, sizeof(region));
    scenario->region = arena_text(loader->binder.arena, region, strlen(region));
    if (keys->name_text != NULL)
        scenario->name = keys->name_text;
    scenario->zones = (uint8_t)keys->zones_count;
    scenario->duration_ns = keys->duration_ns;
    scenario->seed = (uint64_t)keys->seed_count;
    scenario->precision = keys->precision_ratio;
    load_warmup(loader, keys->warmup_node);
    load_replications(loader, keys->replications_node);
    load_start(loader, keys->start_node);
}

/* Unfinished requests are followed for the duration, but no more than the larger of 10 minutes and
 * twice the longest timeout. */
static void load_drain(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    int64_t most = LOAD_TEN_MINUTES_NS;
    if (loader->timeout_ns_longest > most / 2)
        most =
            loader->timeout_ns_longest > INT64_MAX / 2 ? INT64_MAX : 2 * loader->timeout_ns_longest;
    scenario->drain_ns = loader->keys.drain_ns;
    if (scenario->drain_ns < 0)
        scenario->drain_ns = scenario->duration_ns < most ? scenario->duration_ns : most;
}

/* Below 2^62 ns, so that now + any delay (at most 2^62, see distribution.h) stays in 63 bits. */
static void load_check_length(struct loader *loader, struct node *root)
{
    const struct scenario *scenario = loader->scenario;
    const struct node *node = bind_find(root, "duration");
    const bool is_auto = scenario->warmup_ns < 0;
    const double warmup_ns = (double)(is_auto ? scenario->duration_ns : scenario->warmup_ns);
    if (warmup_ns + (double)scenario->duration_ns + (double)scenario->drain_ns >= 0x1p62)
        diag_error_hint(loader->binder.diag, node != NULL ? bind_key_place(node) : root->place,
                        is_auto ? "'warmup: auto' may take as long as the duration" : NULL,
                        "warm-up, duration and drain together must be less than 146y");
}

static void load_warn_unused(struct loader *loader)
{
    for (uint32_t i = 0; i < loader->scenario->services_count; i++) {
        const struct service_draft *draft = &loader->drafts[i];
        if (!draft->called && !draft->broken && !draft->service->type->acts)
            diag_warning(loader->binder.diag, draft->service->place, "unused_service",
                         arena_printf(loader->binder.arena, "services.%s", draft->service->name),
                         "nobody calls '%s'", draft->service->name);
    }
}

/* Edges and steps move from the growing arrays to the scenario. */
static void load_settle(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    struct edge *edges =
        arena_array(loader->binder.arena, loader->edges_count, sizeof(*loader->edges));
    struct step *steps =
        arena_array(loader->binder.arena, loader->steps_count, sizeof(*loader->steps));
    if (loader->edges_count > 0)
        memcpy(edges, loader->edges, loader->edges_count * sizeof(*edges));
    if (loader->steps_count > 0)
        memcpy(steps, loader->steps, loader->steps_count * sizeof(*steps));
    scenario->edges = edges;
    scenario->edges_count = loader->edges_count;
    scenario->steps = steps;
    scenario->steps_count = loader->steps_count;
}

static void load_parts(struct loader *loader, struct node *root)
{
    struct diag *diag = loader->binder.diag;
    load_top(loader, root);
    quotas_read(loader);
    if (!services_read(loader))
        return;
    paths_read(loader);
    targets_read(loader);
    watches_read(loader);
    services_check_sources(loader);
    services_check_together(loader);
    for (uint32_t i = 0; i < loader->scenario->services_count; i++) {
        wiring_begin(loader, (uint16_t)i);
        if (!loader->drafts[i].broken)
            targets_edges(loader, i);
        if (loader->drafts[i].operations != NULL)
            steps_compile(loader, i);
    }
    traffic_read(loader);
    if (diag->errors_count == 0)
        paths_forbid(loader);
    load_settle(loader);
    load_drain(loader);
    load_check_length(loader, root);
    if (diag->errors_count == 0) {
        cycles_check(loader);
        load_warn_unused(loader);
    }
    faults_read(loader);
    loader->scenario->metrics = metrics_list(loader->scenario);
    slo_read(loader);
}

void loader_arrange(struct loader *loader, const char *path, struct node *map,
                    const struct param *row)
{
    const struct node *node = bind_find(map, row->key);
    const bool usual = row->fallback != NONE && strcmp(row->fallback, REQUIRED) != 0;
    if (node == NULL || node->kind != NODE_SCALAR || (usual && !param_loosens(row, node->text)))
        return;
    struct arrangement *arrangement = arena_alloc(loader->binder.arena, sizeof(*arrangement));
    *arrangement = (struct arrangement){
        .path = arena_printf(loader->binder.arena, "%s.%s", path, row->key),
        .value = node->text,
        .usually = usual ? row->fallback : NULL,
    };
    *loader->arrangements_end = arrangement;
    loader->arrangements_end = &arrangement->next;
}

static struct scenario *load_new(const char *path, const struct load_request *request,
                                 struct loader *loader, struct diag *diag)
{
    struct arena arena;
    arena_init(&arena);
    struct scenario *scenario = arena_alloc(&arena, sizeof(*scenario));
    scenario->arena = arena; /* from here on the scenario's own arena is the one that grows */
    *loader = (struct loader){.binder = {.arena = &scenario->arena, .diag = diag},
                              .scenario = scenario,
                              .request = request,
                              .arrangements_end = &scenario->arrangements,
                              .timeout_ns_longest = -1};
    load_file(loader, path);
    return scenario;
}

static struct scenario *load_document(struct loader *loader)
{
    struct scenario *scenario = loader->scenario;
    struct diag *diag = loader->binder.diag;
    const uint32_t errors = diag->errors_count;
    struct node *root = document_read_text(scenario->file, scenario->text, scenario->text_size,
                                           &scenario->arena, diag);
    bool good = root != NULL;
    for (uint32_t i = 0; i < loader->request->overrides_count && root != NULL; i++)
        good = document_set(root, loader->request->overrides[i], &scenario->arena, diag) && good;
    if (good && load_version(loader, root)) {
        load_parts(loader, root);
        load_fingerprint(loader);
    }
    free(loader->edges);
    free(loader->edge_places);
    free(loader->steps);
    if (diag->errors_count == errors)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_load(const struct load_request *request, struct diag *diag)
{
    struct loader loader;
    struct scenario *scenario = load_new(request->path, request, &loader, diag);
    scenario->text =
        document_file_text(request->path, &scenario->arena, &scenario->text_size, diag);
    if (scenario->text != NULL)
        return load_document(&loader);
    scenario_free(scenario);
    return NULL;
}

struct scenario *scenario_load_text(const struct load_request *request, const char *text,
                                    size_t length, struct diag *diag)
{
    struct loader loader;
    struct scenario *scenario = load_new(request->path, request, &loader, diag);
    scenario->text = arena_text(&scenario->arena, text, length);
    scenario->text_size = length;
    return load_document(&loader);
}

void scenario_free(struct scenario *scenario)
{
    if (scenario == NULL)
        return;
    struct arena arena = scenario->arena; /* it holds the scenario itself */
    arena_done(&arena);
}
