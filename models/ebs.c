/* ebs: a volume of EBS. A read or write counts as operations of at most 256 KiB (SSD) or 1 MiB
 * (HDD), and as its bytes; both are let go at the pace of what the volume may do, which is more
 * while it has credits (gp2: operations; st1 and sc1: bytes); beyond it they queue. Then the
 * latency passes. Blocks: pace, records. Left out: snapshots and their lazy loading, the bandwidth
 * of the instance, loss of the volume. */
#include "models/model.h"

#include <math.h>

#include "models/ebs_volume.h"
#include "models/paced.h"

#define TYPES_PAGE "Amazon EC2 User Guide, Amazon EBS volume types"
#define IO_PAGE "Amazon EC2 User Guide, EBS I/O characteristics and monitoring"

enum ebs_operation { EBS_READ, EBS_WRITE };
enum ebs_metric {
    EBS_READ_OPS,
    EBS_WRITE_OPS,
    EBS_READ_BYTES,
    EBS_WRITE_BYTES,
    EBS_CONSUMED, /* up to here they are counted */
    EBS_COUNTS,
    EBS_QUEUE_LENGTH = EBS_COUNTS,
    EBS_BURST_BALANCE,
    EBS_THROUGHPUT_PERCENTAGE,
};

struct ebs_params {
    int volume;
    int64_t size_bytes;
    double iops_per_s, throughput_bytes_per_s;
    double credits_ratio;
    bool sequential;
    const struct distribution *io_size_bytes_dist;
    struct {
        const struct distribution *ssd_ns_dist, *io2_ns_dist, *hdd_ns_dist;
    } latency;
};

#define PARAMS struct ebs_params
static const struct param ebs_params[] = {
    CHOICE(volume, "gp3", EBS_VOLUME_WORDS, "the type of the volume; io2 is Block Express",
           DOCUMENTED(TYPES_PAGE)),
    SIZE(size, REQUIRED, "1GiB..64TiB", "of the volume: what it may do depends on it",
         DOCUMENTED(TYPES_PAGE)),
    RATE(iops, NONE, "100/s..256k/s", "provisioned operations; gp3 has 3,000/s without",
         DOCUMENTED(TYPES_PAGE "; gp3 to 80,000/s since 2025 (facts, ebs gp3)")),
    THROUGHPUT(throughput, NONE, "125MiB/s..2000MiB/s",
               "provisioned for a gp3, which has 125 MiB/s without",
               DOCUMENTED(TYPES_PAGE "; to 2,000 MiB/s since 2025 (facts, ebs gp3)")),
    RATIO(credits, "100%", "0%..100%",
          "of the burst bucket that is full at time 0, whatever the warm-up has spent",
          DOCUMENTED("Amazon EC2 User Guide, gp2 volume performance: 5.4 million at first")),
    FLAG(sequential, "false",
         "small requests follow each other on the volume and are merged to the largest operation",
         DOCUMENTED(IO_PAGE ": merged when they are physically sequential")),
    SIZE_DIST(io_size, "16 KiB", "1B..", "of a request that says no size",
              DOCUMENTED(TYPES_PAGE ": the IOPS of SSD volumes are those of 16 KiB")),
    TIME_DIST(latency.ssd, "lognormal(p50=1ms p99=3ms)", "0s..",
              "of an operation of gp2, gp3, io1, once it may go",
              ESTIMATED("facts, ebs gp3_latency: 1 ms typical, single-digit ms documented")),
    TIME_DIST(latency.io2, "lognormal(p50=0.4ms p99=0.9ms)", "0s..", "the same of io2",
              ESTIMATED("facts, ebs io2_latency: 0.4 ms typical, sub-millisecond documented")),
    TIME_DIST(latency.hdd, "lognormal(p50=8ms p99=30ms)", "0s..", "the same of st1 and sc1",
              ESTIMATED("a seek and a rotation of a disk; AWS publishes none")),
};
static const struct param_only ebs_only[] = {
    {"latency.io2", "volume", "io2"},
};

static const struct operation_info ebs_operations_info[] = {
    [EBS_READ] = {"read", "as many bytes as the call's size"},
    [EBS_WRITE] = {"write", "as many bytes as the call's size"},
};

static const struct metric ebs_metrics[] = {
    [EBS_READ_OPS] = {"volume_read_ops", QUANTITY_COUNT, METRIC_VALUE,
                      "read operations, as they were split or merged"},
    [EBS_WRITE_OPS] = {"volume_write_ops", QUANTITY_COUNT, METRIC_VALUE,
                       "write operations, as they were split or merged"},
    [EBS_READ_BYTES] = {"volume_read_bytes", QUANTITY_SIZE, METRIC_VALUE, "bytes that were read"},
    [EBS_WRITE_BYTES] = {"volume_write_bytes", QUANTITY_SIZE, METRIC_VALUE,
                         "bytes that were written"},
    [EBS_CONSUMED] = {"volume_consumed_read_write_ops", QUANTITY_COUNT, METRIC_VALUE,
                      "operations in units of 256 KiB (1 MiB of st1 and sc1)"},
    [EBS_QUEUE_LENGTH] = {"volume_queue_length", QUANTITY_COUNT, METRIC_VALUE,
                          "requests that wait to be completed, mean over time"},
    [EBS_BURST_BALANCE] = {"burst_balance", QUANTITY_RATIO, METRIC_VALUE,
                           "of the credits of gp2, st1, sc1: left at the end", true},
    [EBS_THROUGHPUT_PERCENTAGE] = {"volume_throughput_percentage", QUANTITY_RATIO, METRIC_VALUE,
                                   "of the operations provisioned for io1 and io2: delivered"},
};

enum { EBS_IOPS, EBS_BYTES, EBS_RESOURCES };
static const char *const ebs_resources[EBS_RESOURCES] = {
    [EBS_IOPS] = "baseline iops",
    [EBS_BYTES] = "baseline throughput",
};

struct ebs {
    struct paced paced;
    struct pace paces[EBS_RESOURCES];
    struct random latency_random, size_random;
    struct gauge_window in_flight_seen;
    double counts[EBS_COUNTS]; /* measured */
    double balance;            /* at the end of the window */
};

static struct ebs_volume ebs_volume(const struct ebs_params *p)
{
    return (struct ebs_volume){p->volume, p->size_bytes, p->iops_per_s, p->throughput_bytes_per_s};
}

static bool ebs_is_hdd(const struct ebs_params *p)
{
    return p->volume == EBS_ST1 || p->volume == EBS_SC1;
}

static void ebs_start(struct world *w, struct service *s)
{
    const struct ebs_params *p = s->params;
    struct ebs *ebs = s->state;
    const struct ebs_volume volume = ebs_volume(p);
    struct pace_terms operations = ebs_operations(&volume);
    struct pace_terms bytes = ebs_throughput(&volume);
    operations.initial_ratio = bytes.initial_ratio = p->credits_ratio;
    pace_init(&ebs->paces[EBS_IOPS], &operations);
    pace_init(&ebs->paces[EBS_BYTES], &bytes);
    paced_start(s, &ebs->paced);
    ebs->latency_random = service_random(w, s, "latency");
    ebs->size_random = service_random(w, s, "sizes");
    service_gauge(s, &s->load.in_flight, &ebs->in_flight_seen);
}

/* As what a request of so many bytes counts: operations, the last of them, and bytes. */
struct ebs_cost {
    double operations, bytes, last_bytes;
};

static struct ebs_cost ebs_cost(const struct ebs_params *p, double bytes)
{
    const double most = ebs_io_bytes(p->volume);
    const double operations = p->sequential ? bytes / most : ceil(bytes / most);
    /* of a disk, each operation takes credits for 1 MiB */
    const double taken = ebs_is_hdd(p) ? operations * most : bytes;
    const double last = fmod(taken, most);
    return (struct ebs_cost){operations, taken, last > 0 ? last : most};
}

static void ebs_count(struct ebs *ebs, const struct ebs_params *p, const struct frame *f,
                      double bytes, double operations)
{
    if (f->flags & FRAME_MEASURED) {
        const bool reads = f->operation == EBS_READ;
        ebs->counts[reads ? EBS_READ_OPS : EBS_WRITE_OPS] += operations;
        ebs->counts[reads ? EBS_READ_BYTES : EBS_WRITE_BYTES] += bytes;
        ebs->counts[EBS_CONSUMED] += bytes / ebs_io_bytes(p->volume);
    }
}

static const struct distribution *ebs_latency(const struct ebs_params *p)
{
    if (p->volume == EBS_IO2) {
        return p->latency.io2_ns_dist;
    }
    return ebs_is_hdd(p) ? p->latency.hdd_ns_dist : p->latency.ssd_ns_dist;
}

static void ebs_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct ebs_params *p = s->params;
    struct ebs *ebs = s->state;
    const int64_t now_ns = core_now(s->core);
    double bytes = call_size(w, f);
    if (!(bytes > 0)) {
        bytes = distribution_draw(p->io_size_bytes_dist, &ebs->size_random);
    }
    const struct ebs_cost cost = ebs_cost(p, bytes);
    struct paced_call call = {{now_ns, now_ns}, 0};
    pace_pass(&ebs->paces[EBS_IOPS], now_ns, cost.operations, fmin(1, cost.operations), &call.span);
    pace_pass(&ebs->paces[EBS_BYTES], now_ns, cost.bytes, cost.last_bytes, &call.span);
    call.latency_ns = distribution_draw_int(ebs_latency(p), &ebs->latency_random);
    ebs_count(ebs, p, f, bytes, cost.operations);
    paced_arrive(w, s, &ebs->paced, f, &call);
}

static void ebs_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)slot;
    paced_due(w, s, &((struct ebs *)s->state)->paced);
}

static void ebs_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    paced_finish(s, &((struct ebs *)s->state)->paced, f);
}

/* NaN of volumes without credits. */
static double ebs_balance(const struct service *s)
{
    const struct ebs *ebs = s->state;
    for (int i = 0; i < EBS_RESOURCES; i++) {
        if (ebs->paces[i].credits > 0) {
            return pace_balance(&ebs->paces[i], core_now(s->core)) / ebs->paces[i].credits;
        }
    }
    return NAN;
}

/* What warms up spends nothing: the measured time begins with the credits that were given. */
static void ebs_window(struct world *w, struct service *s, bool begins)
{
    (void)w;
    const struct ebs_params *p = s->params;
    struct ebs *ebs = s->state;
    for (int i = 0; begins && i < EBS_RESOURCES; i++) {
        pace_fill(&ebs->paces[i], core_now(s->core), p->credits_ratio);
    }
    if (!begins) {
        ebs->balance = ebs_balance(s);
    }
}

static double ebs_level(struct world *w, struct service *s, uint32_t metric)
{
    (void)w;
    (void)metric;
    return ebs_balance(s);
}

static void ebs_observe(struct world *w, struct service *s, struct own_value *own)
{
    const struct ebs_params *p = s->params;
    const struct ebs *ebs = s->state;
    const double window_s = world_window_s(w);
    for (int i = 0; i < EBS_COUNTS; i++) {
        own[i].value = ebs->counts[i];
    }
    own[EBS_QUEUE_LENGTH].value = gauge_mean(&ebs->in_flight_seen, window_s);
    own[EBS_BURST_BALANCE].value = ebs->balance;
    own[EBS_THROUGHPUT_PERCENTAGE].value =
        p->volume == EBS_IO1 || p->volume == EBS_IO2
            ? (ebs->counts[EBS_READ_OPS] + ebs->counts[EBS_WRITE_OPS]) / (p->iops_per_s * window_s)
            : NAN;
}

static void ebs_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct ebs *ebs = s->state;
    for (int i = 0; i < EBS_RESOURCES; i++) {
        usage[i] = (struct usage){.used = ebs->paces[i].passed,
                                  .available = ebs->paces[i].rate.baseline_bytes_per_s};
    }
}

/* It spends credits for minutes or hours. */
static bool ebs_spends(const void *params)
{
    const struct ebs_volume volume = ebs_volume(params);
    const struct pace_terms operations = ebs_operations(&volume);
    const struct pace_terms bytes = ebs_throughput(&volume);
    return operations.burst_per_s > operations.baseline_per_s ||
           bytes.burst_per_s > bytes.baseline_per_s;
}

static const char *ebs_check_params(const void *params)
{
    const struct ebs_params *p = params;
    const struct ebs_volume volume = ebs_volume(p);
    return ebs_check(&volume);
}

/* Where the caller stands; 0 of a pool that is in no zone. */
static unsigned ebs_caller_zones(const struct scenario *scenario, uint16_t caller)
{
    const struct scenario_service *service = &scenario->services[caller];
    return service->zones_mask == 0 && service->type->members ? (1u << scenario->zones) - 1
                                                              : service->zones_mask;
}

/* It lives in one zone, and so do those who use it. */
static const char *ebs_forbid(const void *params, const struct passage *passage,
                              struct arena *arena)
{
    const struct scenario_service *services = passage->scenario->services;
    const struct scenario_service *volume = &services[passage->callee];
    if (volume->params != params) {
        return NULL;
    }
    if (__builtin_popcount(volume->zones_mask) != 1) {
        return arena_printf(arena, "'%s' is a volume and lives in one zone: name it (zone: a)",
                            volume->name);
    }
    if (passage->caller == SERVICE_NONE) {
        return NULL;
    }
    return (ebs_caller_zones(passage->scenario, passage->caller) & ~volume->zones_mask) == 0
               ? NULL
               : arena_printf(arena,
                              "'%s' stands in other zones than the volume '%s', which can be "
                              "attached in its own zone only",
                              services[passage->caller].name, volume->name);
}

const struct model ebs_model = {
    .info =
        {
            .name = "ebs",
            .title = "Amazon EBS: a volume",
            .text =
                "A request counts as operations of at most 256 KiB (1 MiB of st1 and sc1, where "
                "each counts as 1 MiB), and as its bytes; with `sequential`, small ones are merged "
                "and count by their bytes. Operations and bytes each pass one after the other at "
                "the rate that the volume has, by its type, its size and what is provisioned: "
                "below the rate a request waits for those just before it only, above it a queue "
                "grows (M/D/1 with Poisson arrivals of one size). gp2 passes 3,000 operations/s "
                "while it has credits, of which it earns what it does not use of its baseline, up "
                "to 5.4 million; st1 and sc1 have credits for bytes. Then the latency passes, "
                "whatever the load. What a caller has given up is done all the same. A volume "
                "lives in one zone, and callers that name other zones are refused; generic ones "
                "without a "
                "zone may use it. Left out: snapshots and their lazy loading, "
                "the bandwidth of the instance, failures of a volume, the 1 % of the time in which "
                "less than what is provisioned is delivered.",
            ROWS(params, ebs_params),
            ROWS(metrics, ebs_metrics),
            .operations = ebs_operations_info,
            .operations_count = sizeof(ebs_operations_info) / sizeof(ebs_operations_info[0]),
            ROWS(resources, ebs_resources),
            ROWS(only, ebs_only),
            .params_size = sizeof(struct ebs_params),
            .target_kind = TARGET_KIND_NONE,
            .scales_with = ebs_spends,
            .check = ebs_check_params,
            .forbid = ebs_forbid,
        },
    .state_size = sizeof(struct ebs),
    .start = ebs_start,
    .window = ebs_window,
    .timer = ebs_timer,
    .observe = ebs_observe,
    .usage = ebs_usage,
    .arrive = ebs_arrive,
    .finish = ebs_finish,
    .level = ebs_level,
};
