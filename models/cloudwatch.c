/* cloudwatch: metrics, logs and alarms of Amazon CloudWatch: what observing costs, and how late it
 * sees.
 * API calls take tokens from the quota of their kind in the region. Log events are counted, in
 * batches as agents send them. An alarm reads its metric at the end of each period, sees it a delay
 * later, and judges the last N datapoints. Blocks: throttle, log_agent, monitors. */
#include "models/model.h"

#include <math.h>

#include "models/cloudwatch_tables.h"
#include "sim/blocks/log_agent.h"
#include "sim/blocks/monitors.h"
#include "sim/blocks/throttle.h"

#define CLOUDWATCH_S_PER_NS 1e-9

/* EVENT_SERVICE slots; then the monitors'. */
enum cloudwatch_slot { CLOUDWATCH_PUBLISH, CLOUDWATCH_REFRESH, CLOUDWATCH_MONITORS };

/* Where the readings of an alarm stood at the end of its last period. */
struct cloudwatch_marks {
    struct reading_mark watch, per, calls;
};

struct cloudwatch {
    struct monitors monitors;
    struct cloudwatch_marks *marks; /* of each */
    struct log_agent agent;
    struct random log_random, latency_random;
    struct gauge_window in_alarm_seen;
    double bytes;                                  /* measured */
    uint64_t counts[CLOUDWATCH_NOTIFICATIONS + 1]; /* measured */
};

/* Of the account in the region. */
struct cloudwatch_account {
    struct throttle quotas[CLOUDWATCH_APIS];
};

/* ---- the beginning ---- */

static void cloudwatch_start_account(struct world *w, struct service *s)
{
    const struct cloudwatch_quotas *q = s->quotas;
    struct cloudwatch_account *account = s->shared;
    const double rates[CLOUDWATCH_APIS] = {
        [CLOUDWATCH_LOGS] = cloudwatch_rate(&q->log_calls, world_region(w)),
        [CLOUDWATCH_WRITES] = cloudwatch_rate(&q->metric_writes, world_region(w)),
        [CLOUDWATCH_READS] = q->metric_reads_per_s,
    };
    for (int i = 0; i < CLOUDWATCH_APIS; i++) { /* all services say the same */
        throttle_init_burst(&account->quotas[i], rates[i], q->burst_time_ns);
    }
}

static void cloudwatch_start(struct world *w, struct service *s)
{
    const struct cloudwatch_params *p = s->params;
    struct cloudwatch *cloudwatch = s->state;
    cloudwatch_start_account(w, s);
    cloudwatch->log_random = service_random(w, s, "logs");
    cloudwatch->latency_random = service_random(w, s, "latency");
    cloudwatch->marks = arena_array(s->arena, p->alarms_list.count, sizeof(*cloudwatch->marks));
    monitors_init(&cloudwatch->monitors, &(struct monitors_setup){
                                             .core = s->core,
                                             .arena = s->arena,
                                             .service = s->index,
                                             .first_slot = CLOUDWATCH_MONITORS,
                                             .delays = service_random(w, s, "delays"),
                                             .most = p->alarms_list.count,
                                         });
    for (uint32_t i = 0; i < p->alarms_list.count; i++) {
        const struct monitor_setup monitor = cloudwatch_monitor(p, i);
        monitors_add(&cloudwatch->monitors, &monitor);
    }
    service_gauge(s, &cloudwatch->monitors.on, &cloudwatch->in_alarm_seen);
    s->load.unlimited = true;
}

static void cloudwatch_begin(struct world *w, struct service *s)
{
    const struct cloudwatch_params *p = s->params;
    struct cloudwatch *cloudwatch = s->state;
    monitors_begin(&cloudwatch->monitors, world_origin(w));
    if (p->custom_metrics.count_count > 0) {
        service_timer(s, p->custom_metrics.period_ns, CLOUDWATCH_PUBLISH);
    }
    if (p->dashboards.count_count > 0) {
        service_timer(s, p->dashboards.refresh_ns, CLOUDWATCH_REFRESH);
    }
}

/* ---- API calls ---- */

static bool cloudwatch_pass(struct world *w, struct service *s, enum cloudwatch_operation api,
                            bool measured)
{
    struct cloudwatch *cloudwatch = s->state;
    struct cloudwatch_account *account = s->shared;
    cloudwatch->counts[CLOUDWATCH_CALLS] += measured;
    cloudwatch->counts[CLOUDWATCH_LOG_CALLS] += measured && api == CLOUDWATCH_LOGS;
    cloudwatch->counts[CLOUDWATCH_WRITE_CALLS] += measured && api == CLOUDWATCH_WRITES;
    if (throttle_pass(&account->quotas[api], core_now(s->core), 1)) {
        return true;
    }
    cloudwatch->counts[CLOUDWATCH_THROTTLED] += measured;
    service_throttled(w, s, cloudwatch_resources[api]);
    return false;
}

/* False: the call that the request's events filled was throttled. */
static bool cloudwatch_log(struct world *w, struct service *s, bool measured)
{
    const struct cloudwatch_params *p = s->params;
    struct cloudwatch *cloudwatch = s->state;
    const int64_t events = distribution_draw_int(p->log_events_count_dist, &cloudwatch->log_random);
    const double bytes =
        distribution_draw(p->log_bytes_per_request_bytes_dist, &cloudwatch->log_random) +
        (double)(events * p->event_overhead_bytes);
    if (!log_agent_add(&cloudwatch->agent, p->log_batch_count, measured ? events : 0,
                       measured ? bytes : 0)) {
        return true;
    }
    const struct log_agent sent = log_agent_send(&cloudwatch->agent);
    const bool passed = cloudwatch_pass(w, s, CLOUDWATCH_LOGS, measured);
    cloudwatch->counts[passed ? CLOUDWATCH_EVENTS : CLOUDWATCH_LOST] += sent.events;
    cloudwatch->bytes += passed ? sent.bytes : 0;
    return passed;
}

static void cloudwatch_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct cloudwatch_params *p = s->params;
    struct cloudwatch *cloudwatch = s->state;
    const bool measured = f->flags & FRAME_MEASURED;
    const bool passed = f->operation == CLOUDWATCH_LOGS
                            ? cloudwatch_log(w, s, measured)
                            : cloudwatch_pass(w, s, f->operation, measured);
    if (!passed) {
        call_refuse(w, f, OUTCOME_THROTTLED); /* the log has it */
        return;
    }
    if (measured && f->operation == CLOUDWATCH_READS) {
        cloudwatch->counts[CLOUDWATCH_METRICS_READ] += (uint64_t)p->metrics_per_read_count;
    }
    f->work_ns = distribution_draw_int(p->latency_ns_dist, &cloudwatch->latency_random);
    call_work(w, f);
}

/* Agents publish all custom metrics, in as few calls as there can be. */
static void cloudwatch_publish(struct world *w, struct service *s)
{
    const struct cloudwatch_params *p = s->params;
    for (int64_t left = p->custom_metrics.count_count; left > 0;
         left -= p->custom_metrics.per_call_count) {
        cloudwatch_pass(w, s, CLOUDWATCH_WRITES, world_measuring(w));
    }
    service_timer(s, p->custom_metrics.period_ns, CLOUDWATCH_PUBLISH);
}

static void cloudwatch_refresh(struct world *w, struct service *s)
{
    const struct cloudwatch_params *p = s->params;
    struct cloudwatch *cloudwatch = s->state;
    for (int64_t i = 0; i < p->dashboards.count_count; i++) {
        if (cloudwatch_pass(w, s, CLOUDWATCH_READS, world_measuring(w)) && world_measuring(w)) {
            cloudwatch->counts[CLOUDWATCH_METRICS_READ] += (uint64_t)p->dashboards.metrics_count;
        }
    }
    service_timer(s, p->dashboards.refresh_ns, CLOUDWATCH_REFRESH);
}

/* ---- alarms ---- */

/* What an alarm's metric was in the period that ends; NaN: there is no data. */
static double cloudwatch_read(struct world *w, const struct cloudwatch_alarm *alarm,
                              struct cloudwatch_marks *marks)
{
    double value = service_read(w, &alarm->watch_reading, &marks->watch);
    if (cloudwatch_counts(&alarm->watch_reading)) {
        const struct reading calls = {alarm->watch_reading.service, READING_CALLS};
        const double of = service_read(w, &calls, &marks->calls);
        if (of == 0 && value == 0) { /* services publish nothing then */
            value = NAN;
        } else if (alarm->statistic == CLOUDWATCH_AVERAGE) {
            value = of > 0 ? value / of : 1;
        }
    } else if (alarm->watch_reading.what == READING_LATENCY) {
        value *= CLOUDWATCH_S_PER_NS;
    }
    if (alarm->per_reading.service != SERVICE_NONE) {
        const double per = service_read(w, &alarm->per_reading, &marks->per);
        value = per > 0 ? value / per : (double)NAN;
    }
    return value;
}

static void cloudwatch_notify(struct world *w, struct service *s, const struct call_target *target,
                              uint32_t number)
{
    struct cloudwatch *cloudwatch = s->state;
    if (target->service != SERVICE_NONE) {
        cloudwatch->counts[CLOUDWATCH_NOTIFICATIONS] += world_measuring(w);
        call_send(w, s, target->edge, number);
    }
}

/* Actions are of transitions only. */
static void cloudwatch_changed(struct world *w, struct service *s, uint32_t number)
{
    const struct cloudwatch_alarm *row = cloudwatch_alarm(s->params, number);
    struct cloudwatch *cloudwatch = s->state;
    const struct monitor *monitor = &cloudwatch->monitors.items[number];
    const enum alarm_state state = monitor->alarm.state;
    if (state == ALARM_ON || monitor->before == ALARM_ON) {
        cloudwatch->counts[CLOUDWATCH_TRANSITIONS] += state == ALARM_ON && world_measuring(w);
        service_log(w, s,
                    &(struct log_entry){
                        .kind = state == ALARM_ON ? LOG_ALARM : LOG_ALARM_OVER,
                        .metric = row->name_text,
                        .value = monitor->alarm.value,
                        .threshold = row->threshold,
                        .from = NAN,
                        .to = NAN,
                        .count = 1,
                        .text = state == ALARM_INSUFFICIENT_DATA ? "insufficient data" : NULL,
                    });
    }
    if (state != ALARM_INSUFFICIENT_DATA) {
        cloudwatch_notify(w, s, state == ALARM_ON ? &row->notify_target : &row->notify_ok_target,
                          number);
    }
}

static void cloudwatch_timer(struct world *w, struct service *s, uint32_t slot)
{
    struct cloudwatch *cloudwatch = s->state;
    uint32_t number;
    if (slot == CLOUDWATCH_PUBLISH) {
        cloudwatch_publish(w, s);
        return;
    }
    if (slot == CLOUDWATCH_REFRESH) {
        cloudwatch_refresh(w, s);
        return;
    }
    switch (monitors_due(&cloudwatch->monitors, slot, &number)) {
    case MONITORS_ENDED:
        monitors_put(
            &cloudwatch->monitors, number,
            cloudwatch_read(w, cloudwatch_alarm(s->params, number), &cloudwatch->marks[number]));
        break;
    case MONITORS_CHANGED:
        cloudwatch_changed(w, s, number);
        break;
    case MONITORS_NOTHING:
        break;
    }
}

/* ---- results ---- */

static double cloudwatch_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    (void)metric; /* the only level */
    const struct cloudwatch *cloudwatch = s->state;
    return (double)cloudwatch->monitors.on.value;
}

static void cloudwatch_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct cloudwatch *cloudwatch = s->state;
    for (int i = 0; i <= CLOUDWATCH_NOTIFICATIONS; i++) {
        own[i].value = (double)cloudwatch->counts[i];
    }
    own[CLOUDWATCH_BYTES].value = cloudwatch->bytes;
    own[CLOUDWATCH_IN_ALARM].value = gauge_mean(&cloudwatch->in_alarm_seen, world_window_s(w));
}

static void cloudwatch_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct cloudwatch_account *account = s->shared;
    for (int i = 0; i < CLOUDWATCH_APIS; i++) {
        usage[i] = (struct usage){.used = (double)account->quotas[i].taken,
                                  .available = account->quotas[i].rate_per_s};
    }
}

const struct model cloudwatch_model = {
    .info =
        {
            .name = "cloudwatch",
            .title = "Amazon CloudWatch: metrics, logs, dashboards, alarms",
            .text =
                "A service with the key `logs` sends `put_log_events` once for each request, which "
                "does not wait for it; agents send the events of `log_batch` requests in one "
                "PutLogEvents, all of whose events are lost if it is throttled. "
                "`put_metric_data` and `get_metric_data` take `latency` of whoever calls them and "
                "waits. Each kind of call takes tokens from the account's quota in the region, as "
                "custom metrics and dashboards do on their own. An alarm reads its metric at the "
                "end of each `period` (periods begin at time 0), sees it `delay` later, and goes "
                "to ALARM when `datapoints_to_alarm` of the last `evaluation_periods` breach: "
                "after a step in the load that makes the running period breach, the rest of that "
                "period + delay + (N - 1) periods. Actions are of transitions only. A count of "
                "which there was none, with no calls at all, is a missing datapoint. Left out: "
                "composite alarms, anomaly detection, percentiles, Logs Insights, agents that "
                "retry. What carries no request (custom metrics, dashboards) is counted in the "
                "window.",
            ROWS(params, cloudwatch_params),
            ROWS(quotas, cloudwatch_quotas),
            ROWS(metrics, cloudwatch_metrics),
            ROWS(operations, cloudwatch_operations),
            ROWS(resources, cloudwatch_resources),
            .params_size = sizeof(struct cloudwatch_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct cloudwatch_quotas),
            .acts = true,
            .check = cloudwatch_check,
        },
    .state_size = sizeof(struct cloudwatch),
    .shared_size = sizeof(struct cloudwatch_account),
    .start = cloudwatch_start,
    .begin = cloudwatch_begin,
    .timer = cloudwatch_timer,
    .arrive = cloudwatch_arrive,
    .observe = cloudwatch_observe,
    .usage = cloudwatch_usage,
    .level = cloudwatch_level,
};
