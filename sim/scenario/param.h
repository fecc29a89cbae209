/* param: what a service type declares about itself, as tables: parameters, metrics, operations,
 * prices. The loader, `explain`, the JSON Schema, the reference and the error messages all read
 * these rows, so a parameter exists once. Defaults and ranges stand as users write them and go
 * through the same parser.
 *
 * A row:  TIME(timeout, "3s", "1s..15min", "a request that runs longer ends as `timeout`",
 *              DOCUMENTED("Lambda Developer Guide, Lambda quotas")),
 * The macro pastes the unit onto the field (`timeout` -> `timeout_ns`) and checks the field's C
 * type. PARAMS must be defined as the parameter struct before the table. Groups are dotted:
 * TIME_DIST(failure.mtbf, ...) fills `struct {...} failure; ` and reads `failure: {mtbf: ...}`.
 * Default NONE: optional without default; REQUIRED: must be given (in a group: once the group is
 * given). Range "": anything of the kind. A range bounds the mean of a distribution; "1..inf"
 * lets a count be `inf`, "1.." does not. */
#ifndef ARCHSIM_SCENARIO_PARAM_H
#define ARCHSIM_SCENARIO_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/distribution.h"
#include "sim/scenario/quantity.h"

#define NONE NULL
#define REQUIRED "!"

enum confidence {
    CONFIDENCE_DOCUMENTED, /* seen in the source named */
    CONFIDENCE_MEASURED,   /* a published measurement */
    CONFIDENCE_RECALLED,   /* well known, not seen again */
    CONFIDENCE_ESTIMATED,  /* a modelling assumption with a reason */
    CONFIDENCE_ASSUMED,    /* a choice; the user should set it */
    CONFIDENCE_DEFINED,    /* defined by the language itself (generic types) */
};

enum param_kind {
    PARAM_TIME,       /* int64_t NAME_ns;          not given: -1 */
    PARAM_RATE,       /* double NAME_per_s;        not given: NaN */
    PARAM_SIZE,       /* int64_t NAME_bytes;       not given: -1 */
    PARAM_THROUGHPUT, /* double NAME_bytes_per_s;  not given: NaN */
    PARAM_RATIO,      /* double NAME_ratio;        not given: NaN */
    PARAM_NUMBER, /* double NAME;              not given: NaN; a bare or CAPACITY number (unit) */
    PARAM_COUNT,  /* int64_t NAME_count;       not given: -1; `inf` = PARAM_INFINITE */
    PARAM_FLAG,   /* bool NAME;                true, false */
    PARAM_CHOICE, /* int NAME;                 index into choices; not given: -1 */
    PARAM_TIME_DIST,  /* const struct distribution *NAME_ns_dist;    not given: null */
    PARAM_SIZE_DIST,  /* const struct distribution *NAME_bytes_dist; not given: null */
    PARAM_COUNT_DIST, /* const struct distribution *NAME_count_dist; not given: null */
    PARAM_SERVICE,    /* struct call_target NAME_target;   a SERVICE or SERVICE.OPERATION to call;
                         `range` may name the operation that a bare name means */
    PARAM_SOURCE,   /* struct call_target NAME_target;   the source (queue, stream) that feeds this
                         service; its edge leads from the source to this service */
    PARAM_SERVICES, /* struct call_targets NAME_targets; a list of them */
    PARAM_POPULARITY, /* struct popularity NAME_popularity; zipf(n=1000 s=0.8) */
    PARAM_AMOUNT,     /* struct amount NAME_amount; `1000` things or `10 GiB` of them, at least 1 */
    PARAM_TEXT,       /* const char *NAME_text;    not given: null */
    PARAM_LIST,    /* struct list NAME_list;  a list of maps, each read by the rows of its items */
    PARAM_WATCH,   /* uint16_t NAME_service;  a service that is named, but not called; `range` may
                      name a control that its type must have, or be CHANGE_LOG */
    PARAM_WATCHES, /* struct watches NAME_services; a list of them */
    PARAM_READING, /* struct reading NAME_reading; SERVICE.METRIC, of one that runs beside */
    PARAM_NODE,    /* struct node *NAME_node;   of the language's own rooms (language.h), never of a
                         type: read by a reader of its own; `range` names its shape in the schema */
};

#define PARAM_INFINITE INT64_MAX
#define CHANGE_LOG "change log" /* model_info.change_log is asked for */

enum { SERVICE_NONE = 0xffff, OPERATION_SAME = 0xffff, ZONE_ANY = 0xff, RESOURCES_MAX = 6 };

/* Whom a type calls by itself (origin, targets). Each is an edge of the scenario (see
 * scenario.h). */
struct call_target {
    uint16_t service; /* index in scenario.services; SERVICE_NONE: not given */
    uint16_t
        operation; /* index in that service; OPERATION_SAME: the operation that was called, by name
                           (the loader made one edge per operation of the caller, in its order) */
    uint16_t edge; /* the first edge; caller operation o uses edge + o where OPERATION_SAME */
};

struct call_targets {
    const struct call_target *items;
    uint32_t count;
    /* `{service: app, copies: 4}`: one item, copies >= 1; a plain list: copies 0 */
    uint32_t copies;
};

/* P(k) ~ k^-s for objects 1..n; n = 0: not given. */
struct popularity {
    uint32_t n;
    double s;
};

/* So many things, or so many bytes of them: one of the two, the other is -1; not given: both -1. */
struct amount {
    int64_t count, bytes;
};

/* Items as their rows say; each of the size of its struct. Not given: count 0. */
struct list {
    const void *items;
    uint32_t count;
};

/* Services that are named: indexes in the scenario. */
struct watches {
    const uint16_t *items;
    uint32_t count;
};

/* What can be read of any service while the world runs (see service_read in models/model.h). */
enum reading_kind {
    READING_CALLS,       /* that arrived, in the period */
    READING_ERRORS,      /* of those that ended in the period: not ok */
    READING_THROTTLED,   /* of those: throttled */
    READING_LATENCY,     /* of good answers in the period, mean, ns; NaN: none */
    READING_UTILIZATION, /* mean over the period */
    READING_QUEUE,       /* waiting, mean over the period */
    READING_IN_FLIGHT,   /* mean over the period */
    READING_KINDS,
    READING_OWN = 0x100, /* + i: level i of the type's own metrics, at the end of the period */
};
struct reading {
    uint16_t service; /* SERVICE_NONE: not given */
    uint16_t what;    /* enum reading_kind, or READING_OWN + index in the type's metrics */
};

struct node;
struct quantity_error;
struct list_item;

struct param {
    const char *key; /* dotted for groups */
    enum param_kind kind;
    size_t offset;
    const char *fallback; /* default as written; NONE, REQUIRED */
    const char *range; /* "1s..15min", "0.." , "..1", "" ; for CHOICE: the words, "fifo lifo ps" */
    const char *help;  /* starts in lower case, no final period, <= 90 characters */
    const char *unit;  /* the noun of a PARAM_NUMBER ("ACU"), else null */
    enum confidence confidence;
    const char *source;
    const char *unless; /* what was assumed needs no warning where that key is given; or null */
    const struct list_item *item; /* of a PARAM_LIST */
    bool larger_is_stricter;      /* of a limit: what lets more in is a smaller value */
};

/* A key that has a meaning only where a choice of the type is that word. */
struct param_only {
    const char *key, *choice, *word;
};

/* What the items of a list are: maps with these rows. An item is its own struct, with PARAMS
 * defined as that struct before its rows; no lists within lists. */
struct list_item {
    const char *noun; /* "record" */
    const struct param *rows;
    uint32_t rows_count;
    size_t size;
};
#define ITEM(noun, rows, type)                                     \
    {                                                              \
        noun, rows, sizeof(rows) / sizeof((rows)[0]), sizeof(type) \
    }

#define DOCUMENTED(text) CONFIDENCE_DOCUMENTED, text, NULL
#define MEASURED(text) CONFIDENCE_MEASURED, text, NULL
#define RECALLED(text) CONFIDENCE_RECALLED, text, NULL
#define ESTIMATED(text) CONFIDENCE_ESTIMATED, text, NULL
#define ASSUMED(text) CONFIDENCE_ASSUMED, text, NULL
#define ASSUMED_UNLESS(key, text) CONFIDENCE_ASSUMED, text, key
#define DEFINED(text) CONFIDENCE_DEFINED, text, NULL

/* clang-format off */
#define PARAM_AT(field, type) _Generic(((PARAMS *)0)->field, type: offsetof(PARAMS, field))
#define PARAM_ROW(key, kind, offset, fallback, range, help, unit, ...) \
    { \
        #key, kind, offset, fallback, range, help, unit, __VA_ARGS__ \
    }
#define TIME(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_TIME, PARAM_AT(key##_ns, int64_t), fallback, range, help, NULL, \
              __VA_ARGS__)
#define RATE(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_RATE, PARAM_AT(key##_per_s, double), fallback, range, help, NULL, \
              __VA_ARGS__)
#define SIZE(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_SIZE, PARAM_AT(key##_bytes, int64_t), fallback, range, help, NULL, \
              __VA_ARGS__)
#define THROUGHPUT(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_THROUGHPUT, PARAM_AT(key##_bytes_per_s, double), fallback, range, help, \
              NULL, __VA_ARGS__)
#define RATIO(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_RATIO, PARAM_AT(key##_ratio, double), fallback, range, help, NULL, \
              __VA_ARGS__)
#define NUMBER(key, fallback, range, unit, help, ...) \
    PARAM_ROW(key, PARAM_NUMBER, PARAM_AT(key, double), fallback, range, help, unit, __VA_ARGS__)
#define COUNT(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_COUNT, PARAM_AT(key##_count, int64_t), fallback, range, help, NULL, \
              __VA_ARGS__)
#define FLAG(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_FLAG, PARAM_AT(key, bool), fallback, "", help, NULL, __VA_ARGS__)
#define CHOICE(key, fallback, words, help, ...) \
    PARAM_ROW(key, PARAM_CHOICE, PARAM_AT(key, int), fallback, words, help, NULL, __VA_ARGS__)
#define PARAM_DIST const struct distribution *
#define TIME_DIST(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_TIME_DIST, PARAM_AT(key##_ns_dist, PARAM_DIST), fallback, range, help, \
              NULL, __VA_ARGS__)
#define SIZE_DIST(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_SIZE_DIST, PARAM_AT(key##_bytes_dist, PARAM_DIST), fallback, range, help, \
              NULL, __VA_ARGS__)
#define COUNT_DIST(key, fallback, range, help, ...) \
    PARAM_ROW(key, PARAM_COUNT_DIST, PARAM_AT(key##_count_dist, PARAM_DIST), fallback, range, \
              help, NULL, __VA_ARGS__)
#define SERVICE(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_SERVICE, PARAM_AT(key##_target, struct call_target), fallback, "", help, \
              NULL, __VA_ARGS__)
#define SERVICE_OPERATION(key, fallback, operation, help, ...) \
    PARAM_ROW(key, PARAM_SERVICE, PARAM_AT(key##_target, struct call_target), fallback, operation, \
              help, NULL, __VA_ARGS__)
#define SOURCE(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_SOURCE, PARAM_AT(key##_target, struct call_target), fallback, "", help, \
              NULL, __VA_ARGS__)
#define SERVICES(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_SERVICES, PARAM_AT(key##_targets, struct call_targets), fallback, "", \
              help, NULL, __VA_ARGS__)
#define POPULARITY(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_POPULARITY, PARAM_AT(key##_popularity, struct popularity), fallback, "", \
              help, NULL, __VA_ARGS__)

#define AMOUNT(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_AMOUNT, PARAM_AT(key##_amount, struct amount), fallback, "", help, NULL, \
              __VA_ARGS__)
/* `item_of` is a `static const struct list_item`. */
#define LIST(key, fallback, item_of, help, ...) \
    { \
        #key, PARAM_LIST, PARAM_AT(key##_list, struct list), fallback, "", help, NULL, \
            __VA_ARGS__, &(item_of) \
    }
#define WATCH(key, fallback, control, help, ...) \
    PARAM_ROW(key, PARAM_WATCH, PARAM_AT(key##_service, uint16_t), fallback, control, help, NULL, \
              __VA_ARGS__)
#define WATCHES(key, fallback, control, help, ...) \
    PARAM_ROW(key, PARAM_WATCHES, PARAM_AT(key##_services, struct watches), fallback, control, \
              help, NULL, __VA_ARGS__)
#define READING(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_READING, PARAM_AT(key##_reading, struct reading), fallback, "", help, \
              NULL, __VA_ARGS__)
#define TEXT(key, fallback, help, ...) \
    PARAM_ROW(key, PARAM_TEXT, PARAM_AT(key##_text, const char *), fallback, "", help, NULL, \
              __VA_ARGS__)
#define NODE(key, fallback, shape, help, ...) \
    PARAM_ROW(key, PARAM_NODE, PARAM_AT(key##_node, struct node *), fallback, shape, help, NULL, \
              __VA_ARGS__)

/* clang-format on */

/* A metric of the type's own, reported under services.NAME beside the common ones. */
enum metric_form {
    METRIC_VALUE,   /* one number per replication */
    METRIC_RATIO,   /* hits of trials, pooled for Clopper-Pearson */
    METRIC_MAX,     /* the largest of all replications, no interval */
    METRIC_LATENCY, /* {mean, sd, p50, ...} */
};
struct metric {
    const char *name; /* CloudWatch's name in snake_case */
    enum quantity unit;
    enum metric_form form;
    const char *help;
    bool level; /* model.level tells its present value: alarms may watch it */
};

/* A built-in operation (get, put, publish, ...). Types without any have none; users add their
 * own with `operations:` where `user_operations`. */
struct operation_info {
    const char *name;
    const char *help;
};

/* A price item (filled in with the price catalogue's issue). */
struct price_info {
    const char *item, *unit, *help;
};

/* What a source says to those whom it feeds. */
struct source_terms {
    int64_t hold_ns; /* what was received and is not worked off by then comes back */
    bool ordered;    /* group by group, in order */
    bool parted;     /* a stream: shards, each read in order, at its own place, by every consumer;
                        what was handed out does not come back */
    uint32_t consumers_most; /* 0: any number */
    const char *nothing;     /* null, or why nothing can be received, after the source's name */
};

/* A call or a traffic as a network sees it, while the scenario is loaded. Services by index. */
struct passage {
    const struct scenario *scenario;
    uint16_t caller; /* SERVICE_NONE: traffic, from outside */
    uint16_t callee;
    uint16_t operation; /* of the callee */
    uint16_t via;       /* the path that the call takes, or SERVICE_NONE */
};
struct scenario;

/* As what a load balancer of AWS may have a service as a target: the target types of Elastic Load
 * Balancing, and what they speak. */
enum target_kind {
    TARGET_KIND_ADDRESS,  /* addresses in a network: instances, tasks, what stands for them */
    TARGET_KIND_DATABASE, /* the same, but not for HTTP */
    TARGET_KIND_FUNCTION,
    TARGET_KIND_ALB,
    TARGET_KIND_NONE, /* an endpoint of AWS or a name, not an address in a network */
};

/* What the loader knows of a service type: tables only, no behaviour (models/model.h adds that). */
struct model_info {
    const char *name;  /* `type:` */
    const char *title; /* one line */
    const char
        *text; /* a paragraph for explain: the mechanism in queueing words, what is left out */
    const struct param *params;
    const struct metric *metrics;
    const struct operation_info *operations;
    const struct price_info *prices;
    const struct param *quotas; /* of the account in the region, shared by all services of the type:
                                   `quotas: {TYPE: {KEY: ..}}` at the top of a scenario */
    const char *const *ahead;   /* keys of what must be arranged with the provider beforehand: the
                                     summary names those that are given beyond their default */
    const char *const *resources;  /* what else than its capacity may run out: see model.usage */
    const struct param_only *only; /* keys that are refused beside another word of a choice */
    uint32_t params_count, metrics_count, operations_count, prices_count, quotas_count, ahead_count,
        resources_count, only_count;
    size_t params_size, quotas_size;
    bool takes_work;       /* `work` and `calls` (and {work:} steps) are meaningful */
    bool takes_operations; /* the user may declare `operations:` */
    bool forwards; /* an operation nobody declared is passed on to the targets (load_balancer) */
    bool copyable; /* may stand behind a load_balancer with `copies` */
    const char *work_help; /* what `work` means here, physically */
    /* The warning where {work:} inside `parallel` is not what it seems, else null. */
    const char *branch_work;
    const char *resource; /* what its utilization is of: "servers"; null: "capacity" */
    bool members;         /* it announces members of its own to its balancers */
    bool scales;          /* its capacity follows the load, over minutes: it is never stationary */
    bool (*scales_with)(const void *params); /* never stationary with these parameters, as it scales
                                                or lives on credits; null: as `scales` says */
    bool source;                             /* others may be fed by it: a trigger's `from` */
    bool acts;                               /* it does something even if nobody calls it */
    bool change_log;                         /* it keeps a log of what is written: service_commit */
    const char *operations_from; /* a LIST whose items' `name`s are operations of the service, in
                                    that order, after the built-in ones; or null */
    bool holds_events;  /* asynchronous calls stand in a queue of its own: while they wait there
                          (call_again) they are `queue` and hold no place of a bulkhead, and one
                          that rejects them leaves them to `keep` */
    bool outbound_only; /* its place in a network is where its own calls begin: what calls it comes
                           over an API of AWS */
    bool path;          /* calls may go `via` it: it has an operation for each callee (scenario.h,
                             operation.path), whose program is the call itself */
    const char *const *controls; /* what an administrator may do to it ("desired", "code"), ended
                                    by null; or null: nothing. See model.control */
    /* Of a network, or of who is called: null, or why that call may not be, as a sentence of the
     * arena. All calls of the scenario are shown to it. */
    const char *(*forbid)(const void *params, const struct passage *passage, struct arena *arena);
    enum target_kind target_kind;
    uint32_t balances;         /* kinds (1 << kind) that may stand in its SERVICES, and */
    const char *balances_help; /* what they are, for who writes another; null: all may */
    /* Cross-parameter rules; null: none. Returns null or what is wrong, naming the key first:
     * "room: ...", so that the loader can point at it. */
    const char *(*check)(const void *params);
    struct source_terms (*terms)(const void *params); /* of a source; null: it holds for ever */
    /* As `check`, of a consumer beside the terms of what feeds it; null: none. */
    const char *(*check_source)(const void *params, const struct source_terms *terms);
    /* As `check`, of the last of `count` services of the type, beside the others and the quotas
     * that they share; null: none. */
    const char *(*check_together)(const void *quotas, const void *const *params, uint32_t count);
};
#define TABLE(rows) rows, sizeof(rows) / sizeof((rows)[0])
/* In a model_info: ROWS(params, cache_rows) sets params and params_count, ROWS(metrics, ...)
 * likewise. */
#define ROWS(table, rows) .table = rows, .table##_count = sizeof(rows) / sizeof((rows)[0])

/* What the bounds of a row mean, in the inside unit: -INFINITY and INFINITY where open. */
struct param_range {
    double low, high;
    bool infinite; /* a count may be `inf` */
};
struct param_range param_range(const struct param *param);

/* Of a limit with a default: the value, which the row has parsed, lets more in than that does. */
bool param_loosens(const struct param *param, const char *text);

/* What a value is parsed with: arrays live in the arena, files are relative to the directory. */
struct param_context {
    struct arena *arena;
    const char *directory;
    bool heavy_tail; /* out: the mean of many draws converges slowly */
};
/* Sets the field to "not given". */
void param_clear(const struct param *param, void *params);
/* Parses one value as users write it, checks the range and sets the field; for every kind that a
 * scalar can hold by itself (not LIST, NODE, nor what param_refers). False and *error otherwise. */
bool param_parse(const struct param *param, const char *text, struct param_context *context,
                 void *params, struct quantity_error *error);

/* The kind names services: bound when all of them are known. */
bool param_refers(enum param_kind kind);
/* "time", "time distribution", ...: as `explain` shows it. */
const char *param_kind_name(enum param_kind kind);
/* "a time such as 20ms": what a value of that row looks like; of a choice the words. */
const char *param_expectation(const struct param *param, struct arena *arena);
/* The quantity behind a kind (of a distribution: of its values); false for kinds without one. */
bool param_quantity(const struct param *param, enum quantity *quantity);
/* The i-th word of a choice, copied to `word`; false beyond the last. */
bool param_word(const struct param *param, uint32_t i, char *word, size_t size);

#endif
