/* cloudtrail: a record of who did what (AWS CloudTrail).
 * Events arrive beside the requests, which never wait for them, and gather in the open log file; so
 * often a file is closed and, a while later, delivered. It has no queue and refuses nothing: what
 * it costs is counted in events and bytes. Left out: Lake, Insights, digests, event history. */
#include "models/model.h"

#define LOGS_PAGE "CloudTrail User Guide, Log file delivery"
#define EVENTS_PAGE "CloudTrail User Guide, Logging data events"

enum cloudtrail_operation { CLOUDTRAIL_DATA, CLOUDTRAIL_MANAGEMENT };
enum cloudtrail_slot { CLOUDTRAIL_CLOSE, CLOUDTRAIL_DELIVER };
enum cloudtrail_metric {
    CLOUDTRAIL_DATA_EVENTS,
    CLOUDTRAIL_MANAGEMENT_EVENTS,
    CLOUDTRAIL_COPIES,
    CLOUDTRAIL_FILTERED,
    CLOUDTRAIL_BYTES,
    CLOUDTRAIL_STORED,
    CLOUDTRAIL_FILES,
    CLOUDTRAIL_DELAY,
};

struct cloudtrail_params {
    const struct distribution *event_bytes_dist, *delay_ns_dist;
    double data_events_ratio, compression;
    int64_t interval_ns, trails_count;
    struct call_target deliver_to_target;
};

#define PARAMS struct cloudtrail_params
static const struct param cloudtrail_params[] = {
    RATIO(data_events, "100%", "0%..100%",
          "share of the data events that the trail's selectors let through",
          DOCUMENTED(EVENTS_PAGE ": none by default; `audit` on a service asks for them")),
    SIZE_DIST(event, "1500 B", "1 B..256 KiB", "an event, as JSON",
              ESTIMATED("facts, event_bytes: 500 B to 10 KB")),
    NUMBER(compression, "10", "1..1000", NULL, "gzip makes a log file so much smaller",
           ESTIMATED("facts, event_bytes: gzip about 10 x")),
    TIME(interval, "5m", "1s..1h", "a log file is closed so often, if there is anything in it",
         DOCUMENTED(LOGS_PAGE ": \"multiple times an hour, about every five minutes\"")),
    TIME_DIST(delay, "150s", "0s..",
              "from the close of a log file until it is delivered; events wait for the close first",
              DOCUMENTED("CloudTrail User Guide, Find your log files: \"within an average of about "
                         "5 minutes of an API call\", of which half an interval is 150 s")),
    COUNT(trails, "1", "1..5", "trails that record the management events: all but one are paid",
          DOCUMENTED("CloudTrail quotas, 5 trails per region; pricing: the first copy is free")),
    SERVICE_OPERATION(deliver_to, NONE, "put", "where each log file goes (an S3 bucket), as a call",
                      DOCUMENTED(LOGS_PAGE)),
};

static const struct operation_info cloudtrail_operations[] = {
    [CLOUDTRAIL_DATA] = {"record", "a data event: a request of a service; what `audit` calls"},
    [CLOUDTRAIL_MANAGEMENT] = {"record_management", "a management event: a command, a change"},
};

static const struct metric cloudtrail_metrics[] = {
    [CLOUDTRAIL_DATA_EVENTS] = {"data_events", QUANTITY_COUNT, METRIC_VALUE,
                                "data events recorded"},
    [CLOUDTRAIL_MANAGEMENT_EVENTS] = {"management_events", QUANTITY_COUNT, METRIC_VALUE,
                                      "management events recorded, once each"},
    [CLOUDTRAIL_COPIES] = {"management_event_copies", QUANTITY_COUNT, METRIC_VALUE,
                           "copies of them for further trails, which are paid"},
    [CLOUDTRAIL_FILTERED] = {"filtered_events", QUANTITY_COUNT, METRIC_VALUE,
                             "data events that the selectors held back"},
    [CLOUDTRAIL_BYTES] = {"event_bytes", QUANTITY_SIZE, METRIC_VALUE,
                          "events recorded, of one trail, uncompressed"},
    [CLOUDTRAIL_STORED] = {"log_file_bytes", QUANTITY_SIZE, METRIC_VALUE,
                           "the same in log files, compressed"},
    [CLOUDTRAIL_FILES] = {"log_files", QUANTITY_COUNT, METRIC_VALUE, "log files delivered"},
    [CLOUDTRAIL_DELAY] = {"delivery_delay", QUANTITY_TIME, METRIC_LATENCY,
                          "from an event until it is delivered"},
};

struct cloudtrail {
    struct random event_random, delay_random;
    int64_t closes_ns, delay_ns; /* of the open log file */
    bool any;                    /* something is in it */
    struct summary delays;
    double bytes; /* measured, as all below */
    uint64_t data, management, filtered, files;
};

static void cloudtrail_open(struct service *s)
{
    const struct cloudtrail_params *p = s->params;
    struct cloudtrail *trail = s->state;
    trail->any = false;
    trail->closes_ns = core_now(s->core) + p->interval_ns;
    trail->delay_ns = distribution_draw_int(p->delay_ns_dist, &trail->delay_random);
    service_timer(s, p->interval_ns, CLOUDTRAIL_CLOSE);
}

static void cloudtrail_start(struct world *w, struct service *s)
{
    struct cloudtrail *trail = s->state;
    trail->event_random = service_random(w, s, "events");
    trail->delay_random = service_random(w, s, "delays");
    summary_init(&trail->delays, s->arena);
    s->load.unlimited = true;
    cloudtrail_open(s);
}

static void cloudtrail_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct cloudtrail_params *p = s->params;
    struct cloudtrail *trail = s->state;
    if (slot == CLOUDTRAIL_CLOSE) {
        if (trail->any) {
            service_timer(s, trail->delay_ns, CLOUDTRAIL_DELIVER);
        }
        cloudtrail_open(s);
        return;
    }
    if (world_measuring(w)) {
        trail->files += (uint64_t)p->trails_count;
    }
    for (int64_t i = 0; i < p->trails_count && p->deliver_to_target.service != SERVICE_NONE; i++) {
        call_send(w, s, p->deliver_to_target.edge, 0);
    }
}

static void cloudtrail_record(struct service *s, const struct frame *f)
{
    const struct cloudtrail_params *p = s->params;
    struct cloudtrail *trail = s->state;
    trail->any = true;
    const double bytes = distribution_draw(p->event_bytes_dist, &trail->event_random);
    if (f->flags & FRAME_MEASURED) {
        trail->data += f->operation == CLOUDTRAIL_DATA;
        trail->management += f->operation == CLOUDTRAIL_MANAGEMENT;
        trail->bytes += bytes;
        summary_add(&trail->delays, trail->closes_ns - core_now(s->core) + trail->delay_ns);
    }
}

static void cloudtrail_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct cloudtrail_params *p = s->params;
    struct cloudtrail *trail = s->state;
    const bool kept = f->operation == CLOUDTRAIL_MANAGEMENT ||
                      random_uniform(&trail->event_random) < p->data_events_ratio;
    if (kept) {
        cloudtrail_record(s, f);
    } else if (f->flags & FRAME_MEASURED) {
        trail->filtered++;
    }
    f->work_ns = 0;
    call_work(w, f);
}

static void cloudtrail_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct cloudtrail_params *p = s->params;
    const struct cloudtrail *trail = s->state;
    own[CLOUDTRAIL_DATA_EVENTS].value = (double)trail->data;
    own[CLOUDTRAIL_MANAGEMENT_EVENTS].value = (double)trail->management;
    own[CLOUDTRAIL_COPIES].value = (double)trail->management * ((double)p->trails_count - 1);
    own[CLOUDTRAIL_FILTERED].value = (double)trail->filtered;
    own[CLOUDTRAIL_BYTES].value = trail->bytes;
    own[CLOUDTRAIL_STORED].value = trail->bytes / p->compression * (double)p->trails_count;
    own[CLOUDTRAIL_FILES].value = (double)trail->files;
    own[CLOUDTRAIL_DELAY].summary = &trail->delays;
}

const struct model cloudtrail_model = {
    .info =
        {
            .name = "cloudtrail",
            .title = "AWS CloudTrail: a record of events",
            .text =
                "A service with the key `audit` sends `record` once for each request, beside it: "
                "no request waits, and none fails, so the trail is a counter, not a queue. "
                "`record` is a data event, of which the selectors let through `data_events`; "
                "`record_management` is a management event, always recorded, and copied for each "
                "further trail (`audit: trail.record_management` on an aws_cli). Events gather in "
                "a log file, which is closed every `interval` and delivered a `delay` later: so "
                "many calls of `deliver_to`, one for each trail, whatever the number of events. "
                "Left out: the size that such a call carries, log files that are split because "
                "they grow large, Insights, Lake, digest files, event history, backlogs in an "
                "incident.",
            ROWS(params, cloudtrail_params),
            ROWS(metrics, cloudtrail_metrics),
            ROWS(operations, cloudtrail_operations),
            .params_size = sizeof(struct cloudtrail_params),
            .target_kind = TARGET_KIND_NONE,
        },
    .state_size = sizeof(struct cloudtrail),
    .start = cloudtrail_start,
    .timer = cloudtrail_timer,
    .arrive = cloudtrail_arrive,
    .observe = cloudtrail_observe,
};
