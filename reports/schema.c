/* schema: definitions of the quantities, of the shapes that are no plain maps, and one for each map
 * of the language and each service type. */
#include "reports/schema.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/json_writer.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/bind.h"
#include "sim/scenario/language.h"
#include "sim/scenario/scenario.h"

#define SCHEMA_NUMBER "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
#define SCHEMA_NAME "[A-Za-z_][A-Za-z0-9_-]*"
enum { SCHEMA_ROOMS = 5, SCHEMA_TEXT = 512 };

struct schema {
    struct json_writer json;
    struct arena arena;
};

/* Shapes that are no maps with fixed keys, with ' in place of ". Each is the schema of the
 * PARAM_NODE rows that name it. */
static const struct schema_shape {
    const char *name, *text;
} schema_shapes[] = {
    {"text", "{'type': ['string', 'number', 'boolean']}"},
    {"flag", "{'enum': [true, false, 'true', 'false']}"},
    {"whole", "{'anyOf': [{'type': 'integer'}, {'$ref': '#/$defs/count'}]}"},
    {"count_or_inf", "{'anyOf': [{'$ref': '#/$defs/whole'}, {'const': 'inf'}]}"},
    {"time_varying", "{'anyOf': [{'$ref': '#/$defs/time'}, {'$ref': '#/$defs/distribution'}]}"},
    {"size_varying", "{'anyOf': [{'$ref': '#/$defs/size'}, {'$ref': '#/$defs/distribution'}]}"},
    {"count_varying", "{'anyOf': [{'$ref': '#/$defs/count'}, {'$ref': '#/$defs/distribution'}]}"},
    {"popularity", "{'type': 'string', 'pattern': '^ *zipf *[(].*[)] *$'}"},
    {"amount", "{'anyOf': [{'$ref': '#/$defs/whole'}, {'$ref': '#/$defs/size'}]}"},
    {"name", "{'type': 'string', 'pattern': '^" SCHEMA_NAME "$'}"},
    {"target", "{'type': 'string', 'pattern': '^" SCHEMA_NAME "([.]" SCHEMA_NAME ")?$'}"},
    {"names", "{'type': 'array', 'minItems': 1, 'items': {'$ref': '#/$defs/name'}}"},
    {"reading", "{'type': 'string', 'pattern': '^" SCHEMA_NAME "[.]" SCHEMA_NAME "$'}"},
    {"targets", "{'anyOf': [{'type': 'array', 'minItems': 1, 'items': {'$ref': '#/$defs/target'}}, "
                "{'$ref': '#/$defs/copies'}]}"},
    {"auto_time", "{'anyOf': [{'const': 'auto'}, {'$ref': '#/$defs/time'}]}"},
    {"auto_count", "{'anyOf': [{'const': 'auto'}, {'$ref': '#/$defs/whole'}]}"},
    {"week_time", "{'type': 'string', 'pattern': '^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) '}"},
    {"services",
     "{'type': 'object', 'minProperties': 1, 'propertyNames': {'$ref': '#/$defs/name'}, "
     "'additionalProperties': {'$ref': '#/$defs/service'}}"},
    {"traffics",
     "{'type': 'object', 'minProperties': 1, 'propertyNames': {'$ref': '#/$defs/name'}, "
     "'additionalProperties': {'$ref': '#/$defs/traffic'}}"},
    {"operations",
     "{'type': 'object', 'minProperties': 1, 'propertyNames': {'$ref': '#/$defs/name'}, "
     "'additionalProperties': {'$ref': '#/$defs/operation'}}"},
    {"slo", "{'type': 'array', 'items': {'anyOf': [{'type': 'string', 'pattern': '[<>]'}, "
            "{'$ref': '#/$defs/promise'}]}}"},
    {"faults", "{'type': 'array', 'items': {'$ref': '#/$defs/fault'}}"},
    {"random_faults", "{'type': 'array', 'items': {'$ref': '#/$defs/random_fault'}}"},
    {"service_pair",
     "{'type': 'array', 'minItems': 2, 'maxItems': 2, 'items': {'$ref': '#/$defs/name'}}"},
    {"zone_list", "{'type': 'array', 'minItems': 1, 'items': {'enum': ['a', 'b', 'c', 'd', 'e', "
                  "'f']}}"},
    {"steps", "{'type': 'array', 'items': {'$ref': '#/$defs/step'}}"},
    {"step", "{'anyOf': [{'$ref': '#/$defs/target'}, {'$ref': '#/$defs/call'}, "
             "{'$ref': '#/$defs/parallel'}, {'$ref': '#/$defs/async'}, {'$ref': '#/$defs/work'}, "
             "{'$ref': '#/$defs/wait'}, {'$ref': '#/$defs/choose'}, "
             "{'$ref': '#/$defs/breaker_step'}, {'$ref': '#/$defs/hedge_step'}]}"},
    {"branches", "{'type': 'array', 'minItems': 1, 'items': {'anyOf': [{'$ref': '#/$defs/step'}, "
                 "{'$ref': '#/$defs/steps'}]}}"},
    {"async_target", "{'anyOf': [{'$ref': '#/$defs/target'}, {'$ref': '#/$defs/async_call'}]}"},
    {"choices", "{'type': 'array', 'minItems': 2, 'items': {'$ref': '#/$defs/choice'}}"},
    {"attempts", "{'anyOf': [{'const': 'unlimited'}, {'$ref': '#/$defs/whole'}]}"},
    {"backoff",
     "{'anyOf': [{'$ref': '#/$defs/time_varying'}, {'$ref': '#/$defs/exponential_backoff'}]}"},
    {"rate_points", "{'type': 'array', 'minItems': 1, 'items': {'type': 'array', 'minItems': 2, "
                    "'maxItems': 2, 'prefixItems': [{'$ref': '#/$defs/time'}, "
                    "{'$ref': '#/$defs/rate_value'}]}}"},
    {"rate", "{'anyOf': [{'$ref': '#/$defs/rate_value'}, {'$ref': '#/$defs/rate_points'}, "
             "{'type': 'object', 'properties': {'ramp': {'$ref': '#/$defs/rate_points'}}, "
             "'required': ['ramp'], 'additionalProperties': false}]}"},
    {"arrivals", "{'anyOf': [{'enum': ['poisson', 'constant']}, {'$ref': '#/$defs/distribution'}, "
                 "{'type': 'object', 'properties': {'mmpp': {'$ref': '#/$defs/mmpp'}}, "
                 "'required': ['mmpp'], 'additionalProperties': false}]}"},
    {"rate_list", "{'type': 'array', 'minItems': 2, 'items': {'$ref': '#/$defs/rate_value'}}"},
    {"time_list", "{'type': 'array', 'minItems': 2, 'items': {'$ref': '#/$defs/time'}}"},
    {"shapes", "{'anyOf': [{'$ref': '#/$defs/shape'}, "
               "{'type': 'array', 'items': {'$ref': '#/$defs/shape'}}]}"},
    {"shape", "{'type': 'object', 'minProperties': 1, 'maxProperties': 1, 'properties': "
              "{'sine': {'$ref': '#/$defs/sine'}, 'spikes': {'type': 'array', 'minItems': 1, "
              "'items': {'$ref': '#/$defs/spike'}}, 'weekly': {'$ref': '#/$defs/text'}}, "
              "'additionalProperties': false}"},
};

static void schema_text(struct schema *schema, const char *key, const char *text)
{
    char *copy = arena_text(&schema->arena, text, strlen(text));
    for (char *c = copy; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    json_literal(&schema->json, key, copy);
}

static void schema_ref(struct schema *schema, const char *name)
{
    json_text(&schema->json, "$ref", arena_printf(&schema->arena, "#/$defs/%s", name));
}

/* The units of a kind as one pattern; kinds that may go without also take bare numbers. */
static void schema_quantity(struct schema *schema, const char *name, enum quantity kind)
{
    const char *units = "";
    bool bare = false;
    for (uint32_t i = 0; quantity_unit_name(kind, i) != NULL; i++) {
        const char *unit = quantity_unit_name(kind, i);
        bare = bare || unit[0] == '\0';
        units = arena_printf(&schema->arena, "%s%s%s", units, i == 0 ? "" : "|", unit);
    }
    const char *prefix = kind == QUANTITY_RATE ? "[kM]?" : "";
    json_open_object(&schema->json, name);
    schema_text(schema, "type", bare ? "['number', 'string']" : "'string'");
    json_text(&schema->json, "description", quantity_expectation(kind));
    json_text(&schema->json, "pattern",
              arena_printf(&schema->arena, "^\\s*(" SCHEMA_NUMBER "\\s*%s(%s)\\s*)%s$", prefix,
                           units, kind == QUANTITY_TIME ? "+" : ""));
    json_close(&schema->json);
}

static void schema_distribution(struct schema *schema)
{
    const char *names = "", *usages = "", *usage = NULL, *before = "";
    for (uint32_t i = 0; quantity_distribution_name(i, &usage) != NULL; i++) {
        const char *name = quantity_distribution_name(i, &usage);
        if (strcmp(name, before) == 0)
            continue;
        before = name;
        names = arena_printf(&schema->arena, "%s%s%s", names, i == 0 ? "" : "|", name);
        usages = arena_printf(&schema->arena, "%s%s%s", usages, i == 0 ? "" : ", ", usage);
    }
    json_open_object(&schema->json, "distribution");
    json_text(&schema->json, "type", "string");
    json_text(&schema->json, "description", usages);
    json_text(&schema->json, "pattern",
              arena_printf(&schema->arena, "^\\s*(%s)\\s*[(].*[)]\\s*$", names));
    json_close(&schema->json);
}

/* Help, range, unit and source in one line, as an editor shows it. */
static void schema_describe(struct schema *schema, const struct param *row)
{
    const bool bounded =
        row->kind != PARAM_CHOICE && row->kind != PARAM_NODE && strstr(row->range, "..") != NULL;
    const char *text = row->help;
    if (bounded)
        text = arena_printf(&schema->arena, "%s (%s)", text, row->range);
    if (row->confidence != CONFIDENCE_DEFINED)
        text = arena_printf(&schema->arena, "%s; source: %s", text, row->source);
    json_text(&schema->json, "description", text);
    if (row->fallback != NONE && strcmp(row->fallback, REQUIRED) != 0)
        json_text(&schema->json, "default", row->fallback);
}

static const char *schema_definition(const struct param *row)
{
    static const char *const names[] = {
        [PARAM_TIME] = "time",
        [PARAM_RATE] = "rate_value",
        [PARAM_SIZE] = "size",
        [PARAM_THROUGHPUT] = "throughput",
        [PARAM_RATIO] = "ratio",
        [PARAM_NUMBER] = "count",
        [PARAM_COUNT] = "whole",
        [PARAM_FLAG] = "flag",
        [PARAM_TIME_DIST] = "time_varying",
        [PARAM_SIZE_DIST] = "size_varying",
        [PARAM_COUNT_DIST] = "count_varying",
        [PARAM_SERVICE] = "target",
        [PARAM_SOURCE] = "target",
        [PARAM_SERVICES] = "targets",
        [PARAM_POPULARITY] = "popularity",
        [PARAM_AMOUNT] = "amount",
        [PARAM_TEXT] = "text",
        [PARAM_WATCH] = "name",
        [PARAM_WATCHES] = "names",
        [PARAM_READING] = "reading",
    };
    if (row->kind == PARAM_NODE)
        return row->range;
    if (row->kind == PARAM_COUNT && param_range(row).infinite)
        return "count_or_inf";
    return names[row->kind];
}

static void schema_map(struct schema *schema, const char *name, const struct room *const *rooms,
                       uint32_t count, const struct model_info *type);

static void schema_list(struct schema *schema, const struct list_item *item)
{
    const struct room room = {item->noun, item->rows, item->rows_count};
    const struct room *const rooms[] = {&room};
    json_text(&schema->json, "type", "array");
    json_literal(&schema->json, "minItems", "1");
    schema_map(schema, "items", rooms, 1, NULL);
}

static void schema_property(struct schema *schema, const struct param *row, const char *key)
{
    char word[64];
    json_open_object(&schema->json, key);
    schema_describe(schema, row);
    if (row->kind == PARAM_CHOICE) {
        json_open_array(&schema->json, "enum");
        for (uint32_t i = 0; param_word(row, i, word, sizeof(word)); i++)
            json_text(&schema->json, NULL, word);
        json_close(&schema->json);
    } else if (row->kind == PARAM_LIST) {
        schema_list(schema, row->item);
    } else if (row->kind == PARAM_NUMBER && row->unit != NULL) {
        json_text(&schema->json, "type", "string");
        json_text(
            &schema->json, "pattern",
            arena_printf(&schema->arena, "^\\s*" SCHEMA_NUMBER "\\s*[kM]?\\s*%s\\s*$", row->unit));
    } else {
        schema_ref(schema, schema_definition(row));
    }
    json_close(&schema->json);
}

static size_t schema_group(const struct param *row)
{
    const char *dot = strchr(row->key, '.');
    return dot == NULL ? 0 : (size_t)(dot - row->key);
}

/* What must be there: all REQUIRED rows outside of groups, or those of one group. */
static void schema_required(struct schema *schema, const struct room *const *rooms, uint32_t count,
                            const char *group)
{
    const size_t length = group == NULL ? 0 : strlen(group);
    bool open = false;
    for (uint32_t r = 0; r < count; r++) {
        for (uint32_t i = 0; i < rooms[r]->count; i++) {
            const struct param *row = &rooms[r]->rows[i];
            if (row->fallback == NONE || strcmp(row->fallback, REQUIRED) != 0 ||
                schema_group(row) != length || (length > 0 && memcmp(row->key, group, length) != 0))
                continue;
            if (!open)
                json_open_array(&schema->json, "required");
            open = true;
            json_text(&schema->json, NULL, length > 0 ? row->key + length + 1 : row->key);
        }
    }
    if (open)
        json_close(&schema->json);
}

/* The rows of one group of a table, from its first on; returns how many. */
static uint32_t schema_group_property(struct schema *schema, const struct room *room,
                                      uint32_t first)
{
    const size_t length = schema_group(&room->rows[first]);
    const char *group = arena_text(&schema->arena, room->rows[first].key, length);
    uint32_t i = first;
    json_open_object(&schema->json, group);
    json_text(&schema->json, "type", "object");
    json_open_object(&schema->json, "properties");
    for (; i < room->count && schema_group(&room->rows[i]) == length &&
           memcmp(room->rows[i].key, group, length) == 0;
         i++)
        schema_property(schema, &room->rows[i], room->rows[i].key + length + 1);
    json_close(&schema->json);
    schema_required(schema, &room, 1, group);
    json_literal(&schema->json, "additionalProperties", "false");
    json_close(&schema->json);
    return i - first;
}

/* A map of the keys of some tables; `type` leaves out what has no meaning for a service type. */
static void schema_map(struct schema *schema, const char *name, const struct room *const *rooms,
                       uint32_t count, const struct model_info *type)
{
    json_open_object(&schema->json, name);
    json_text(&schema->json, "type", "object");
    if (type != NULL)
        json_text(&schema->json, "title", type->title);
    json_open_object(&schema->json, "properties");
    for (uint32_t r = 0; r < count; r++) {
        for (uint32_t i = 0; i < rooms[r]->count;) {
            const struct param *row = &rooms[r]->rows[i];
            if (schema_group(row) > 0) {
                i += schema_group_property(schema, rooms[r], i);
                continue;
            }
            if (type == NULL || service_row_applies(row, type))
                schema_property(schema, row, row->key);
            i++;
        }
    }
    json_close(&schema->json);
    schema_required(schema, rooms, count, NULL);
    json_literal(&schema->json, "additionalProperties", "false");
    json_close(&schema->json);
}

/* The definitions that are maps of the language's own tables. */
static void schema_maps(struct schema *schema)
{
    static const struct {
        const char *name;
        const struct room *rooms[SCHEMA_ROOMS]; /* ends with null */
    } maps[] = {
        {"operation", {&operation_room}},
        {"copies", {&copies_room}},
        {"retry", {&retry_room}},
        {"exponential_backoff", {&backoff_room}},
        {"call", {&call_room, &carry_room, &patience_room, &often_room, &optional_room}},
        {"parallel", {&parallel_room}},
        {"async", {&async_room}},
        {"async_call", {&async_call_room, &carry_room, &often_room}},
        {"work", {&work_room}},
        {"wait", {&wait_room}},
        {"choose", {&choose_room}},
        {"choice", {&choice_room}},
        {"breaker_step", {&breaker_step_room}},
        {"circuit_breaker",
         {&breaker_room, &carry_room, &patience_room, &often_room, &optional_room}},
        {"hedge_step", {&hedge_step_room}},
        {"hedge", {&hedge_room, &carry_room, &patience_room, &often_room, &optional_room}},
        {"traffic", {&traffic_room, &carry_room, &patience_room}},
        {"mmpp", {&mmpp_room}},
        {"sine", {&sine_room}},
        {"spike", {&spike_room}},
        {"trace", {&trace_room}},
        {"fault", {&fault_room, &moment_room}},
        {"random_fault", {&fault_room, &chance_room}},
        {"promise", {&promise_room}},
    };
    for (uint32_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        uint32_t count = 0;
        while (count < SCHEMA_ROOMS && maps[i].rooms[count] != NULL)
            count++;
        schema_map(schema, maps[i].name, maps[i].rooms, count, NULL);
    }
}

/* Outcomes that `for` of a retry may name. */
static void schema_classes(struct schema *schema)
{
    json_open_object(&schema->json, "classes");
    json_text(&schema->json, "type", "array");
    json_literal(&schema->json, "minItems", "1");
    json_open_object(&schema->json, "items");
    json_open_array(&schema->json, "enum");
    for (uint32_t i = OUTCOME_THROTTLED; i < OUTCOME_COUNT; i++)
        json_text(&schema->json, NULL, outcome_names[i]);
    json_close(&schema->json);
    json_close(&schema->json);
    json_close(&schema->json);
}

static void schema_type(struct schema *schema, const struct model_info *type)
{
    const struct room own = {type->name, type->params, type->params_count};
    const struct room *const rooms[] = {&service_room, &own};
    schema_map(schema, arena_printf(&schema->arena, "type_%s", type->name), rooms, 2, type);
}

/* A service: its type decides which of the type's maps it is. */
static void schema_service(struct schema *schema, const struct model_info *const *types,
                           uint32_t types_count)
{
    json_open_object(&schema->json, "service");
    json_text(&schema->json, "type", "object");
    json_open_object(&schema->json, "properties");
    json_open_object(&schema->json, "type");
    json_open_array(&schema->json, "enum");
    for (uint32_t i = 0; i < types_count; i++)
        json_text(&schema->json, NULL, types[i]->name);
    json_close(&schema->json);
    json_close(&schema->json);
    json_close(&schema->json);
    schema_text(schema, "required", "['type']");
    json_open_array(&schema->json, "allOf");
    for (uint32_t i = 0; i < types_count; i++) {
        const char *name = types[i]->name;
        json_open_object(&schema->json, NULL);
        schema_text(schema, "if",
                    arena_printf(&schema->arena,
                                 "{'properties': {'type': {'const': '%s'}}, 'required': ['type']}",
                                 name));
        schema_text(schema, "then",
                    arena_printf(&schema->arena, "{'$ref': '#/$defs/type_%s'}", name));
        json_close(&schema->json);
    }
    json_close(&schema->json);
    json_close(&schema->json);
}

/* The account's quotas: one map for each type that has any. */
static void schema_quotas(struct schema *schema, const struct model_info *const *types,
                          uint32_t types_count)
{
    json_open_object(&schema->json, "quotas");
    json_text(&schema->json, "type", "object");
    json_open_object(&schema->json, "properties");
    for (uint32_t i = 0; i < types_count; i++) {
        const struct room quotas = {types[i]->name, types[i]->quotas, types[i]->quotas_count};
        const struct room *const rooms[] = {&quotas};
        if (quotas.count > 0)
            schema_map(schema, types[i]->name, rooms, 1, NULL);
    }
    json_close(&schema->json);
    json_literal(&schema->json, "additionalProperties", "false");
    json_close(&schema->json);
}

static void schema_definitions(struct schema *schema, const struct model_info *const *types,
                               uint32_t types_count)
{
    schema_quantity(schema, "time", QUANTITY_TIME);
    schema_quantity(schema, "rate_value", QUANTITY_RATE);
    schema_quantity(schema, "size", QUANTITY_SIZE);
    schema_quantity(schema, "throughput", QUANTITY_THROUGHPUT);
    schema_quantity(schema, "ratio", QUANTITY_RATIO);
    schema_quantity(schema, "count", QUANTITY_COUNT);
    schema_distribution(schema);
    for (uint32_t i = 0; i < sizeof(schema_shapes) / sizeof(schema_shapes[0]); i++)
        schema_text(schema, schema_shapes[i].name, schema_shapes[i].text);
    schema_classes(schema);
    schema_maps(schema);
    schema_service(schema, types, types_count);
    schema_quotas(schema, types, types_count);
    for (uint32_t i = 0; i < types_count; i++)
        schema_type(schema, types[i]);
}

void schema_write(FILE *stream, const struct model_info *const *types, uint32_t types_count)
{
    const struct room *const top[] = {&scenario_room};
    struct schema schema;
    json_init(&schema.json, stream);
    arena_init(&schema.arena);
    json_open_object(&schema.json, NULL);
    json_text(&schema.json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    json_text(&schema.json, "title",
              arena_printf(&schema.arena, "archsim scenario, version %d", LANGUAGE_VERSION));
    schema_ref(&schema, "scenario");
    json_open_object(&schema.json, "$defs");
    schema_map(&schema, "scenario", top, 1, NULL);
    schema_definitions(&schema, types, types_count);
    json_close(&schema.json);
    json_close(&schema.json);
    arena_done(&schema.arena);
}
