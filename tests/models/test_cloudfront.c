/* CloudFront's documented rules. Sources, all of the developer guide: [C] "Request and response
 * behavior for custom origins"; [F] "Optimize high availability with CloudFront origin failover";
 * [E] "Control how long CloudFront caches errors" and "How CloudFront processes HTTP 4xx and 5xx
 * status codes"; [X] "Manage how long content stays in the cache"; [S] "Use Origin Shield"; [R]
 * "How CloudFront works with regional edge caches"; [Q] "Quotas". Round trips are those of
 * models/places.h: 10 ms within a place, us_east - south_america 120 ms, us_east - europe 89 ms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "models/model.h"
#include "tests/support/lab.h"

#define TESTS DEFINED("the tests")
#define HEAD(duration, replications) HEAD_AFTER("0s", duration, replications)
#define HEAD_AFTER(warmup, duration, replications)                                  \
    "archsim: 1\nname: test\nduration: " duration "\nwarmup: " warmup "\nseed: 5\n" \
    "drain: 10m\nreplications: " replications "\nservices:\n"
/* One edge at no distance from its viewers, 10 ms from the origin. */
#define BARE                                                                     \
    "  cdn: {type: cloudfront, edge_rtt: 0s, overhead: 0s, edges_per_place: 1, " \
    "regional_edge_cache: false, "
#define ONE "keys: zipf(n=1 s=0), "
#define EACH(rate) "traffic:\n  t: {to: cdn, arrivals: constant, rate: " rate "}\n"

/* ---- origin: answers as its parameters say, another way from a time on ---- */

struct origin_params {
    int answer, then; /* enum outcome */
    int64_t from_ns;
};

#define PARAMS struct origin_params
static const struct param origin_params[] = {
    CHOICE(answer, "ok", "ok throttled timeout rejected unavailable failed", "at first", TESTS),
    CHOICE(then, "ok", "ok throttled timeout rejected unavailable failed", "later", TESTS),
    TIME(from, NONE, "", "from now on `then`", TESTS),
};
#undef PARAMS

static void origin_arrive(struct world *w, struct service *s, struct frame *f)
{
    const struct origin_params *p = s->params;
    const bool later = p->from_ns >= 0 && core_now(s->core) >= p->from_ns;
    const enum outcome answer = (enum outcome)(later ? p->then : p->answer);
    if (answer == OUTCOME_OK) {
        call_work(w, f);
    } else {
        call_refuse(w, f, answer);
    }
}

static const struct model origin_model = {
    .info = {.name = "origin",
             .title = "an origin",
             .text = "for tests",
             ROWS(params, origin_params),
             .params_size = sizeof(struct origin_params)},
    .arrive = origin_arrive,
};

static const struct model *const own_models[] = {&origin_model};
#define RUN(...) lab_run_with(own_models, 1, __VA_ARGS__)

/* ---- hits, lifetimes, collapsing ---- */

/* [C] "if additional requests for the same object arrive at the edge location before your origin
 * responds to the first request": every 0.1 s one arrives, the answer takes 0.51 s and lives 10 s:
 * a cycle of 10.6 s is one request to the origin, 5 that wait for its answer, and 100 hits; "the
 * first request is identified as a Miss ... and the collapsed requests are identified as a Hit". */
static void one_request_to_the_origin_for_a_crowd(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("106s", "2") BARE ONE "max_age: 10s, origin: app}\n"
                                           "  app: {type: delay, work: 500ms}\n" EACH("10/s"));
    lab_equal(lab, "services.cdn.requests", 1060);
    lab_equal(lab, "services.cdn.origin_requests", 10);
    lab_equal(lab, "services.app.arrivals", 10 / 106.0);
    lab_equal(lab, "services.cdn.collapsed_requests", 50);
    lab_equal(lab, "services.cdn.cache_hit_rate", 105 / 106.0);
    lab_equal(lab, "traffic.t.latency.mean", (0.51 + 0.41 + 0.31 + 0.21 + 0.11 + 0.01) / 106);
    lab_equal(lab, "services.cdn.origin_latency.mean", 0.51);
    lab_close(lab);
}

/* Objects asked for at rates l, fetched in L = 10 ms, kept for T = 2 s: a cycle of each is a miss,
 * l L that wait for it and l T hits, as which both count. Four edges share the traffic, each with a
 * cache of its own. */
static void hit_ratio(void **state)
{
    (void)state;
    enum { KEYS = 20, EDGES = 4, RATE = 400 };
    double sum = 0, hits = 0, misses = 0;
    for (int i = 0; i < KEYS; i++) {
        sum += 1.0 / (i + 1);
    }
    for (int i = 0; i < KEYS; i++) {
        const double asked = 1.0 / (i + 1) / sum * RATE / EDGES; /* at one edge */
        const double cycle = 1 + asked * 2.01;
        hits += asked * EDGES / RATE * asked * 2.01 / cycle;
        misses += asked * EDGES / cycle;
    }
    struct lab *lab = lab_run(HEAD_AFTER(
        "20s", "100s", "16") "  cdn: {type: cloudfront, edges_per_place: 4, "
                             "regional_edge_cache: false, keys: zipf(n=20 s=1), max_age: 2s, "
                             "origin: app}\n  app: {type: delay}\n"
                             "traffic:\n  t: {to: cdn, rate: 400/s}\n");
    lab_expect(lab, "services.cdn.cache_hit_rate", hits, 0.01);
    lab_expect(lab, "services.app.arrivals", misses, 0.02);
    lab_close(lab);
}

static void fixed_hit_ratio(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("100s", "16") BARE "hit_ratio: 80%%, origin: app}\n  app: {type: delay}\n"
                                        "traffic:\n  t: {to: cdn, rate: 200/s}\n");
    lab_expect(lab, "services.cdn.cache_hit_rate", 0.8, 0.01);
    lab_expect(lab, "services.app.arrivals", 40, 0.04);
    lab_expect(lab, "traffic.t.latency.mean", 0.2 * 0.01, 0.04);
    lab_close(lab);
}

/* [X] The table of TTLs: without max-age the greater of default and minimum; with it, within
 * minimum and maximum. One request a second for 100 s; an object that lives T is fetched once in
 * T + 1 s (what is stored 10 ms after second t has expired at second t + T + 1, not before). */
static void lifetimes(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        double fetches;
    } cases[] = {
        {"ttl: {default: 9s}", 10},
        {"ttl: {default: 3s, min: 9s}", 10},
        {"max_age: 19s", 5},
        {"max_age: 1s, ttl: {min: 9s}", 10},
        {"max_age: 90s, ttl: {max: 9s}", 10},
        {"max_age: 9s, ttl: {default: 1s}", 10},
        {"ttl: {max: 9s}", 10},
        {"max_age: 0s", 100},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_run(HEAD("100s", "2") BARE ONE "%s, origin: app}\n"
                                                             "  app: {type: delay}\n" EACH("1/s"),
                                  cases[i].given);
        lab_equal(lab, "services.cdn.origin_requests", cases[i].fetches);
        lab_close(lab);
    }
}

/* [C] With a minimum TTL of 0 and max-age=0 requests do not collapse, at the price of "additional
 * latency for the simultaneous requests that are paused while CloudFront waits for the response to
 * the first request": of 6 one leads, and 5 wait 0.41, 0.31 ... 0.01 s before their 0.51 s. "If you
 * want to prevent all request collapsing, you can use the managed cache policy CachingDisabled". */
static void what_is_not_stored_does_not_collapse(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        double paused, latency;
    } cases[] = {
        {"max_age: 0s", 500, 0.51 + (0.41 + 0.31 + 0.21 + 0.11 + 0.01) / 6},
        {"ttl: {default: 0s}", 500, 0.51 + (0.41 + 0.31 + 0.21 + 0.11 + 0.01) / 6},
        {"ttl: {max: 0s}", 0, 0.51},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("60s", "2") BARE ONE "%s, origin: app}\n"
                                              "  app: {type: delay, work: 500ms}\n" EACH("10/s"),
                    cases[i].given);
        lab_equal(lab, "services.cdn.origin_requests", 600);
        lab_equal(lab, "services.cdn.collapsed_requests", cases[i].paused);
        lab_equal(lab, "services.cdn.cache_hit_rate", 0);
        lab_equal(lab, "traffic.t.latency.mean", cases[i].latency);
        lab_close(lab);
    }
}

/* With room for one object at the edge only that hits which was asked for just before: of two
 * equally popular keys half. A size is that many mean objects. */
static void room_at_the_edge(void **state)
{
    (void)state;
    static const char *const rooms[] = {"1", "1500 KiB, object_size: 1 MiB"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("200s", "16") BARE "keys: zipf(n=2 s=0), edge_capacity: %s, origin: app}\n"
                                            "  app: {type: delay}\n" EACH("50/s"),
                    rooms[i]);
        lab_expect(lab, "services.cdn.cache_hit_rate", 0.5, 0.03);
        lab_close(lab);
    }
}

/* ---- layers ---- */

/* [S] "CloudFront can retrieve each object with a single origin request": of 5 edges in each of two
 * places every one misses the object once. Without layers the origin sees them all; with a regional
 * cache one of each place; with the shield one. */
static void layers(void **state)
{
    (void)state;
    static const struct {
        const char *given;
        double origin, shield;
    } cases[] = {
        {"regional_edge_cache: false", 10, 0},
        {"regional_edge_cache: false, origin_shield: true", 1, 10},
        {"regional_edge_cache: true", 2, 0},
        {"regional_edge_cache: true, origin_shield: true", 1, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            lab_run(HEAD("100s", "2") "  cdn: {type: cloudfront, edges_per_place: 5, " ONE
                                      "viewers: [{place: us_east, share: 50%%}, {place: europe, "
                                      "share: 50%%}], %s, origin: app}\n"
                                      "  app: {type: delay}\n" EACH("20/s"),
                    cases[i].given);
        lab_equal(lab, "services.cdn.origin_requests", cases[i].origin);
        lab_equal(lab, "services.cdn.origin_shield_requests", cases[i].shield);
        lab_close(lab);
    }
}

/* Requests that meet above collapse there: of 5 edges all miss within 400 ms, and the origin, which
 * takes 10 s, is asked once; so it is by way of the shield. */
static void crowds_meet_above(void **state)
{
    (void)state;
    static const char *const given[] = {"true", "true, origin_shield: true"};
    for (int i = 0; i < 2; i++) {
        struct lab *lab =
            lab_run(HEAD("4s", "2") "  cdn: {type: cloudfront, edges_per_place: 5, " ONE
                                    "regional_edge_cache: %s, origin: app}\n"
                                    "  app: {type: delay, work: 10s}\n" EACH("100/s"),
                    given[i]);
        lab_equal(lab, "services.cdn.origin_requests", 1);
        lab_equal(lab, "services.cdn.collapsed_requests", 399);
        lab_equal(lab, "traffic.t.availability", 1);
        lab_close(lab);
    }
}

/* A hit takes the round trip to the edge and its time; a miss, too, the round trips of its hops:
 * 10 ms to the regional cache, 120 ms from Sao Paulo to us-east-1, or 1 ms within the region. */
static void distances(void **state)
{
    (void)state;
    static const struct {
        const char *region, *given;
        double hit, miss;
    } cases[] = {
        {"us-east-1", "viewers: [{place: south_america, share: 100%}]", 22, 154},
        {"us-east-1", "viewers: [{place: south_america, share: 100%, rtt: 6ms}]", 8, 140},
        {"us-east-1", "regional_edge_cache: false, viewers: [{place: europe, share: 100%}]", 22,
         111},
        {"us-east-1", "edge_rtt: 20ms", 22, 35},
        {"sa-east-1", "edge_rtt: 20ms", 22, 35},
        {"sa-east-1", "viewers: [{place: us_east, share: 100%}]", 22, 154},
        {"us-east-1", "origin_shield: true, viewers: [{place: europe, share: 100%}]", 22, 126},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int hit = 0; hit <= 1; hit++) {
            struct lab *lab = lab_run(
                "archsim: 1\nname: test\nregion: %s\nduration: 10s\nwarmup: 0s\n"
                "replications: 2\nservices:\n"
                "  cdn: {type: cloudfront, hit_ratio: %d, %s%s, origin: app}\n"
                "  app: {type: delay}\n" EACH("10/s"),
                cases[i].region, hit, strstr(cases[i].given, "edge_rtt") ? "" : "edge_rtt: 20ms, ",
                cases[i].given);
            lab_equal(lab, "traffic.t.latency.mean", (hit ? cases[i].hit : cases[i].miss) / 1000);
            lab_close(lab);
        }
    }
}

/* [R] "Proxy methods PUT, POST, PATCH, OPTIONS, and DELETE go directly to the origin from the edge
 * locations and do not proxy through the regional edge caches"; no cache answers them. */
static void dynamic_operations(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD(
        "10s", "2") "  cdn: {type: cloudfront, edge_rtt: 0s, overhead: 0s, edges_per_place: 1, " ONE
                    "viewers: [{place: europe, share: 100%%}], origin: app, dynamic: [app.put]}\n"
                    "  app: {type: server, servers: inf, operations: {get: {work: 0s}, put: {work: "
                    "0s}}}\ntraffic:\n"
                    "  reads: {to: cdn.get, arrivals: constant, rate: 10/s}\n"
                    "  writes: {to: cdn.put, arrivals: constant, rate: 10/s, size: 2 KiB}\n");
    lab_equal(lab, "services.cdn.origin_requests", 101);
    lab_equal(lab, "traffic.writes.latency.mean", 0.089);
    lab_equal(lab, "services.cdn.cache_hit_rate", 0.99);
    lab_equal(lab, "services.cdn.bytes_uploaded", 100 * 2048.0);
    lab_close(lab);
}

/* ---- origins that fail ---- */

/* [E] "CloudFront caches error responses for a default duration of 10 seconds. CloudFront then
 * submits the next request for the object to your origin": a cycle is 10.1 s, or 0.1 s without. */
static void errors_are_cached(void **state)
{
    (void)state;
    static const char text[] = HEAD("101s", "2") BARE ONE
        "%sorigin: app}\n  app: {type: origin, answer: %s}\n" EACH("10/s");
    struct lab *lab = RUN(text, "", "failed");
    lab_equal(lab, "services.cdn.origin_requests", 10);
    lab_equal(lab, "services.cdn.5xx_error_rate", 1);
    lab_equal(lab, "traffic.t.errors.failed", 1);
    lab_close(lab);
    lab = RUN(text, "ttl: {error: 0s}, ", "unavailable");
    lab_equal(lab, "services.cdn.origin_requests", 1010);
    lab_close(lab);
    /* 429 is not in the list of the status codes that are cached */
    lab = RUN(text, "", "throttled");
    lab_equal(lab, "services.cdn.origin_requests", 1010);
    lab_equal(lab, "services.cdn.4xx_error_rate", 1);
    lab_equal(lab, "services.cdn.total_error_rate", 1);
    lab_close(lab);
}

/* [E] "If your origin returns a 5xx status code, CloudFront serves the object even though it has
 * expired. For the duration of the error caching minimum TTL, CloudFront continues to respond to
 * viewer requests by serving the object from the edge cache"; not so for a 4xx. From 50 s on the
 * origin fails; it is asked at 0 s, then every 5.1 s, then every 10.1 s. */
static void expired_objects_stand_in(void **state)
{
    (void)state;
    static const char text[] = HEAD("100s", "2") BARE ONE
        "max_age: 5s, origin: app}\n  app: {type: origin, then: %s, from: 50s}\n" EACH("10/s");
    struct lab *lab = RUN(text, "failed");
    lab_equal(lab, "traffic.t.availability", 1);
    lab_equal(lab, "services.cdn.total_error_rate", 0);
    lab_equal(lab, "services.cdn.origin_requests", 10 + 5);
    lab_close(lab);
    lab = RUN(text, "throttled");
    assert_true(lab_value(lab, "services.cdn.4xx_error_rate") > 0.45);
    lab_close(lab);
}

/* [F] "CloudFront routes all incoming requests to the primary origin, even when a previous request
 * failed over to the secondary origin", for 500, 502, 503, 504; [C] not for DELETE, PUT, POST. */
static void origin_failover(void **state)
{
    (void)state;
    static const char *const answers[] = {"failed", "unavailable", "rejected", "timeout"};
    static const char text[] = HEAD("10s", "2") BARE
        "hit_ratio: 0, origin: app, secondary: other}\n"
        "  app: {type: origin, answer: %s}\n  other: {type: origin}\n" EACH("10/s");
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct lab *lab = RUN(text, answers[i]);
        lab_equal(lab, "traffic.t.availability", 1);
        lab_equal(lab, "services.app.arrivals", 10);
        lab_equal(lab, "services.other.arrivals", 10);
        lab_equal(lab, "traffic.t.latency.mean", 0.02);
        lab_close(lab);
    }
    struct lab *lab = RUN(text, "throttled");
    lab_equal(lab, "services.other.arrivals", 0);
    lab_equal(lab, "services.cdn.4xx_error_rate", 1);
    lab_close(lab);
}

static void dynamic_operations_do_not_fail_over(void **state)
{
    (void)state;
    struct lab *lab = lab_run(
        HEAD("10s", "2") BARE
        "hit_ratio: 0, origin: app, secondary: other, dynamic: [app.put], response_timeout: 2s}\n"
        "  app: {type: server, servers: inf, operations: {get: {work: 1h}, put: {work: 1h}}}\n"
        "  other: {type: server, servers: inf, operations: {get: {work: 0s}, put: {work: 0s}}}\n"
        "traffic:\n  reads: {to: cdn.get, arrivals: constant, rate: 10/s}\n"
        "  writes: {to: cdn.put, arrivals: constant, rate: 10/s}\n");
    lab_equal(lab, "traffic.reads.availability", 1);
    lab_equal(lab, "traffic.reads.latency.mean", 3 * 2 + 0.01);
    lab_equal(lab, "traffic.writes.errors.timeout", 1);
    lab_equal(lab, "services.cdn.origin_requests", 100 * 4 + 100); /* a write is tried once */
    lab_close(lab);
}

/* [C] "CloudFront tries up to 3 times" to have a response, 30 s each; [F] "as long as 30 seconds (3
 * connection attempts of 10 seconds each) before failing over"; both can be less. */
static void timeouts_and_attempts(void **state)
{
    (void)state;
    static const struct {
        const char *given, *origin;
        double latency;
    } cases[] = {
        {"", "delay, work: 1h", 90.01},
        {"connection: {attempts: 1}, response_timeout: 5s, ", "delay, work: 1h", 5.01},
        {"unavailable: silent, ", "origin, answer: unavailable", 30.01},
        {"unavailable: silent, connection: {attempts: 2, timeout: 3s}, ",
         "origin, answer: unavailable", 6.01},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab =
            RUN(HEAD("10s", "2") BARE "hit_ratio: 0, %sorigin: app, secondary: other}\n"
                                      "  app: {type: %s}\n  other: {type: origin}\n" EACH("10/s"),
                cases[i].given, cases[i].origin);
        lab_equal(lab, "traffic.t.latency.mean", cases[i].latency);
        lab_close(lab);
    }
    /* [F] without a secondary: "how quickly CloudFront returns an HTTP 504 response" */
    struct lab *lab =
        RUN(HEAD("10s", "2") BARE "hit_ratio: 0, unavailable: silent, origin: app}\n"
                                  "  app: {type: origin, answer: unavailable}\n" EACH("10/s"));
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_equal(lab, "services.cdn.origin_requests", 300);
    lab_close(lab);
}

/* [C] "CloudFront sends the response from the original request to all the requests that it received
 * while it was paused": a bad one, too, whether or not it is remembered. A fetch takes 1.05 s, and
 * begins with the first request after it, at 0, 1.1, 2.2, 3.3 and 4.4 s. */
static void failures_of_a_crowd(void **state)
{
    (void)state;
    static const char text[] = HEAD("5s", "2") BARE ONE
        "%sresponse_timeout: 1050ms, connection: {attempts: 1}, origin: app}\n"
        "  app: {type: delay, work: 1h}\n" EACH("10/s");
    struct lab *lab = lab_run(text, "");
    lab_equal(lab, "services.cdn.origin_requests", 1);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_close(lab);
    lab = lab_run(text, "ttl: {error: 0s}, ");
    lab_equal(lab, "services.cdn.origin_requests", 5);
    lab_equal(lab, "services.cdn.collapsed_requests", 45);
    lab_equal(lab, "traffic.t.errors.timeout", 1);
    lab_close(lab);
}

/* The same of a 429, which is never remembered: it reaches the origin half a round trip of 10 ms
 * after the first, and its crowd of 10 ms each: every 1 ms a request, one of eleven is sent. */
static void throttling_of_a_crowd(void **state)
{
    (void)state;
    struct lab *lab =
        RUN(HEAD("11s", "2") BARE ONE "origin: app}\n"
                                      "  app: {type: origin, answer: throttled}\n" EACH("1000/s"));
    assert_true(fabs(lab_value(lab, "services.cdn.origin_requests") - 1000) <= 100);
    lab_equal(lab, "traffic.t.errors.throttled", 1);
    lab_close(lab);
}

/* [E] as above, where an edge asks a regional cache: that one's stand-in is no fresh object. The
 * origin, which fails from 50 s on, is asked every 5.1 s, and then every 1.1 s. */
static void stand_ins_of_two_layers(void **state)
{
    (void)state;
    struct lab *lab = RUN(
        HEAD("100s", "2") "  cdn: {type: cloudfront, edge_rtt: 0s, overhead: 0s, "
                          "edges_per_place: 1, max_age: 5s, ttl: {error: 1s}, " ONE "origin: app}\n"
                          "  app: {type: origin, then: failed, from: 50s}\n" EACH("10/s"));
    lab_equal(lab, "traffic.t.availability", 1);
    const double asked = lab_value(lab, "services.cdn.origin_requests");
    assert_true(fabs(asked - (10 + 49 / 1.1)) <= 2);
    /* all but what the origin answered itself is from a cache; what stands in is, too */
    assert_true(lab_value(lab, "services.cdn.cache_hit_rate") > 0.98);
    lab_close(lab);
}

/* With the origin named by operation, that is what is dynamic. */
static void dynamic_origin(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s", "2") BARE ONE
                              "origin: app.put, dynamic: [app.put]}\n"
                              "  app: {type: server, servers: inf, operations: {get: {work: 0s}, "
                              "put: {work: 0s}}}\n" EACH("10/s"));
    lab_equal(lab, "services.cdn.origin_requests", 100);
    lab_close(lab);
}

/* A viewer who goes while he fetches for others leaves that to the next of them. */
static void who_fetches_goes(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s", "2") "  cdn: {type: cloudfront, edge_rtt: 10ms, edges_per_place: 3, "
                                 "origin_shield: true, " ONE "max_age: 1s, origin: app}\n"
                                 "  app: {type: delay, work: 300ms}\ntraffic:\n"
                                 "  hasty: {to: cdn, rate: 50/s, timeout: 100ms, cancel: true}\n"
                                 "  calm: {to: cdn, rate: 50/s}\n");
    lab_equal(lab, "traffic.calm.availability", 1);
    assert_true(lab_value(lab, "traffic.hasty.errors.timeout") > 0.1);
    assert_true(lab_value(lab, "services.cdn.origin_requests") > 10);
    lab_close(lab);
}

/* ---- limits and bytes ---- */

/* [Q] Requests per second and data transfer rate per distribution: a full bucket of a second's
 * worth and then the rate. Of 40 a second for 10 s, 20 + 200 are let in. */
static void limits(void **state)
{
    (void)state;
    struct lab *lab =
        lab_run(HEAD("10s", "2") BARE "hit_ratio: 1, quota: {requests: 20/s}, origin: app}\n"
                                      "  app: {type: delay}\n" EACH("40/s"));
    assert_true(fabs(lab_value(lab, "traffic.t.errors.throttled") - 180 / 400.0) <= 1.5 / 400);
    lab_equal(lab, "services.cdn.5xx_error_rate", lab_value(lab, "traffic.t.errors.throttled"));
    lab_close(lab);
    /* 10 MiB/s of 512 KiB are 20 a second */
    lab = lab_run(HEAD("10s", "2") BARE "hit_ratio: 1, object_size: 512 KiB, origin: app, "
                                        "quota: {bandwidth: 10 MiB/s}}\n"
                                        "  app: {type: delay}\n" EACH("40/s"));
    assert_true(fabs(lab_value(lab, "traffic.t.errors.throttled") - 180 / 400.0) <= 1.5 / 400);
    lab_close(lab);
}

/* Small answers count as what they are: 2000 of 200 B a second are 40 % of 1 MB/s; of 10k/s, which
 * are twice as much, a second's worth of 5000 and then half are let in. */
static void small_answers(void **state)
{
    (void)state;
    static const char text[] = HEAD("10s", "2") BARE
        "hit_ratio: 1, object_size: 200B, quota: {bandwidth: 1MB/s}, origin: app}\n"
        "  app: {type: delay}\n" EACH("%s/s");
    struct lab *lab = lab_run(text, "2000");
    lab_equal(lab, "traffic.t.errors.throttled", 0);
    lab_close(lab);
    lab = lab_run(text, "10000");
    assert_true(fabs(lab_value(lab, "traffic.t.errors.throttled") - 0.45) < 0.001);
    lab_close(lab);
}

/* 1 MB at 8 Mbit/s takes a second. */
static void transfers(void **state)
{
    (void)state;
    struct lab *lab = lab_run(HEAD("10s", "2") BARE "hit_ratio: 1, object_size: 1MB, "
                                                    "viewer_bandwidth: 8 Mbit/s, origin: app}\n"
                                                    "  app: {type: delay}\n" EACH("10/s"));
    lab_equal(lab, "traffic.t.latency.mean", 1);
    lab_equal(lab, "services.cdn.bytes_downloaded", 100e6);
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_request_to_the_origin_for_a_crowd),
        cmocka_unit_test(hit_ratio),
        cmocka_unit_test(fixed_hit_ratio),
        cmocka_unit_test(lifetimes),
        cmocka_unit_test(what_is_not_stored_does_not_collapse),
        cmocka_unit_test(room_at_the_edge),
        cmocka_unit_test(layers),
        cmocka_unit_test(crowds_meet_above),
        cmocka_unit_test(distances),
        cmocka_unit_test(dynamic_operations),
        cmocka_unit_test(errors_are_cached),
        cmocka_unit_test(expired_objects_stand_in),
        cmocka_unit_test(origin_failover),
        cmocka_unit_test(dynamic_operations_do_not_fail_over),
        cmocka_unit_test(timeouts_and_attempts),
        cmocka_unit_test(failures_of_a_crowd),
        cmocka_unit_test(throttling_of_a_crowd),
        cmocka_unit_test(stand_ins_of_two_layers),
        cmocka_unit_test(dynamic_origin),
        cmocka_unit_test(who_fetches_goes),
        cmocka_unit_test(limits),
        cmocka_unit_test(small_answers),
        cmocka_unit_test(transfers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
