/* dynamodb_capacity: what a table may use: units of reads and of writes, each from a token bucket
 * of the table and from that of a partition. On demand the limits follow the previous peak (peaks);
 * provisioned they are what was asked for, which Application Auto Scaling may change (autoscaler):
 * then UpdateTable takes minutes, one at a time, and decreases are few a day (decreases). */
#ifndef ARCHSIM_MODELS_DYNAMODB_CAPACITY_H
#define ARCHSIM_MODELS_DYNAMODB_CAPACITY_H

#include <math.h>

#include "models/dynamodb_tables.h"
#include "sim/blocks/autoscaler.h"
#include "sim/blocks/decreases.h"
#include "sim/blocks/partitions.h"
#include "sim/blocks/peaks.h"

#define SECOND_NS 1e9
#define TOLD_RATIO 1.1
#define MINUTE_NS INT64_C(60000000000)

struct dynamodb_capacity;

/* Reads or writes of the table. */
struct dynamodb_side {
    struct bucket bucket;
    double limit_per_s, most_per_s; /* units; what the limit never exceeds */
    const char *most_name;          /* what a call beyond that is told */
    int64_t total, total_before;    /* tokens used, and those before this datapoint */
    int64_t total_begin, total_end; /* those before and in the window */
    uint64_t throttled;             /* measured */
    struct peaks peaks;             /* on demand */
    struct log_entry *growth;       /* the last */
    struct autoscaler autoscaler;   /* provisioned */
    int64_t total_sampled;          /* tokens before the minute that it looks at */
    double area_sampled;            /* and limit_area then */
    double asked_per_s;             /* for the limit, by auto scaling */
    double limit_begin, limit_end;  /* units provisioned, integrated up to the window's ends */
    double limit_area;              /* the same up to changed_ns */
    int64_t changed_ns;
    struct dynamodb_capacity *table; /* whose side it is */
    enum dynamodb_kind kind;
};

struct dynamodb_capacity {
    struct world *w;
    struct service *s;
    struct dynamodb_side sides[DYNAMODB_KINDS];
    struct partitions partitions;
    struct log_entry *split; /* the last */
    double hot_begin_s, hot_end_s;
    struct decreases decreases;
    struct random update_random;
    bool updating; /* a side to a limit */
    enum dynamodb_kind updated;
    double update_per_s;
};

/* ---- limits ---- */

/* Whole half units that come at a rate of units in a time; a bucket holds one at least. */
static inline int64_t dynamodb_tokens(double units_per_s, int64_t time_ns)
{
    return (int64_t)fmax(1, round(units_per_s * UNIT * (double)time_ns / SECOND_NS));
}

/* How long unused capacity of the table is kept. */
static inline int64_t dynamodb_kept_ns(const struct dynamodb_params *p)
{
    const int64_t burst_ns = p->mode == DYNAMODB_PROVISIONED ? p->burst_time_ns : 0;
    return burst_ns > p->limit_period_ns ? burst_ns : p->limit_period_ns;
}

static inline double dynamodb_given(double per_s)
{
    return isnan(per_s) ? 0 : per_s;
}

static inline double dynamodb_of(const struct dynamodb_rates *rates, enum dynamodb_kind kind)
{
    return kind == DYNAMODB_READS ? rates->reads_per_s : rates->writes_per_s;
}

static inline double dynamodb_first_limit(const struct dynamodb_params *p, enum dynamodb_kind kind)
{
    if (p->mode == DYNAMODB_PROVISIONED) {
        return dynamodb_of(&p->provisioned, kind);
    }
    const double warm = dynamodb_of(&p->warm_throughput, kind);
    const double peak = dynamodb_of(&p->previous_peak, kind);
    return fmax(dynamodb_of(&p->new_table, kind),
                fmax(dynamodb_given(warm), 2 * dynamodb_given(peak)));
}

/* The quota, or what the owner has set. */
static inline void dynamodb_start_most(const struct service *s, struct dynamodb_side *side)
{
    const struct dynamodb_params *p = s->params;
    const struct dynamodb_quotas *quotas = s->quotas;
    const double own_per_s = dynamodb_of(&p->max_throughput, side->kind);
    side->most_per_s =
        side->kind == DYNAMODB_READS ? quotas->table_reads_per_s : quotas->table_writes_per_s;
    side->most_name = dynamodb_quota_names[side->kind];
    if (own_per_s < side->most_per_s) {
        side->most_per_s = own_per_s;
        side->most_name = dynamodb_maximum_names[side->kind];
    }
}

static inline void dynamodb_start_side(struct dynamodb_capacity *table, enum dynamodb_kind kind)
{
    struct service *s = table->s;
    const struct dynamodb_params *p = s->params;
    struct dynamodb_side *side = &table->sides[kind];
    side->table = table;
    side->kind = kind;
    dynamodb_start_most(s, side);
    side->limit_per_s = fmin(dynamodb_first_limit(p, kind), side->most_per_s);
    side->asked_per_s = side->limit_per_s;
    side->changed_ns = core_now(s->core);
    peaks_init(&side->peaks, s->arena, p->growth_time_ns, p->datapoint_ns, side->limit_per_s / 2);
    bucket_init(&side->bucket, side->limit_per_s * UNIT,
                dynamodb_tokens(side->limit_per_s, dynamodb_kept_ns(p)));
}

static inline double dynamodb_limit_area(const struct dynamodb_side *side, int64_t now_ns)
{
    return side->limit_area + side->limit_per_s * (double)(now_ns - side->changed_ns) / SECOND_NS;
}

/* The table's limit is another one from now on. */
static inline void dynamodb_set_limit(struct dynamodb_side *side, double limit_per_s)
{
    struct dynamodb_capacity *table = side->table;
    const struct dynamodb_params *p = table->s->params;
    const int64_t now_ns = core_now(table->s->core);
    side->limit_area = dynamodb_limit_area(side, now_ns);
    side->changed_ns = now_ns;
    side->limit_per_s = limit_per_s;
    bucket_change(&side->bucket, now_ns, limit_per_s * UNIT,
                  dynamodb_tokens(limit_per_s, dynamodb_kept_ns(p)));
    const double rates_per_s[] = {
        table->sides[DYNAMODB_READS].limit_per_s * UNIT,
        table->sides[DYNAMODB_WRITES].limit_per_s * UNIT,
    };
    partitions_fit(&table->partitions, now_ns, rates_per_s);
}

/* ---- partitions ---- */

/* As many as the size needs, and each of the rates: nobody says how many there really are. */
static inline uint32_t dynamodb_first_partitions(const struct dynamodb_capacity *table)
{
    const struct dynamodb_params *p = table->s->params;
    const double reads = fmax(table->sides[DYNAMODB_READS].limit_per_s,
                              dynamodb_given(p->warm_throughput.reads_per_s));
    const double writes = fmax(table->sides[DYNAMODB_WRITES].limit_per_s,
                               dynamodb_given(p->warm_throughput.writes_per_s));
    double count = fmax(0, (double)p->table_size_bytes) / (double)p->partition.size_bytes;
    count = fmax(count, reads / p->partition.reads_per_s);
    count = fmax(count, writes / p->partition.writes_per_s);
    count = fmax(ceil(count), fmax(1, (double)p->partitions_count));
    return (uint32_t)fmin(count, PARTITIONS_MAX);
}

static inline void dynamodb_start_partitions(struct dynamodb_capacity *table,
                                             void (*split)(void *, uint32_t, uint32_t),
                                             void *context)
{
    struct service *s = table->s;
    const struct dynamodb_params *p = s->params;
    struct random placement = service_random(table->w, s, "placement");
    const double reads = p->partition.reads_per_s, writes = p->partition.writes_per_s;
    const int64_t datapoints = (p->split.after_ns + p->datapoint_ns - 1) / p->datapoint_ns;
    partitions_init(&table->partitions, s->arena,
                    &(struct partitions_rules){
                        .count = dynamodb_first_partitions(table),
                        .limits = {{reads * UNIT, dynamodb_tokens(reads, p->limit_period_ns)},
                                   {writes * UNIT, dynamodb_tokens(writes, p->limit_period_ns)}},
                        .keys_count = p->keys_popularity.n,
                        .zipf_s = p->keys_popularity.s,
                        .salt = random_next(&placement),
                        .split_ratio = p->split.above_ratio,
                        .split_ticks = (uint32_t)fmin((double)datapoints, UINT32_MAX),
                        .single_ratio = p->split.single_key_ratio,
                        .split = split,
                        .context = context,
                    });
}

/* ---- auto scaling ---- */

static inline bool dynamodb_less_allowed(const struct dynamodb_capacity *table)
{
    return decreases_allowed(&table->decreases, core_now(table->s->core));
}

/* The next UpdateTable, if one is asked for and none is under way. */
static inline void dynamodb_update(struct dynamodb_capacity *table)
{
    struct service *s = table->s;
    const struct dynamodb_params *p = s->params;
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS && !table->updating; kind++) {
        struct dynamodb_side *side = &table->sides[kind];
        if (side->asked_per_s < side->limit_per_s) {
            if (!dynamodb_less_allowed(table)) {
                side->asked_per_s = side->limit_per_s;
            } else {
                decreases_take(&table->decreases, core_now(s->core));
            }
        }
        if (side->asked_per_s != side->limit_per_s) {
            table->updating = true;
            table->updated = (enum dynamodb_kind)kind;
            table->update_per_s = side->asked_per_s;
            service_timer(s, distribution_draw_int(p->update_time_ns_dist, &table->update_random),
                          DYNAMODB_UPDATED);
        }
    }
}

static inline void dynamodb_updated(struct dynamodb_capacity *table)
{
    table->updating = false;
    dynamodb_set_limit(&table->sides[table->updated], table->update_per_s);
    dynamodb_update(table);
}

/* Of what was provisioned in the minute, on the mean. A minute without any use has no datapoint. */
static inline void dynamodb_scale_sample(void *context)
{
    struct dynamodb_side *side = context;
    const double used = (double)(side->total - side->total_sampled) / UNIT;
    const double area = dynamodb_limit_area(side, core_now(side->table->s->core));
    const double provided = area - side->area_sampled;
    side->total_sampled = side->total;
    side->area_sampled = area;
    autoscaler_put(&side->autoscaler, 0, used > 0 ? used / provided : (double)NAN,
                   provided / ((double)MINUTE_NS / SECOND_NS));
}

static inline struct scaler_state dynamodb_scale_state(void *context)
{
    const struct dynamodb_side *side = context;
    return (struct scaler_state){
        .desired = side->asked_per_s,
        .settled = side->asked_per_s,
        .growing = side->table->updating || !dynamodb_less_allowed(side->table),
    };
}

static inline void dynamodb_scale_apply(void *context, const struct scaler_decision *decision)
{
    struct dynamodb_side *side = context;
    struct dynamodb_capacity *table = side->table;
    const struct dynamodb_params *p = table->s->params;
    const double asked_per_s = fmin(decision->desired, side->most_per_s);
    const bool tracked = decision->reason == SCALER_TRACKING;
    const bool busy = table->updating && table->updated == side->kind;
    if (asked_per_s == side->asked_per_s || (tracked && busy)) {
        return; /* the quota is reached; or a change is under way: the next minute asks anew */
    }
    service_log(table->w, table->s,
                &(struct log_entry){
                    .kind = asked_per_s > side->asked_per_s ? LOG_SCALE_OUT : LOG_SCALE_IN,
                    .metric = tracked ? dynamodb_scaling_names[side->kind] : "schedule",
                    .value = decision->value,
                    .threshold = decision->threshold,
                    .from = side->asked_per_s,
                    .to = asked_per_s,
                    .delay_ns = (int64_t)p->update_time_ns_dist->mean,
                    .text = tracked ? "UpdateTable takes minutes" : NULL,
                });
    side->asked_per_s = asked_per_s;
    dynamodb_update(table);
}

/* A timer of theirs. */
static inline void dynamodb_scaler_due(struct dynamodb_capacity *table, uint32_t index)
{
    autoscaler_due(&table->sides[index / AUTOSCALER_TIMERS].autoscaler, index % AUTOSCALER_TIMERS);
}

static const struct autoscaler_ops dynamodb_scale_ops = {
    .sample = dynamodb_scale_sample,
    .state = dynamodb_scale_state,
    .apply = dynamodb_scale_apply,
};

static inline void dynamodb_start_schedule(struct dynamodb_side *side,
                                           const struct dynamodb_params *p)
{
    const struct dynamodb_action *actions = p->schedule_list.items;
    for (uint32_t i = 0; i < p->schedule_list.count; i++) {
        const double min = dynamodb_of(&actions[i].min, side->kind);
        const double max = dynamodb_of(&actions[i].max, side->kind);
        if (!isnan(min) || !isnan(max)) {
            scaler_schedule(&side->autoscaler.scaler,
                            &(struct scaler_action){
                                .at_ns = actions[i].at_ns,
                                .every_ns = actions[i].every_ns > 0 ? actions[i].every_ns : 0,
                                .min = min,
                                .max = max,
                                .desired = (double)NAN,
                            });
        }
    }
}

static inline void dynamodb_start_scaling(struct dynamodb_side *side)
{
    struct service *s = side->table->s;
    const struct dynamodb_params *p = s->params;
    const struct dynamodb_bounds *bounds = dynamodb_bounds(p, side->kind);
    const double target = bounds->target_ratio;
    autoscaler_init(&side->autoscaler,
                    &(struct autoscaler_setup){
                        .ops = &dynamodb_scale_ops,
                        .context = side,
                        .core = s->core,
                        .arena = s->arena,
                        .service = s->index,
                        .timer = DYNAMODB_SCALERS + (uint32_t)side->kind * AUTOSCALER_TIMERS,
                        .period_ns = MINUTE_NS,
                        .delay_ns = p->alarm.delay_ns,
                    });
    scaler_init(&side->autoscaler.scaler, &(struct scaler_setup){
                                              .arena = s->arena,
                                              .min = bounds->min_per_s,
                                              .max = bounds->max_per_s,
                                              .origin_ns = world_origin(side->table->w),
                                              .out_cooldown_ns = p->cooldown.out_ns,
                                              .in_cooldown_ns = p->cooldown.in_ns,
                                          });
    scaler_track(&side->autoscaler.scaler, 0,
                 &(struct tracking_setup){
                     .target = target,
                     .low_share = (target - p->alarm.low_margin_ratio) / target,
                     .high_points = (uint32_t)p->alarm.high_datapoints_count,
                     .low_points = (uint32_t)p->alarm.low_datapoints_count,
                     .only_out = !p->scale_in,
                 });
    dynamodb_start_schedule(side, p);
    autoscaler_begin(&side->autoscaler);
}

/* ---- the beginning ---- */

/* In `start`. `split` hears of partitions that are split; may be null. */
static inline void dynamodb_capacity_start(struct dynamodb_capacity *table, struct world *w,
                                           struct service *s,
                                           void (*split)(void *, uint32_t, uint32_t), void *context)
{
    const struct dynamodb_params *p = s->params;
    table->w = w;
    table->s = s;
    table->update_random = service_random(w, s, "updates");
    decreases_init(&table->decreases, &(struct decreases_rules){
                                          .origin_ns = world_origin(w),
                                          .first_count = (uint32_t)p->decreases_count,
                                      });
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        dynamodb_start_side(table, (enum dynamodb_kind)kind);
        if (dynamodb_bounds(p, (enum dynamodb_kind)kind) != NULL) {
            dynamodb_start_scaling(&table->sides[kind]);
        }
    }
    dynamodb_start_partitions(table, split, context);
}

/* ---- a call ---- */

/* Takes the tokens of all items or none; returns the limit that had too few, or null. */
static inline const char *dynamodb_take(struct dynamodb_capacity *table, enum dynamodb_kind kind,
                                        int64_t now_ns, int64_t tokens, const uint32_t *items,
                                        uint32_t count)
{
    struct dynamodb_side *side = &table->sides[kind];
    if (!bucket_take_owing(&side->bucket, now_ns, tokens * count)) {
        return side->limit_per_s < side->most_per_s ? dynamodb_table_names[kind] : side->most_name;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!partitions_take(&table->partitions, items[i], kind, now_ns, tokens)) {
            while (i-- > 0) {
                partitions_give_back(&table->partitions, items[i], kind, tokens);
            }
            bucket_give_back(&side->bucket, tokens * count);
            return dynamodb_partition_names[kind];
        }
    }
    side->total += tokens * count;
    return NULL;
}

/* ---- a datapoint ---- */

/* A ramp is one entry of the log, that goes on while there is more within the time of growth, or
 * less than a tenth more after it. */
static inline void dynamodb_log(struct dynamodb_capacity *table, struct log_entry **last,
                                const struct log_entry *entry)
{
    const struct dynamodb_params *p = table->s->params;
    const int64_t now_ns = core_now(table->s->core);
    if (*last == NULL ||
        (now_ns - (*last)->until_ns > p->growth_time_ns && entry->to > TOLD_RATIO * (*last)->to)) {
        *last = service_log(table->w, table->s, entry);
        return;
    }
    (*last)->until_ns = now_ns;
    (*last)->value = entry->value;
    (*last)->to = entry->to;
}

/* A datapoint above the peak so far is a new peak, which counts as previous after some time. */
static inline void dynamodb_see_peak(struct dynamodb_side *side, double mean_per_s)
{
    struct dynamodb_capacity *table = side->table;
    const struct dynamodb_params *p = table->s->params;
    const double before_per_s = side->peaks.highest;
    if (peaks_see(&side->peaks, core_now(table->s->core), mean_per_s)) {
        dynamodb_log(table, &side->growth,
                     &(struct log_entry){
                         .kind = LOG_SCALE_OUT,
                         .metric = dynamodb_metrics[CONSUMED_READS + side->kind].name,
                         .value = mean_per_s,
                         .threshold = before_per_s,
                         .from = 2 * before_per_s,
                         .to = fmin(2 * mean_per_s, side->most_per_s),
                         .delay_ns = p->growth_time_ns,
                         .text = "on demand serves twice the previous peak",
                     });
    }
}

static inline void dynamodb_grow(struct dynamodb_side *side)
{
    struct service *s = side->table->s;
    const struct dynamodb_params *p = s->params;
    const double used = (double)(side->total - side->total_before) / UNIT;
    const double mean_per_s = used / ((double)p->datapoint_ns / SECOND_NS);
    side->total_before = side->total;
    if (p->mode != DYNAMODB_ON_DEMAND) {
        return;
    }
    if (2 * side->peaks.highest < side->most_per_s) {
        /* what a full bucket adds to its first datapoint is no sustained traffic */
        dynamodb_see_peak(side, fmin(mean_per_s, side->limit_per_s));
    }
    const double limit_per_s =
        fmin(2 * peaks_counted(&side->peaks, core_now(s->core)), side->most_per_s);
    if (limit_per_s > side->limit_per_s) {
        dynamodb_set_limit(side, limit_per_s);
    }
}

static inline void dynamodb_capacity_datapoint(struct dynamodb_capacity *table)
{
    const struct dynamodb_params *p = table->s->params;
    struct partitions *partitions = &table->partitions;
    const uint32_t before = partitions->count;
    partitions_tick(partitions, core_now(table->s->core), (double)p->datapoint_ns / SECOND_NS);
    if (partitions->count > before) {
        dynamodb_log(table, &table->split,
                     &(struct log_entry){
                         .kind = LOG_SCALE_OUT,
                         .metric = dynamodb_metrics[HOTTEST_PARTITION].name,
                         .value = partitions->hottest,
                         .threshold = p->split.above_ratio,
                         .from = before,
                         .to = partitions->count,
                         .text = "partitions that stayed hot are split",
                     });
    }
    dynamodb_grow(&table->sides[DYNAMODB_READS]);
    dynamodb_grow(&table->sides[DYNAMODB_WRITES]);
}

/* ---- what was measured ---- */

static inline void dynamodb_capacity_window(struct dynamodb_capacity *table, bool begins)
{
    const int64_t now_ns = core_now(table->s->core);
    *(begins ? &table->hot_begin_s : &table->hot_end_s) = partitions_hot_s(&table->partitions);
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        struct dynamodb_side *side = &table->sides[kind];
        *(begins ? &side->total_begin : &side->total_end) = side->total;
        *(begins ? &side->limit_begin : &side->limit_end) = dynamodb_limit_area(side, now_ns);
    }
}

static inline void dynamodb_capacity_observe(const struct dynamodb_capacity *table, double window_s,
                                             struct own_value *own)
{
    const struct dynamodb_params *p = table->s->params;
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        const struct dynamodb_side *side = &table->sides[kind];
        own[CONSUMED_READS + kind].value =
            (double)(side->total_end - side->total_begin) / UNIT / window_s;
        own[READ_THROTTLES + kind].value = (double)side->throttled;
        own[PROVISIONED_READS + kind].value = p->mode == DYNAMODB_PROVISIONED
                                                  ? (side->limit_end - side->limit_begin) / window_s
                                                  : (double)NAN;
    }
    own[HOTTEST_PARTITION].value = /* its burst is more than its rate */
        fmin((table->hot_end_s - table->hot_begin_s) / window_s, 1);
    own[PARTITION_COUNT].value = table->partitions.count;
}

/* What was taken of the capacity, but for what was in reserve: that comes back first. Scaled, there
 * is as much as it can be scaled to. */
static inline void dynamodb_capacity_usage(const struct dynamodb_capacity *table,
                                           struct usage *usage)
{
    const struct dynamodb_params *p = table->s->params;
    const int64_t now_ns = core_now(table->s->core);
    for (uint32_t kind = 0; kind < DYNAMODB_KINDS; kind++) {
        const struct dynamodb_side *side = &table->sides[kind];
        const double used = (double)side->total - bucket_missing(&side->bucket, now_ns);
        const bool scaled = dynamodb_bounds(p, (enum dynamodb_kind)kind) != NULL;
        const double most_per_s =
            scaled ? fmin(scaler_largest(&side->autoscaler.scaler), side->most_per_s)
                   : side->limit_per_s;
        usage[READ_CAPACITY + kind] = (struct usage){used / UNIT, most_per_s, 0};
    }
    usage[HOT_CAPACITY] =
        (struct usage){.used = partitions_hot_s(&table->partitions), .available = 1};
}

#endif
