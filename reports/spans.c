/* spans: the boxes of each trace, calls and their parts, written in two forms. OpenTelemetry's form
 * lists them by who did them, so all are made before any is written; Chrome's goes by trace. */
#include "reports/spans.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json_writer.h"
#include "sim/kernel/arena.h"
#include "sim/scenario/scenario.h"

#define SPANS_GIVEN_UP "the caller no longer waits"
#define SPANS_MONDAY_NS (INT64_C(1704067200) * 1000000000) /* 2024-01-01 */
enum {
    SPANS_PARTS = 3,
    SPANS_ID_BITS = 24,
    SPANS_WORD = 64,
    CHROME_DEPTH = 8,
    CHROME_EIGHTH_NS = 125
};
/* OpenTelemetry's SpanKind and StatusCode */
enum { OTLP_INTERNAL = 1, OTLP_SERVER, OTLP_CLIENT, OTLP_PRODUCER, OTLP_CONSUMER };
enum { OTLP_OK = 1, OTLP_ERROR };

/* A span, or a part of one. */
struct box {
    const struct span *span;
    const struct span_log_trace *trace;
    const char *name;
    int64_t begin_ns, end_ns; /* scenario time */
    uint32_t index;           /* in its trace, of the span */
    uint32_t part;            /* 0: the span itself */
    uint32_t lane;
};

struct spans_writer {
    const struct results *results;
    const struct scenario *scenario;
    struct json_writer json;
    struct arena arena;       /* OpenTelemetry: of all; Chrome: of a trace */
    struct arena names_arena; /* edge_names */
    const char **edge_names;  /* "service.operation" of each edge */
    struct box *boxes;        /* of each trace by begin; what contains others first */
    size_t boxes_count, boxes_capacity;
};

static const struct edge *spans_edge(const struct spans_writer *writer, const struct span *span)
{
    return &writer->scenario->edges[span->edge];
}

/* Whose doing it was: a traffic, or a service. */
static const char *spans_who(const struct spans_writer *writer, const struct span *span)
{
    const struct edge *edge = spans_edge(writer, span);
    return span->kind == SPAN_REQUEST
               ? writer->scenario->traffic[edge->caller - writer->scenario->services_count].name
               : writer->scenario->services[edge->service].name;
}

static const char *spans_name(const struct spans_writer *writer, const struct span *span)
{
    return span->kind == SPAN_REQUEST ? spans_who(writer, span) : writer->edge_names[span->edge];
}

static const char *spans_edge_name(struct spans_writer *writer, const struct edge *edge)
{
    const struct scenario_service *service = &writer->scenario->services[edge->service];
    const char *operation = service->operations[edge->operation].name;
    return operation == NULL
               ? service->name
               : arena_printf(&writer->names_arena, "%s.%s", service->name, operation);
}

/* Whether it is known which of several copies it was. */
static bool spans_copied(const struct spans_writer *writer, const struct span *span)
{
    const struct scenario_service *service =
        &writer->scenario->services[spans_edge(writer, span)->service];
    return span->end_ns != SPAN_NEVER && (service->copies > 1 || service->type->members);
}

/* ---- boxes ---- */

static int spans_compare(const void *a, const void *b)
{
    const struct box *x = a, *y = b;
    if (x->begin_ns != y->begin_ns)
        return x->begin_ns < y->begin_ns ? -1 : 1;
    if (x->end_ns != y->end_ns)
        return x->end_ns > y->end_ns ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->part > y->part) - (x->part < y->part);
}

/* What had not ended ends with the run. */
static int64_t spans_end_of(const struct spans_writer *writer, const struct span *span)
{
    return span->end_ns != SPAN_NEVER ? span->end_ns : writer->results->spans.end_ns;
}

static void spans_box(struct spans_writer *writer, const struct box *box)
{
    if (box->part > 0 && box->end_ns <= box->begin_ns)
        return;
    if (writer->boxes_count == writer->boxes_capacity) {
        writer->boxes_capacity = 2 * writer->boxes_capacity + SPANS_WORD;
        writer->boxes =
            memory_resize(writer->boxes, writer->boxes_capacity, sizeof(*writer->boxes));
    }
    writer->boxes[writer->boxes_count++] = *box;
}

static void spans_parts(struct spans_writer *writer, const struct box *whole)
{
    const struct span *span = whole->span;
    const int64_t origin_ns = writer->results->spans_origin_ns;
    const int64_t waited_ns = span->kind == SPAN_REQUEST      ? whole->begin_ns
                              : span->served_ns != SPAN_NEVER ? span->served_ns - origin_ns
                              : span->worked_ns != SPAN_NEVER ? whole->begin_ns
                                                              : whole->end_ns;
    struct box part = *whole;
    part.part = 1;
    part.name = "queue";
    part.end_ns = waited_ns;
    spans_box(writer, &part);
    int64_t begin_ns = waited_ns;
    if (span->phase.name != NULL) {
        part.part = 2;
        part.name = span->phase.name;
        part.begin_ns = span->phase.begin_ns - origin_ns;
        part.end_ns = span->phase.end_ns - origin_ns;
        part.end_ns = part.end_ns < whole->end_ns ? part.end_ns : whole->end_ns;
        spans_box(writer, &part);
        begin_ns = part.end_ns > begin_ns ? part.end_ns : begin_ns;
    }
    if (span->kind == SPAN_REQUEST || span->served_ns == SPAN_NEVER)
        return;
    part.part = 3;
    part.name = "work";
    part.begin_ns = begin_ns;
    part.end_ns = span->worked_ns != SPAN_NEVER ? span->worked_ns - origin_ns : whole->end_ns;
    spans_box(writer, &part);
}

/* Its boxes come behind those that are there. */
static void spans_open(struct spans_writer *writer, const struct span_log_trace *trace)
{
    const int64_t origin_ns = writer->results->spans_origin_ns;
    const size_t before = writer->boxes_count;
    for (uint32_t i = 0; i < trace->count; i++) {
        const struct span *span = &trace->spans[i];
        const struct box whole = {
            .span = span,
            .trace = trace,
            .name = spans_name(writer, span),
            .begin_ns = span->begin_ns - origin_ns,
            .end_ns = spans_end_of(writer, span) - origin_ns,
            .index = i,
        };
        spans_box(writer, &whole);
        spans_parts(writer, &whole);
    }
    qsort(writer->boxes + before, writer->boxes_count - before, sizeof(*writer->boxes),
          spans_compare);
}

static void spans_begin(struct spans_writer *writer, const struct results *results, FILE *stream)
{
    *writer = (struct spans_writer){.results = results, .scenario = results->scenario};
    arena_init(&writer->arena);
    arena_init(&writer->names_arena);
    json_init(&writer->json, stream);
    const uint32_t edges_count = writer->scenario->edges_count;
    writer->edge_names =
        arena_array(&writer->names_arena, edges_count, sizeof(*writer->edge_names));
    for (uint32_t i = 0; i < edges_count; i++)
        writer->edge_names[i] = spans_edge_name(writer, &writer->scenario->edges[i]);
}

static void spans_done(struct spans_writer *writer)
{
    arena_done(&writer->arena);
    arena_done(&writer->names_arena);
    free(writer->boxes);
}

static const char *spans_outcome(const struct span *span)
{
    return span->end_ns == SPAN_NEVER ? "unfinished" : outcome_names[span->outcome];
}

/* ---- OpenTelemetry ---- */

static void otlp_attribute(struct spans_writer *writer, const char *key, const char *type,
                           const char *value)
{
    struct json_writer *json = &writer->json;
    json_open_object(json, NULL);
    json_text(json, "key", key);
    json_open_object(json, "value");
    if (strcmp(type, "boolValue") == 0)
        json_literal(json, type, value);
    else
        json_text(json, type, value);
    json_close(json);
    json_close(json);
}

static void otlp_count(struct spans_writer *writer, const char *key, uint32_t count)
{
    char word[SPANS_WORD];
    snprintf(word, sizeof(word), "%" PRIu32, count);
    otlp_attribute(writer, key, "intValue", word);
}

static void otlp_time(struct spans_writer *writer, const char *key, int64_t time_ns)
{
    char word[SPANS_WORD];
    const int64_t unix_ns = SPANS_MONDAY_NS + writer->scenario->week_start_ns + time_ns;
    snprintf(word, sizeof(word), "%" PRId64, unix_ns);
    json_text(&writer->json, key, word);
}

static void otlp_trace_id(struct spans_writer *writer, const struct span_log_trace *trace)
{
    char word[SPANS_WORD];
    snprintf(word, sizeof(word), "%s%016" PRIx64, writer->scenario->fingerprint, trace->number + 1);
    json_text(&writer->json, "traceId", word);
}

/* 64 bits: the request, its span, and the part of that. */
static void otlp_id(struct spans_writer *writer, const char *key,
                    const struct span_log_trace *trace, uint32_t index, uint32_t part)
{
    char word[SPANS_WORD];
    const uint64_t id =
        (trace->number + 1) << SPANS_ID_BITS | (uint64_t)index * (SPANS_PARTS + 1) | part;
    snprintf(word, sizeof(word), "%016" PRIx64, id);
    json_text(&writer->json, key, word);
}

static int otlp_kind(const struct box *box)
{
    if (box->part > 0)
        return OTLP_INTERNAL;
    return box->span->kind == SPAN_REQUEST ? OTLP_CLIENT
           : box->span->kind == SPAN_ASYNC ? OTLP_CONSUMER
                                           : OTLP_SERVER;
}

static void otlp_attributes(struct spans_writer *writer, const struct box *box)
{
    const struct span *span = box->span;
    json_open_array(&writer->json, "attributes");
    otlp_attribute(writer, "archsim.outcome", "stringValue", spans_outcome(span));
    if (span->kind != SPAN_REQUEST) {
        if (spans_copied(writer, span))
            otlp_count(writer, "archsim.copy", span->copy);
        if (span->zone < ZONES_MAX) {
            char word[SPANS_WORD];
            snprintf(word, sizeof(word), "%s%c", writer->scenario->region, 'a' + span->zone);
            otlp_attribute(writer, "cloud.availability_zone", "stringValue", word);
        }
    } else if (box->trace->left_out > 0) {
        otlp_count(writer, "archsim.calls_left_out", box->trace->left_out);
    }
    json_close(&writer->json);
}

/* That its caller had stopped waiting: its own outcome does not say so. */
static void otlp_events(struct spans_writer *writer, const struct span *span)
{
    if (span->given_up_ns == SPAN_NEVER)
        return;
    json_open_array(&writer->json, "events");
    json_open_object(&writer->json, NULL);
    otlp_time(writer, "timeUnixNano", span->given_up_ns - writer->results->spans_origin_ns);
    json_text(&writer->json, "name", SPANS_GIVEN_UP);
    json_close(&writer->json);
    json_close(&writer->json);
}

static void otlp_status(struct spans_writer *writer, const struct span *span)
{
    const bool good = span->end_ns != SPAN_NEVER && span->outcome == OUTCOME_OK;
    json_open_object(&writer->json, "status");
    json_whole(&writer->json, "code", good ? OTLP_OK : OTLP_ERROR);
    if (!good)
        json_text(&writer->json, "message", spans_outcome(span));
    json_close(&writer->json);
}

static void otlp_span(struct spans_writer *writer, const struct box *box)
{
    struct json_writer *json = &writer->json;
    const struct span *span = box->span;
    json_open_object(json, NULL);
    otlp_trace_id(writer, box->trace);
    otlp_id(writer, "spanId", box->trace, box->index, box->part);
    if (box->part > 0)
        otlp_id(writer, "parentSpanId", box->trace, box->index, 0);
    else if (span->parent != SPAN_NONE)
        otlp_id(writer, "parentSpanId", box->trace, span->parent, 0);
    json_text(json, "name", box->name);
    json_whole(json, "kind", (uint64_t)otlp_kind(box));
    otlp_time(writer, "startTimeUnixNano", box->begin_ns);
    otlp_time(writer, "endTimeUnixNano", box->end_ns);
    if (box->part == 0) {
        otlp_attributes(writer, box);
        otlp_events(writer, span);
        otlp_status(writer, span);
    }
    json_close(json);
}

/* Whose spans stand together: traffics first, then services. */
static uint32_t otlp_owner(const struct spans_writer *writer, const struct span *span)
{
    const struct edge *edge = spans_edge(writer, span);
    return span->kind == SPAN_REQUEST ? edge->caller - writer->scenario->services_count
                                      : writer->scenario->traffic_count + edge->service;
}

/* The boxes of each owner, in their order; first[owner] is where they begin. */
static const struct box **otlp_sort(struct spans_writer *writer, uint32_t owners, size_t *first)
{
    const struct box **sorted =
        arena_array(&writer->arena, writer->boxes_count, sizeof(const struct box *));
    size_t *next = arena_array(&writer->arena, owners, sizeof(*next));
    for (size_t i = 0; i < writer->boxes_count; i++)
        first[otlp_owner(writer, writer->boxes[i].span) + 1]++;
    for (uint32_t i = 0; i < owners; i++) {
        first[i + 1] += first[i];
        next[i] = first[i];
    }
    for (size_t i = 0; i < writer->boxes_count; i++)
        sorted[next[otlp_owner(writer, writer->boxes[i].span)]++] = &writer->boxes[i];
    return sorted;
}

/* What one traffic or service has done in all traces. */
static void otlp_resource(struct spans_writer *writer, uint32_t owner, const struct box **boxes,
                          size_t count)
{
    struct json_writer *json = &writer->json;
    const struct scenario *scenario = writer->scenario;
    const bool traffic = owner < scenario->traffic_count;
    json_open_object(json, NULL);
    json_open_object(json, "resource");
    json_open_array(json, "attributes");
    otlp_attribute(writer, "service.name", "stringValue", spans_who(writer, boxes[0]->span));
    otlp_attribute(writer, "archsim.type", "stringValue",
                   traffic ? "traffic"
                           : scenario->services[owner - scenario->traffic_count].type->name);
    otlp_attribute(writer, "archsim.sim", "boolValue", "true");
    otlp_attribute(writer, "archsim.scenario", "stringValue", scenario->name);
    json_close(json);
    json_close(json);
    json_open_array(json, "scopeSpans");
    json_open_object(json, NULL);
    json_open_object(json, "scope");
    json_text(json, "name", "archsim");
    json_close(json);
    json_open_array(json, "spans");
    for (size_t i = 0; i < count; i++)
        otlp_span(writer, boxes[i]);
    json_close(json);
    json_close(json);
    json_close(json);
    json_close(json);
}

void spans_otlp(const struct results *results, FILE *stream)
{
    struct spans_writer writer;
    spans_begin(&writer, results, stream);
    for (uint32_t i = 0; i < results->spans.count; i++)
        spans_open(&writer, &results->spans.traces[i]);
    const uint32_t owners = results->scenario->traffic_count + results->scenario->services_count;
    size_t *first = arena_array(&writer.arena, owners + 1, sizeof(*first));
    const struct box **boxes = otlp_sort(&writer, owners, first);
    writer.json.compact = true;
    json_open_object(&writer.json, NULL);
    json_open_array(&writer.json, "resourceSpans");
    for (uint32_t i = 0; i < owners; i++)
        if (first[i + 1] > first[i])
            otlp_resource(&writer, i, boxes + first[i], first[i + 1] - first[i]);
    json_close(&writer.json);
    json_close(&writer.json);
    spans_done(&writer);
}

/* ---- Chrome ---- */

/* On a lane stand calls within those that made them, or one after the other. */
struct chrome_lane {
    const struct box **open; /* the innermost last */
    uint32_t count, capacity;
};

static void chrome_push(struct chrome_lane *lane, const struct box *box, struct arena *arena)
{
    if (lane->count == lane->capacity) {
        lane->capacity = lane->capacity > 0 ? 2 * lane->capacity : CHROME_DEPTH;
        const struct box **open = arena_array(arena, lane->capacity, sizeof(const struct box *));
        if (lane->count > 0)
            memcpy(open, lane->open, lane->count * sizeof(const struct box *));
        lane->open = open;
    }
    lane->open[lane->count++] = box;
}

/* `parent`: the span that it is a part of, or whose call it is. */
static bool chrome_fits(struct chrome_lane *lane, const struct box *box, uint32_t parent)
{
    while (lane->count > 0 && lane->open[lane->count - 1]->end_ns <= box->begin_ns)
        lane->count--;
    if (lane->count == 0)
        return true;
    const struct box *around = lane->open[lane->count - 1];
    return around->part == 0 && around->index == parent && around->end_ns >= box->end_ns;
}

/* That of its parent, else the first that is free. */
static void chrome_lanes(struct spans_writer *writer, uint32_t spans_count)
{
    const uint32_t count = (uint32_t)writer->boxes_count;
    struct chrome_lane *lanes = arena_array(&writer->arena, count, sizeof(*lanes));
    uint32_t *of = arena_array(&writer->arena, spans_count, sizeof(*of));
    for (uint32_t i = 0; i < count; i++) {
        struct box *box = &writer->boxes[i];
        const uint32_t parent = box->part > 0 ? box->index : box->span->parent;
        uint32_t lane = parent == SPAN_NONE ? 0 : of[parent];
        for (uint32_t next = 0; !chrome_fits(&lanes[lane], box, parent); next++)
            lane = next;
        box->lane = lane;
        chrome_push(&lanes[lane], box, &writer->arena);
        if (box->part == 0)
            of[box->index] = lane;
    }
}

static void chrome_meta(struct spans_writer *writer, const struct span_log_trace *trace,
                        const char *what, uint64_t lane, const char *name)
{
    struct json_writer *json = &writer->json;
    json_open_object(json, NULL);
    json_text(json, "ph", "M");
    json_text(json, "name", what);
    json_whole(json, "pid", trace->number + 1);
    json_whole(json, "tid", lane + 1);
    json_open_object(json, "args");
    json_text(json, "name", name);
    json_close(json);
    json_close(json);
}

/* Readers add begin and duration as doubles, or cut them to whole nanoseconds: what ends together
 * must do so to the last bit, or the inner one seems to stick out. Eighths are exact in all. */
static double chrome_us(int64_t time_ns)
{
    return (double)((time_ns + CHROME_EIGHTH_NS / 2) / CHROME_EIGHTH_NS) / 8;
}

static void chrome_args(struct spans_writer *writer, const struct box *box)
{
    struct json_writer *json = &writer->json;
    const struct span *span = box->span;
    json_open_object(json, "args");
    json_text(json, "outcome", spans_outcome(span));
    if (span->kind != SPAN_REQUEST) {
        const char zone[] = {(char)('a' + span->zone), '\0'};
        if (spans_copied(writer, span))
            json_whole(json, "copy", span->copy);
        if (span->zone < ZONES_MAX)
            json_text(json, "zone", zone);
    } else if (box->trace->left_out > 0) {
        json_whole(json, "calls_left_out", box->trace->left_out);
    }
    if (span->given_up_ns != SPAN_NEVER)
        json_text(json, SPANS_GIVEN_UP,
                  arena_printf(&writer->arena, "after %.4g ms",
                               (double)(span->given_up_ns - span->begin_ns) / 1e6));
    json_close(json);
}

static void chrome_box(struct spans_writer *writer, const struct box *box)
{
    struct json_writer *json = &writer->json;
    const struct span *span = box->span;
    json_open_object(json, NULL);
    json_text(json, "ph", "X");
    json_text(json, "name", box->name);
    json_text(json, "cat", box->part > 0 ? "part" : span->kind == SPAN_ASYNC ? "async" : "call");
    json_whole(json, "pid", box->trace->number + 1);
    json_whole(json, "tid", box->lane + UINT64_C(1));
    const double begin_us = chrome_us(box->begin_ns);
    json_number(json, "ts", begin_us);
    json_number(json, "dur", chrome_us(box->end_ns) - begin_us);
    if (box->part == 0)
        chrome_args(writer, box);
    json_close(json);
}

static void chrome_trace(struct spans_writer *writer, const struct span_log_trace *trace)
{
    const struct span *root = &trace->spans[0];
    uint32_t lanes = 0;
    writer->boxes_count = 0;
    spans_open(writer, trace);
    chrome_lanes(writer, trace->count);
    chrome_meta(writer, trace, "process_name", 0,
                arena_printf(&writer->arena, "%s, request %" PRIu64 ": %.4g ms%s",
                             spans_who(writer, root), trace->number + 1,
                             (double)(spans_end_of(writer, root) - root->begin_ns) / 1e6,
                             trace->slow ? ", one of the slowest" : ""));
    for (uint32_t i = 0; i < writer->boxes_count; i++) {
        if (writer->boxes[i].lane == lanes) {
            chrome_meta(writer, trace, "thread_name", lanes, lanes == 0 ? "request" : "beside");
            lanes++;
        }
        chrome_box(writer, &writer->boxes[i]);
    }
}

void spans_chrome(const struct results *results, FILE *stream)
{
    struct spans_writer writer;
    spans_begin(&writer, results, stream);
    json_open_object(&writer.json, NULL);
    json_text(&writer.json, "displayTimeUnit", "ms");
    json_open_array(&writer.json, "traceEvents");
    for (uint32_t i = 0; i < results->spans.count; i++) {
        chrome_trace(&writer, &results->spans.traces[i]);
        arena_done(&writer.arena);
    }
    json_close(&writer.json);
    json_open_object(&writer.json, "otherData");
    json_text(&writer.json, "simulated", "archsim");
    json_text(&writer.json, "scenario", results->scenario->name);
    json_close(&writer.json);
    json_close(&writer.json);
    spans_done(&writer);
}
