/* sns: a topic of Amazon SNS, standard or FIFO.
 * A published message takes tokens of the account's quota and is answered; a copy for each
 * subscription whose filter lets it through is delivered after a while, tried again by the policy
 * of its protocol, and at last a dead letter or lost. Retries and order: delivery.h. Left out:
 * replay of FIFO archives, the throughput scope of message groups, SMS and push. */
#include "models/model.h"

#include "models/delivery.h"
#include "models/sns_tables.h"
#include "sim/blocks/throttle.h"
#include "sim/kernel/zipf.h"

#define SNS_BILLED 65536.0 /* bytes of a request: "Amazon SNS pricing", each 64 KB chunk */
#define SNS_NEVER INT64_MIN

struct sns {
    struct deliveries deliveries;
    struct throttle topic, topic_bytes, *by_group; /* FIFO */
    struct zipf groups, ids;
    int64_t *seen_ns;   /* of each deduplication id: the last that was no duplicate */
    uint8_t *protocols; /* of each subscription */
    struct random filter_random, group_random, latency_random, id_random;
    uint64_t published, requests, filtered, duplicates; /* measured */
    uint64_t copies, kept_away;                         /* of all the run */
    double bytes;
};

struct sns_account {
    struct throttle standard, fifo;
    bool started;
};

static uint8_t sns_protocol_of(const struct world *w, const struct sns_subscription *sub)
{
    const char *type = service_type(w, sub->to_target.service);
    if (sub->protocol >= 0) {
        return (uint8_t)sub->protocol;
    }
    return strcmp(type, "sqs") == 0 ? SNS_SQS : strcmp(type, "lambda") == 0 ? SNS_LAMBDA : SNS_HTTP;
}

static void sns_subscribe(struct world *w, struct service *s, uint32_t i)
{
    const struct sns_params *p = s->params;
    const struct sns_subscription *sub =
        &((const struct sns_subscription *)p->subscriptions_list.items)[i];
    struct sns *sns = s->state;
    sns->protocols[i] = sns_protocol_of(w, sub);
    sns->deliveries.targets[i] = (struct delivery_target){
        .edge = sub->to_target.edge,
        .dead_edge = sub->dead_letter_target.edge,
        .has_dead = sub->dead_letter_target.service != SERVICE_NONE,
        .accepts = delivery_accepts(w, &sub->to_target),
        .starts = delivery_starts(w, &sub->to_target),
        .retry = sns_retry(sub, sns->protocols[i]),
        .jitter_ratio = p->jitter_ratio,
        .pace = sns_pace(sub),
        .timeout_ns = sns->protocols[i] == SNS_HTTP ? sub->timeout_ns : TIME_NONE,
        .lines = p->fifo
                     ? arena_array(s->arena, p->groups_popularity.n, sizeof(struct delivery_line))
                     : NULL,
    };
}

static void sns_start_fifo(struct service *s)
{
    const struct sns_params *p = s->params;
    struct sns *sns = s->state;
    zipf_init(&sns->groups, p->groups_popularity.n, p->groups_popularity.s);
    throttle_init_burst(&sns->topic, p->topic_messages_per_s, SNS_S);
    throttle_init_burst(&sns->topic_bytes, p->topic_throughput_bytes_per_s, SNS_S);
    if (p->deduplication_ids_popularity.n > 0) {
        const uint32_t ids = p->deduplication_ids_popularity.n;
        zipf_init(&sns->ids, ids, p->deduplication_ids_popularity.s);
        sns->seen_ns = arena_array(s->arena, ids, sizeof(*sns->seen_ns));
        for (uint32_t i = 0; i < ids; i++) {
            sns->seen_ns[i] = SNS_NEVER;
        }
    }
    sns->by_group = arena_array(s->arena, p->groups_popularity.n, sizeof(*sns->by_group));
    for (uint32_t i = 0; i < p->groups_popularity.n; i++) {
        throttle_init_burst(&sns->by_group[i], p->group_messages_per_s, SNS_S);
    }
}

static void sns_start_account(struct world *w, struct service *s)
{
    const struct sns_quotas *quotas = s->quotas;
    struct sns_account *account = s->shared;
    const bool large = strcmp(world_region(w), "us-east-1") == 0;
    if (account->started) {
        return;
    }
    account->started = true;
    throttle_init_burst(&account->standard,
                        large ? quotas->standard.us_east_1_per_s : quotas->standard.sa_east_1_per_s,
                        quotas->burst_time_ns);
    throttle_init_burst(&account->fifo,
                        large ? quotas->fifo.us_east_1_per_s : quotas->fifo.sa_east_1_per_s,
                        quotas->burst_time_ns);
}

static void sns_start(struct world *w, struct service *s)
{
    const struct sns_params *p = s->params;
    struct sns *sns = s->state;
    sns_start_account(w, s);
    deliveries_init(w, s, &sns->deliveries, p->subscriptions_list.count);
    sns->protocols = arena_array(s->arena, p->subscriptions_list.count + 1, 1);
    for (uint32_t i = 0; i < p->subscriptions_list.count; i++) {
        sns_subscribe(w, s, i);
    }
    if (p->fifo) {
        sns_start_fifo(s);
    }
    sns->filter_random = service_random(w, s, "filter");
    sns->group_random = service_random(w, s, "groups");
    sns->latency_random = service_random(w, s, "latency");
    sns->id_random = service_random(w, s, "deduplication");
    s->load.unlimited = true;
}

/* Its id was seen in the last five minutes: it is accepted, and not delivered. */
static bool sns_is_duplicate(struct service *s)
{
    struct sns *sns = s->state;
    const int64_t now_ns = core_now(s->core);
    if (sns->seen_ns == NULL) {
        return false;
    }
    int64_t *seen_ns = &sns->seen_ns[zipf_draw(&sns->ids, &sns->id_random)];
    if (*seen_ns != SNS_NEVER && now_ns - *seen_ns < SNS_DEDUPLICATION_NS) {
        return true;
    }
    *seen_ns = now_ns;
    return false;
}

/* A message is in: a copy for each subscription that it passes the filter of. */
static void sns_fan_out(struct world *w, struct service *s, uint32_t group, double size_bytes)
{
    const struct sns_params *p = s->params;
    const struct sns_subscription *subs = p->subscriptions_list.items;
    struct sns *sns = s->state;
    sns->copies += p->subscriptions_list.count;
    for (uint32_t i = 0; i < p->subscriptions_list.count; i++) {
        if (subs[i].filter_ratio < 1 &&
            random_uniform(&sns->filter_random) >= subs[i].filter_ratio) {
            sns->filtered += world_measuring(w);
            sns->kept_away++;
            continue;
        }
        const struct distribution *latency = sns->protocols[i] == SNS_LAMBDA
                                                 ? p->lambda_latency_ns_dist
                                                 : p->delivery_latency_ns_dist;
        deliveries_begin(w, s, &sns->deliveries,
                         &(struct delivery_order){
                             .target = i,
                             .group = group,
                             .latency_ns = distribution_draw_int(latency, &sns->latency_random),
                             .size_bytes = size_bytes,
                         });
    }
}

/* The messages of one request are of one group; all of them are taken, or none. */
static const char *sns_limit(struct service *s, uint32_t group, int64_t messages, double bytes)
{
    const struct sns_params *p = s->params;
    struct sns *sns = s->state;
    struct sns_account *account = s->shared;
    const int64_t now_ns = core_now(s->core);
    if (!p->fifo) {
        return throttle_pass(&account->standard, now_ns, messages) ? NULL
                                                                   : sns_resources[SNS_OF_ACCOUNT];
    }
    if (!throttle_pass(&sns->by_group[group], now_ns, messages)) {
        return sns_resources[SNS_OF_GROUP];
    }
    if (!throttle_pass(&sns->topic, now_ns, messages)) {
        return sns_resources[SNS_OF_TOPIC];
    }
    if (!throttle_pass(&sns->topic_bytes, now_ns, (int64_t)ceil(bytes))) {
        return sns_resources[SNS_OF_TOPIC_BYTES];
    }
    return throttle_pass(&account->fifo, now_ns, messages) ? NULL : sns_resources[SNS_OF_ACCOUNT];
}

static void sns_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct sns_params *p = s->params;
    struct sns *sns = s->state;
    const int64_t messages = f->operation == SNS_PUBLISH_BATCH ? p->batch_count : 1;
    const uint32_t group = p->fifo ? zipf_draw(&sns->groups, &sns->group_random) : 0;
    const double size = call_size(w, f);
    const double bytes = size > 0 ? size : (double)(p->message_bytes * messages);
    f->work_ns = distribution_draw_int(p->publish_latency_ns_dist, &sns->latency_random);
    if (bytes > (double)p->max_message_size_bytes) {
        call_refuse(w, f, OUTCOME_REJECTED); /* also of a batch: together they may be as large */
        return;
    }
    const char *limit = sns_limit(s, group, messages, bytes);
    if (limit != NULL) {
        call_throttle(w, f, limit);
        return;
    }
    if (world_measuring(w)) {
        sns->published += (uint64_t)messages;
        sns->requests += (uint64_t)fmax(1, ceil(bytes / SNS_BILLED));
        sns->bytes += bytes;
    }
    for (int64_t i = 0; i < messages; i++) {
        if (sns_is_duplicate(s)) {
            sns->duplicates += world_measuring(w);
        } else {
            sns_fan_out(w, s, group, bytes / (double)messages);
        }
    }
    call_work(w, f);
}

static void sns_timer(struct world *w, struct service *s, uint32_t slot)
{
    deliveries_due(w, s, &((struct sns *)s->state)->deliveries, slot);
}

static void sns_heard(struct world *w, struct service *s, uint32_t number, enum outcome outcome)
{
    deliveries_heard(w, s, &((struct sns *)s->state)->deliveries, number, outcome);
}

/* Every copy is filtered out, waits, was delivered or given up. */
static bool sns_conserved(const struct sns *sns)
{
    return deliveries_conserved(&sns->deliveries) &&
           sns->copies == sns->kept_away + sns->deliveries.ordered;
}

static void sns_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    assert_hot(sns_conserved(s->state));
    deliveries_window(&((struct sns *)s->state)->deliveries, begins);
}

static void sns_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct sns *sns = s->state;
    const struct deliveries *d = &sns->deliveries;
    const struct delivery_counts *from = &d->begin, *to = &d->end;
    assert_hot(sns_conserved(sns));
    own[SNS_PUBLISHED].value = (double)sns->published;
    own[SNS_SIZE].value = sns->bytes;
    own[SNS_REQUESTS].value = (double)sns->requests;
    own[SNS_DELIVERED].value = (double)(to->delivered - from->delivered);
    own[SNS_FAILED].value = (double)(to->failed - from->failed);
    own[SNS_FILTERED].value = (double)sns->filtered;
    own[SNS_REDRIVEN].value = (double)(to->redriven - from->redriven);
    own[SNS_NOT_REDRIVEN].value = (double)(to->lost - from->lost);
    own[SNS_DUPLICATES].value = (double)sns->duplicates;
    own[SNS_PACED].value = (double)(to->paced - from->paced);
    own[SNS_TRIES].value = (double)(to->tried - from->tried);
    own[SNS_WAITING].value = gauge_mean(&d->waiting_window, world_window_s(w));
    own[SNS_LATENCY].summary = &d->latency;
}

static double sns_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w, (void)metric;
    return (double)((const struct sns *)s->state)->deliveries.waiting.value;
}

static struct usage sns_use(const struct throttle *throttle)
{
    return (struct usage){.used = (double)throttle->taken, .available = throttle->rate_per_s};
}

static void sns_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct sns_params *p = s->params;
    const struct sns *sns = s->state;
    const struct sns_account *account = s->shared;
    for (int i = 0; i < SNS_RESOURCES; i++) {
        usage[i] = (struct usage){.available = INFINITY};
    }
    usage[SNS_OF_ACCOUNT] = sns_use(p->fifo ? &account->fifo : &account->standard);
    if (p->fifo) { /* the first group is the most popular */
        usage[SNS_OF_TOPIC] = sns_use(&sns->topic);
        usage[SNS_OF_TOPIC_BYTES] = sns_use(&sns->topic_bytes);
        usage[SNS_OF_GROUP] = sns_use(&sns->by_group[0]);
    }
    usage[SNS_OF_RECEIVERS] = deliveries_paced(&sns->deliveries, p->subscriptions_list.count);
}

const struct model sns_model = {
    .info =
        {
            .name = "sns",
            .title = "Amazon SNS: a topic, standard or FIFO",
            .text =
                "A publish takes a token of the account's quota in the region for each message (a "
                "bucket shared by all topics of its kind), or is `throttled`; it is answered while "
                "the copies go out: one for each subscription, with probability `filter`, after "
                "its "
                "latency. A queue or another service is called, and heard; a function takes what "
                "it "
                "is handed into its own queue of events, and retries are its own from then on. "
                "What "
                "fails is tried again: by queues and functions 3 times at once, 2 after 1 s, 10 "
                "after 1 to 20 s, 100,000 every 20 s; by email 50 times over 6 h; by http as the "
                "subscription says; `rejected` (a client's error) is not tried again. Then it goes "
                "to dead_letter, or is lost. FIFO: limits of the topic and of each group; for each "
                "subscription a group's message waits "
                "until the one before is answered, so that one group goes at 1 / send_latency of "
                "its queue, about 70/s, below the 300/s that SNS documents; the queue draws its "
                "groups anew; a message whose deduplication id was seen less than 5 min ago is "
                "accepted and not delivered. A batch is taken as a whole, or not. A message takes "
                "its size along. Left out: linear and arithmetic backoff, archives, deduplication "
                "and throughput by group, SMS and push.",
            ROWS(params, sns_params),
            ROWS(quotas, sns_quotas),
            ROWS(metrics, sns_metrics),
            ROWS(operations, sns_operations),
            ROWS(resources, sns_resources),
            .params_size = sizeof(struct sns_params),
            .quotas_size = sizeof(struct sns_quotas),
            .target_kind = TARGET_KIND_NONE,
            .check = sns_check,
            .forbid = sns_forbid,
        },
    .state_size = sizeof(struct sns),
    .shared_size = sizeof(struct sns_account),
    .start = sns_start,
    .window = sns_window,
    .timer = sns_timer,
    .observe = sns_observe,
    .usage = sns_usage,
    .arrive = sns_arrive,
    .heard = sns_heard,
    .level = sns_level,
};
