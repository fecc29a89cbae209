/* json: walks the metric list: paths nest at their dots, and since the list keeps what belongs
 * together together, each object is opened once. */
#include "reports/json.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "reports/json_writer.h"

enum { JSON_RESULTS_VERSION = 1, JSON_KEY_MAX = 256, JSON_PATH_DEPTH_MAX = 8 };

/* The open part of a path: where its components end. */
struct json_path {
    const char *text;
    size_t ends[JSON_PATH_DEPTH_MAX];
    uint32_t depth; /* open objects */
};

static const char *json_key(char *key, const char *start, size_t length)
{
    assert(length < JSON_KEY_MAX);
    memcpy(key, start, length);
    key[length] = '\0';
    return key;
}

/* Closes what `path` does not share, down to `depth_min` levels; `next` may be null. */
static void json_leave(struct json_writer *json, struct json_path *open, const char *next,
                       uint32_t depth_min)
{
    uint32_t shared = 0;
    while (next && shared < open->depth && strncmp(open->text, next, open->ends[shared]) == 0 &&
           next[open->ends[shared]] == '.')
        shared++;
    shared = shared < depth_min ? depth_min : shared;
    for (; open->depth > shared; open->depth--)
        json_close(json);
}

static void json_metric(struct json_writer *json, struct json_path *open, const char *path,
                        struct interval estimate)
{
    char key[JSON_KEY_MAX];
    json_leave(json, open, path, 0);
    open->text = path;
    const char *start = path;
    if (open->depth > 0)
        start += open->ends[open->depth - 1] + 1;
    for (const char *dot = strchr(start, '.'); dot; start = dot + 1, dot = strchr(start, '.')) {
        assert(open->depth < JSON_PATH_DEPTH_MAX);
        json_open_object(json, json_key(key, start, (size_t)(dot - start)));
        open->ends[open->depth++] = (size_t)(dot - path);
    }
    json_estimate(json, start, estimate);
}

static void json_plain_estimate(struct json_writer *json, const char *key, double value)
{
    json_estimate(json, key, (struct interval){value, NAN, NAN});
}

static void json_worst(struct json_writer *json, const struct results_worst *worst)
{
    if (!worst->known) {
        json_put_null(json, "worst");
        return;
    }
    json_open_object(json, "worst");
    json_open_object(json, "window");
    json_number(json, "from", worst->from_s);
    json_number(json, "to", worst->to_s);
    json_close(json);
    json_open_object(json, "latency");
    json_plain_estimate(json, "p99", worst->latency_p99_s);
    json_close(json);
    json_plain_estimate(json, "availability", worst->availability);
    json_plain_estimate(json, "throughput", worst->throughput_per_s);
    json_close(json);
}

/* Whose entry it is: the first component and the name after it, "services.orders". */
static size_t json_owner_length(const char *path)
{
    const char *dot = strchr(path, '.');
    assert(dot);
    const char *end = strchr(dot + 1, '.');
    assert(end);
    return (size_t)(end - path);
}

/* All entries from *next on that have the same owner, as members of the open object. */
static void json_owned(struct json_writer *json, const struct results *results, uint32_t *next)
{
    const struct metric_list *list = results->scenario->metrics;
    assert(*next < list->count);
    const char *owner = list->entries[*next].path;
    const size_t length = json_owner_length(owner);
    struct json_path open = {0};
    for (; *next < list->count; ++*next) {
        const char *path = list->entries[*next].path;
        if (strncmp(path, owner, length + 1) != 0)
            break;
        json_metric(json, &open, path + length + 1, results->metrics[*next]);
    }
    json_leave(json, &open, NULL, 0);
}

static void json_traffic(struct json_writer *json, const struct results *results, uint32_t *next)
{
    const struct scenario *scenario = results->scenario;
    json_open_object(json, "traffic");
    for (uint32_t i = 0; i < scenario->traffic_count; i++) {
        json_open_object(json, scenario->traffic[i].name);
        json_owned(json, results, next);
        json_worst(json, &results->worst[i]);
        json_close(json);
    }
    json_close(json);
}

/* A service without operations or callees of its own still has the (empty) objects. */
static void json_services(struct json_writer *json, const struct results *results, uint32_t *next)
{
    const struct scenario *scenario = results->scenario;
    uint32_t edge = 0; /* they are grouped by caller, in order */
    json_open_object(json, "services");
    for (uint32_t i = 0; i < scenario->services_count; i++) {
        const struct scenario_service *service = &scenario->services[i];
        while (edge < scenario->edges_count && scenario->edges[edge].caller < i)
            edge++;
        const bool has_callees = edge < scenario->edges_count && scenario->edges[edge].caller == i;
        json_open_object(json, service->name);
        json_text(json, "type", service->type->name);
        json_owned(json, results, next);
        if (!service->has_operations) {
            json_open_object(json, "operations");
            json_close(json);
        }
        if (!has_callees) {
            json_open_object(json, "outgoing");
            json_close(json);
        }
        json_close(json);
    }
    json_close(json);
}

static void json_scenario(struct json_writer *json, const struct results *results)
{
    const struct scenario *scenario = results->scenario;
    json_open_object(json, "scenario");
    json_text(json, "name", scenario->name);
    json_text(json, "file", scenario->file);
    json_text(json, "fingerprint", scenario->fingerprint);
    json_text(json, "region", scenario->region);
    json_whole(json, "seed", scenario->seed);
    json_whole(json, "replications", results->replications);
    json_number(json, "duration", (double)scenario->duration_ns / 1e9);
    json_number(json, "warmup", results->warmup_s);
    json_whole(json, "events", results->simulated);
    json_number(json, "wall_time", results->wall_time_s);
    json_close(json);
}

/* What needs prices and faults, which come later. */
static void json_later(struct json_writer *json, const struct results *results)
{
    json_put_null(json, "cost");
    json_open_object(json, "recovery");
    json_close(json);
    json_open_object(json, "yearly");
    json_open_object(json, "traffic");
    for (uint32_t i = 0; i < results->scenario->traffic_count; i++)
        json_put_null(json, results->scenario->traffic[i].name);
    json_close(json);
    json_close(json);
}

static void json_bottleneck(struct json_writer *json, const struct results *results)
{
    const struct results_bottleneck *bottleneck = &results->bottleneck;
    if (!bottleneck->known) {
        json_put_null(json, "bottleneck");
        return;
    }
    json_open_object(json, "bottleneck");
    json_text(json, "service", results->scenario->services[bottleneck->service].name);
    json_text(json, "resource", bottleneck->resource);
    json_estimate(json, "utilization", bottleneck->utilization);
    json_estimate(json, "headroom", bottleneck->headroom);
    json_close(json);
}

static void json_event(struct json_writer *json, const struct results_event *event)
{
    json_open_object(json, NULL);
    json_number(json, "time", event->time_s);
    json_number(json, "until", event->until_s);
    json_text(json, "service", event->service);
    json_text(json, "kind", event->kind);
    json_text(json, "metric", event->metric);
    json_number(json, "value", event->value);
    json_number(json, "threshold", event->threshold);
    json_number(json, "from", event->from);
    json_number(json, "to", event->to);
    json_number(json, "delay", event->delay_s);
    if (event->count > 0)
        json_whole(json, "count", event->count);
    else
        json_put_null(json, "count");
    json_text(json, "text", event->text);
    json_close(json);
}

/* Of the first replication: an example; the database has all. */
static void json_events(struct json_writer *json, const struct results *results)
{
    json_open_array(json, "events");
    for (uint32_t i = 0; i < results->events_count; i++)
        if (results->events[i].replication == 0)
            json_event(json, &results->events[i]);
    json_close(json);
}

static void json_slo(struct json_writer *json, const struct results *results)
{
    json_open_array(json, "slo");
    for (uint32_t i = 0; i < results->scenario->promises_count; i++) {
        const struct promise *promise = &results->scenario->promises[i];
        const struct verdict *verdict = &results->verdicts[i];
        json_open_object(json, NULL);
        json_text(json, "text", promise->text);
        json_text(json, "path", promise->path);
        json_number(json, "value", verdict->estimate.value);
        json_number(json, "low", verdict->estimate.low);
        json_number(json, "high", verdict->estimate.high);
        json_number(json, "limit", promise->limit);
        json_text(json, "verdict", verdict_names[verdict->kind]);
        json_text(json, "reason", verdict->reason);
        json_text(json, "severity", promise->warning ? "warning" : "error");
        json_number(json, "at_load", promise->at_load);
        json_text(json, "why", promise->why);
        json_close(json);
    }
    json_close(json);
}

static void json_arrangements(struct json_writer *json, const struct scenario *scenario)
{
    json_open_array(json, "arrangements");
    for (const struct arrangement *at = scenario->arrangements; at != NULL; at = at->next) {
        json_open_object(json, NULL);
        json_text(json, "path", at->path);
        json_text(json, "value", at->value);
        json_text(json, "usually", at->usually);
        json_close(json);
    }
    json_close(json);
}

static void json_warnings(struct json_writer *json, const struct results *results)
{
    json_open_array(json, "warnings");
    for (uint32_t i = 0; i < results->warnings_count; i++) {
        json_open_object(json, NULL);
        json_text(json, "code", results->warnings[i].code);
        json_text(json, "path", results->warnings[i].path);
        json_text(json, "text", results->warnings[i].text);
        json_close(json);
    }
    json_close(json);
}

static void json_one(struct json_writer *json, const struct results *results)
{
    uint32_t next = 0; /* in the metric list: traffic first, then services */
    json_open_object(json, NULL);
    json_open_object(json, "archsim");
    json_text(json, "version", ARCHSIM_VERSION);
    json_whole(json, "results", JSON_RESULTS_VERSION);
    json_close(json);
    json_scenario(json, results);
    json_traffic(json, results, &next);
    json_services(json, results, &next);
    assert(next == results->scenario->metrics->count);
    json_later(json, results);
    json_bottleneck(json, results);
    json_events(json, results);
    json_slo(json, results);
    json_arrangements(json, results->scenario);
    json_warnings(json, results);
    json_close(json);
}

void json_report(const struct results *results, FILE *stream)
{
    struct json_writer json;
    json_init(&json, stream);
    json_one(&json, results);
}

void json_report_all(const struct results *const *results, uint32_t count, FILE *stream)
{
    struct json_writer json;
    json_init(&json, stream);
    json_open_array(&json, NULL);
    for (uint32_t i = 0; i < count; i++)
        json_one(&json, results[i]);
    json_close(&json);
}
