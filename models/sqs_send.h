/* sqs_send: how messages come into a queue of SQS, from senders and by a redrive task, and what of
 * them is refused: the calls to a FIFO queue, partition by partition. */
#ifndef ARCHSIM_MODELS_SQS_SEND_H
#define ARCHSIM_MODELS_SQS_SEND_H

#include <string.h>

#include "models/sqs_state.h"

/* Each partition takes `fifo_calls`; a queue that is not of high throughput is one. */
static inline void sqs_start_fifo(struct world *w, struct service *s)
{
    const struct sqs_params *p = s->params;
    const struct sqs_quotas *quotas = s->quotas;
    struct sqs *q = s->state;
    const double quota_per_s = strcmp(world_region(w), "sa-east-1") == 0
                                   ? quotas->high_throughput.sa_east_1_per_s
                                   : quotas->high_throughput.us_east_1_per_s;
    const double most = ceil(quota_per_s / p->fifo_calls_per_s);
    const uint32_t partitions = !p->high_throughput        ? 1
                                : p->partitions_count >= 0 ? (uint32_t)p->partitions_count
                                                           : (uint32_t)most;
    struct random salt = service_random(w, s, "partitions");
    partition_calls_init(&q->fifo, &(struct partition_calls_setup){
                                       .arena = s->arena,
                                       .partitions = partitions,
                                       .rate_per_s = p->fifo_calls_per_s,
                                       .burst_count = p->fifo_burst_count,
                                       .total_per_s = p->high_throughput ? quota_per_s : INFINITY,
                                       .parts = p->send_batch_count,
                                       .salt = random_next(&salt),
                                   });
    zipf_init(&q->groups, p->groups_popularity.n, p->groups_popularity.s);
}

static inline uint32_t sqs_group(struct sqs *q, const struct sqs_params *p)
{
    return p->fifo ? zipf_draw(&q->groups, &q->group_random) : 0;
}

/* How long a message cannot be received after its arrival. */
static inline int64_t sqs_delay_ns(struct sqs *q, const struct sqs_params *p)
{
    const int64_t latency_ns = distribution_draw_int(p->fifo ? p->fifo_delivery_latency_ns_dist
                                                             : p->delivery_latency_ns_dist,
                                                     &q->delivery_random);
    return latency_ns + (p->message_delay_ns_dist != NULL
                             ? distribution_draw_int(p->message_delay_ns_dist, &q->delivery_random)
                             : p->delay_ns);
}

static inline bool sqs_happens(struct sqs *q, double ratio)
{
    return ratio > 0 && random_uniform(&q->kind_random) < ratio;
}

/* It repeats what is still remembered. */
static inline bool sqs_repeats(struct sqs *q, const struct sqs_params *p)
{
    return sqs_happens(q, p->repeats.ratio_ratio) &&
           distribution_draw_int(p->repeats.after_ns_dist, &q->kind_random) < SQS_REMEMBERS_NS;
}

/* A message that was let in. */
static inline void sqs_put(struct world *w, struct service *s, uint32_t group, double bytes)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    const int64_t delay_ns = sqs_delay_ns(q, p);
    if (sqs_repeats(q, p)) {
        q->now.repeated++;
        return;
    }
    const uint32_t message = messages_add(&q->messages, group);
    if (message == MESSAGES_NONE) {
        service_overflow(w, s);
        return;
    }
    q->now.sent++;
    q->sent_bytes += bytes;
    if (sqs_happens(q, p->poison_ratio)) {
        messages_spoil(&q->messages, message);
    }
    if (delay_ns == 0) {
        messages_show(&q->messages, message);
    } else {
        service_timer_in_lane(s, q->delivery_lane, delay_ns, sqs_slot(SQS_SHOW, message));
    }
}

/* Its messages, one or several, each of its group; of a FIFO queue those of one partition are one
 * call to that. Returns how many were refused. */
static inline uint32_t sqs_put_all(struct world *w, struct service *s, uint32_t count,
                                   int64_t parts, double bytes)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    uint32_t called[SQS_BATCH_MAX], called_count = 0, refused = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t group = sqs_group(q, p);
        if (p->fifo) {
            const uint32_t partition = partition_calls_of(&q->fifo, group);
            uint32_t k = 0;
            while (k < called_count && called[k] != partition) {
                k++;
            }
            if (k == called_count &&
                !partition_calls_take_keyed(&q->fifo, partition, core_now(s->core), parts)) {
                refused++;
                continue;
            }
            called[k] = partition;
            called_count += k == called_count;
        }
        sqs_put(w, s, group, bytes / count);
    }
    return refused;
}

/* ---- redrive ---- */

/* A redrive task (StartMessageMoveTask) moves what can be received now, one task at a time. */
static inline bool sqs_control(struct world *w, struct service *s, uint32_t control, double value)
{
    (void)control;
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    if (p->redrive.to_target.service == SERVICE_NONE || q->moving > 0 || value < 0 ||
        value > p->redrive.rate_per_s) {
        return false;
    }
    q->move_per_s = value > 0 ? value : p->redrive.rate_per_s;
    q->moving = q->messages.visible;
    if (q->moving > 0) {
        const double period_ns = SQS_NS_PER_S / q->move_per_s;
        service_timer(s, (int64_t)period_ns, sqs_slot(SQS_MOVE, 0));
        service_log(w, s,
                    &(struct log_entry){.kind = LOG_COMMAND,
                                        .metric = "redrive",
                                        .value = q->move_per_s,
                                        .threshold = NAN,
                                        .from = NAN,
                                        .to = NAN,
                                        .delay_ns = (int64_t)((double)q->moving * period_ns),
                                        .count = q->moving,
                                        .text = "a task moves the messages back"});
    }
    return true;
}

static inline void sqs_move(struct world *w, struct service *s)
{
    const struct sqs_params *p = s->params;
    struct sqs *q = s->state;
    bool bad;
    q->moving--;
    if (!messages_take(&q->messages, &bad)) {
        q->moving = 0;
        return;
    }
    call_send(w, s, p->redrive.to_target.edge, bad && !p->redrive.mended ? SQS_BAD : 0);
    if (q->moving > 0) {
        service_timer(s, (int64_t)(SQS_NS_PER_S / q->move_per_s), sqs_slot(SQS_MOVE, 0));
    }
}

#endif
