/* language: one row for each key of the scenario language; the texts are what editors and errors
 * show. */
#include "sim/scenario/language.h"

#include <string.h>

#define LANGUAGE DEFINED("archsim language 1")
#define ROOM(name, rows)  \
    {                     \
        name, TABLE(rows) \
    }

#define PARAMS struct scenario_keys
static const struct param scenario_rows[] = {
    COUNT(archsim, REQUIRED, "1..1", "version of the language", LANGUAGE),
    TEXT(name, NONE, "title in reports; default: the name of the file", LANGUAGE),
    CHOICE(region, "us-east-1", "us-east-1 sa-east-1", "chooses the price list", LANGUAGE),
    COUNT(zones, "3", "1..6", "availability zones, named a, b, c, ...", LANGUAGE),
    TIME(duration, "10m", "1ms..", "simulated time that is measured", LANGUAGE),
    NODE(warmup, "auto", "auto_time", "time before measurement, at the traffic of time 0",
         LANGUAGE),
    COUNT(seed, "1", "0..", "of all random streams", LANGUAGE),
    NODE(replications, "auto", "auto_count", "independent repetitions of the run", LANGUAGE),
    RATIO(precision, "2%", "0.01%..100%", "relative half-width at which auto gives up deciding",
          LANGUAGE),
    TIME(drain, NONE, "0s..", "how long unfinished requests are followed after the end", LANGUAGE),
    NODE(start, "Mon 00:00", "week_time", "what time 0 is in a week, for weekly shapes", LANGUAGE),
    NODE(quotas, NONE, "quotas", "account quotas by service type, where they are not the default",
         LANGUAGE),
    NODE(services, REQUIRED, "services", "a map of names to services", LANGUAGE),
    NODE(traffic, REQUIRED, "traffics", "a map of names to sources of requests", LANGUAGE),
    NODE(slo, NONE, "slo", "promises: a list of PATH OPERATOR VALUE", LANGUAGE),
    NODE(faults, NONE, "faults", "what breaks in the run, at its time", LANGUAGE),
    NODE(random_faults, NONE, "random_faults", "how often things break, over a year", LANGUAGE),
};
const struct room scenario_room = ROOM("scenario", scenario_rows);
#undef PARAMS

#define PARAMS struct service_keys
static const struct param service_rows[] = {
    TEXT(type, REQUIRED, "what the service is; `archsim explain` lists the types", LANGUAGE),
    TIME_DIST(work, "0s", "0s..", "time of its own per request, without what it calls", LANGUAGE),
    NODE(calls, NONE, "steps", "what a request does here after the work, step by step", LANGUAGE),
    NODE(operations, NONE, "operations", "several operations, each with its work and calls",
         LANGUAGE),
    COUNT(limit.concurrent, REQUIRED, "1..",
          "calls inside at once, before the type's own admission", LANGUAGE),
    CHOICE(limit.on_full, "reject", "reject wait", "what happens to calls beyond the limit",
           LANGUAGE),
    TEXT(zone, NONE, "the one zone in which it lives", LANGUAGE),
    NODE(zones, NONE, "zone_list", "the zones over which it is spread", LANGUAGE),
    TEXT(encryption, NONE, "the kms key that every request asks before its calls", LANGUAGE),
    TEXT(tracing, NONE, "the xray service to which every request reports its segment", LANGUAGE),
    TEXT(logs, NONE, "the cloudwatch service to which every request writes a log event", LANGUAGE),
    TEXT(audit, NONE, "the cloudtrail service that records every request", LANGUAGE),
};
const struct room service_room = ROOM("service", service_rows);
#undef PARAMS

bool service_row_applies(const struct param *row, const struct model_info *type)
{
    if (strcmp(row->key, "work") == 0 || strcmp(row->key, "calls") == 0)
        return type->takes_work;
    return strcmp(row->key, "operations") != 0 || type->takes_operations;
}

#define PARAMS struct operation_keys
static const struct param operation_rows[] = {
    TIME_DIST(work, "0s", "0s..", "time of its own per request, without what it calls", LANGUAGE),
    NODE(calls, NONE, "steps", "what a request does here after the work, step by step", LANGUAGE),
};
const struct room operation_room = ROOM("operation", operation_rows);
#undef PARAMS

#define PARAMS struct copies_keys
static const struct param copies_rows[] = {
    TEXT(service, REQUIRED, "the service that has copies", LANGUAGE),
    COUNT(copies, REQUIRED, "1..60k", "independent instances, reached only through here", LANGUAGE),
};
const struct room copies_room = ROOM("copies", copies_rows);
#undef PARAMS

#define PARAMS struct option_keys
static const struct param carry_rows[] = {
    SIZE_DIST(size, NONE, "0 B..", "bytes that the call carries; default: the caller's", LANGUAGE),
    COUNT(priority, NONE, "0..255", "0 is served first; inherited by nested calls", LANGUAGE),
    TEXT(via, NONE, "the vpc, vpn or nat_gateway through which the call goes", LANGUAGE),
};
const struct room carry_room = ROOM("carry", carry_rows);

static const struct param patience_rows[] = {
    TIME(timeout, NONE, "1ns..", "the caller goes on without the answer after this", LANGUAGE),
    TIME(connect_timeout, "1s", "1ns..", "the caller's patience across a partition", LANGUAGE),
    FLAG(cancel, "false", "a timeout also withdraws or stops the work", LANGUAGE),
    CHOICE(deadline, NONE, "pass", "the deadline goes along with nested calls", LANGUAGE),
    NODE(retry, NONE, "retry", "what is tried again, and when", LANGUAGE),
};
const struct room patience_room = ROOM("patience", patience_rows);

static const struct param often_rows[] = {
    RATIO(probability, "100%", "0..1", "that it is called at all, drawn once for all repeats",
          LANGUAGE),
    COUNT(repeat, "1", "1..1M", "calls one after another, each with its own retries", LANGUAGE),
};
const struct room often_room = ROOM("often", often_rows);

static const struct param optional_rows[] = {
    FLAG(optional, "false", "a failure does not fail the caller", LANGUAGE),
};
const struct room optional_room = ROOM("optional", optional_rows);
#undef PARAMS

#define PARAMS struct retry_keys
static const struct param retry_rows[] = {
    NODE(attempts, REQUIRED, "attempts", "a count such as 3, the first included, or unlimited",
         LANGUAGE),
    NODE(backoff, NONE, "backoff", "the wait before a retry; default: none", LANGUAGE),
    NODE(for, NONE, "classes", "outcomes that are tried again; default: all but failed", LANGUAGE),
    RATIO(budget, NONE, "0.1%..100%", "retries earned by each first attempt, starting full with 10",
          LANGUAGE),
};
const struct room retry_room = ROOM("retry", retry_rows);
#undef PARAMS

#define PARAMS struct backoff_keys
static const struct param backoff_rows[] = {
    TIME(first, REQUIRED, "1ns..", "the first wait", LANGUAGE),
    NUMBER(factor, "2", "1..100", NULL, "each wait is this many times the one before", LANGUAGE),
    TIME(cap, NONE, "1ns..", "no wait is longer", LANGUAGE),
    CHOICE(jitter, "none", "none full equal decorrelated", "how the waits are spread", LANGUAGE),
};
const struct room backoff_room = ROOM("exponential_backoff", backoff_rows);
#undef PARAMS

#define PARAMS struct step_keys
static const struct param call_rows[] = {
    TEXT(call, REQUIRED, "SERVICE or SERVICE.OPERATION, waited for", LANGUAGE),
    NODE(fallback, NONE, "steps", "steps instead of failing", LANGUAGE),
};
const struct room call_room = ROOM("call", call_rows);

static const struct param parallel_rows[] = {
    NODE(parallel, REQUIRED, "branches", "steps at once; a list inside is one branch", LANGUAGE),
    COUNT(wait_for, NONE, "1..", "goes on after so many successes; default: all", LANGUAGE),
};
const struct room parallel_room = ROOM("parallel", parallel_rows);

static const struct param async_rows[] = {
    NODE(async, REQUIRED, "async_target", "a call that nobody waits for", LANGUAGE),
};
const struct room async_room = ROOM("async", async_rows);

static const struct param async_call_rows[] = {
    TEXT(call, REQUIRED, "SERVICE or SERVICE.OPERATION, not waited for", LANGUAGE),
};
const struct room async_call_room = ROOM("async_call", async_call_rows);

static const struct param work_rows[] = {
    TIME_DIST(work, REQUIRED, "0s..", "more compute of its own", LANGUAGE),
};
const struct room work_room = ROOM("work", work_rows);

static const struct param wait_rows[] = {
    TIME_DIST(wait, REQUIRED, "0s..", "time that passes without compute, place held", LANGUAGE),
};
const struct room wait_room = ROOM("wait", wait_rows);

static const struct param choose_rows[] = {
    NODE(choose, REQUIRED, "choices", "one of the branches, by weight", LANGUAGE),
};
const struct room choose_room = ROOM("choose", choose_rows);

static const struct param breaker_step_rows[] = {
    NODE(circuit_breaker, REQUIRED, "circuit_breaker", "a call that is stopped when it fails often",
         LANGUAGE),
    NODE(fallback, NONE, "steps", "steps instead of failing", LANGUAGE),
};
const struct room breaker_step_room = ROOM("breaker_step", breaker_step_rows);

static const struct param hedge_step_rows[] = {
    NODE(hedge, REQUIRED, "hedge", "a call that is tried again when slow", LANGUAGE),
    NODE(fallback, NONE, "steps", "steps instead of failing", LANGUAGE),
};
const struct room hedge_step_room = ROOM("hedge_step", hedge_step_rows);
#undef PARAMS

#define PARAMS struct choice_keys
static const struct param choice_rows[] = {
    RATIO(weight, REQUIRED, "0..1", "share of the requests; all shares add up to 100%", LANGUAGE),
    NODE(calls, NONE, "steps", "the steps of this branch; none: nothing", LANGUAGE),
};
const struct room choice_room = ROOM("choice", choice_rows);
#undef PARAMS

#define PARAMS struct breaker_keys
static const struct param breaker_rows[] = {
    TEXT(call, REQUIRED, "SERVICE or SERVICE.OPERATION", LANGUAGE),
    RATIO(failures, "50%", "0..1", "share of outcomes but ok that opens it", LANGUAGE),
    COUNT(minimum, "20", "1..1M", "outcomes in the window before it may open", LANGUAGE),
    TIME(window, "10s", "1ms..", "sliding window of ten slots", LANGUAGE),
    TIME(open, "30s", "1ns..", "time open before one probe is let through", LANGUAGE),
};
const struct room breaker_room = ROOM("circuit_breaker", breaker_rows);
#undef PARAMS

#define PARAMS struct hedge_keys
static const struct param hedge_rows[] = {
    TEXT(call, REQUIRED, "SERVICE or SERVICE.OPERATION", LANGUAGE),
    TIME(after, REQUIRED, "0s..", "the next try starts when no answer came so long", LANGUAGE),
    COUNT(max, "2", "2..100", "tries, the first included", LANGUAGE),
};
const struct room hedge_room = ROOM("hedge", hedge_rows);
#undef PARAMS

#define PARAMS struct traffic_keys
static const struct param traffic_rows[] = {
    TEXT(to, REQUIRED, "SERVICE or SERVICE.OPERATION that is called", LANGUAGE),
    NODE(rate, NONE, "rate", "open arrivals: a rate, steps [[0s, 20/s], ..] or {ramp: [..]}",
         LANGUAGE),
    NODE(arrivals, "poisson", "arrivals",
         "poisson, constant, a distribution of gaps such as lognormal(cv=2), or {mmpp: ..}",
         LANGUAGE),
    NODE(shape, NONE, "shapes", "multiplies the rate: sine, spikes, weekly, or a list", LANGUAGE),
    COUNT_DIST(batch, NONE, "1..", "simultaneous requests per arrival; the rate counts arrivals",
               LANGUAGE),
    COUNT(users, NONE, "1..10M", "closed: so many users think, call, wait for the answer",
          LANGUAGE),
    TIME_DIST(think, "0s", "0s..", "time that a user thinks between calls", LANGUAGE),
    NODE(trace, NONE, "trace", "replay of a file", LANGUAGE),
    TEXT(zone, NONE, "the zone in which all requests enter; default: drawn", LANGUAGE),
    TIME(objective, NONE, "1ns..", "what counts as in time for `within`", LANGUAGE),
};
const struct room traffic_room = ROOM("traffic", traffic_rows);
#undef PARAMS

#define PARAMS struct mmpp_keys
static const struct param mmpp_rows[] = {
    NODE(rates, REQUIRED, "rate_list", "a list of rates, one for each state", LANGUAGE),
    NODE(stay, REQUIRED, "time_list", "a list of mean stays, one for each state", LANGUAGE),
};
const struct room mmpp_room = ROOM("mmpp", mmpp_rows);
#undef PARAMS

#define PARAMS struct sine_keys
static const struct param sine_rows[] = {
    TIME(period, REQUIRED, "1ms..", "from one peak to the next", LANGUAGE),
    RATIO(amplitude, REQUIRED, "0..1", "how far the rate swings around its mean", LANGUAGE),
    TIME(peak, "0s", "0s..", "when it peaks first", LANGUAGE),
};
const struct room sine_room = ROOM("sine", sine_rows);
#undef PARAMS

#define PARAMS struct spike_keys
static const struct param spike_rows[] = {
    TIME(at, REQUIRED, "0s..", "when it begins", LANGUAGE),
    TIME(for, REQUIRED, "1ns..", "how long it lasts", LANGUAGE),
    NUMBER(times, REQUIRED, "0..1M", NULL, "factor on the rate meanwhile", LANGUAGE),
};
const struct room spike_room = ROOM("spike", spike_rows);
#undef PARAMS

#define PARAMS struct trace_keys
static const struct param trace_rows[] = {
    TEXT(file, REQUIRED, "path, relative to the scenario; plain or gzip", LANGUAGE),
    CHOICE(format, "counts", "counts arrivals", "counts per interval, or exact instants", LANGUAGE),
    TIME(interval, NONE, "1ms..", "of a count; default: as the file says", LANGUAGE),
    TEXT(column, NONE, "its name in the header; default: the last of counts, the first of instants",
         LANGUAGE),
    NUMBER(scale, "1", "0..1M", NULL, "factor on the counts", LANGUAGE),
    NUMBER(speed, "1", "0.000001..1M", NULL, "how many times faster it is replayed", LANGUAGE),
    TIME(from, "0s", "0s..", "where the replay begins, in the trace's time", LANGUAGE),
    TIME(for, NONE, "1ms..", "how much of the trace is replayed; default: to its end", LANGUAGE),
    FLAG(repeat, "false", "begins again at its end", LANGUAGE),
};
const struct room trace_room = ROOM("trace", trace_rows);
#undef PARAMS

#define PARAMS struct fault_keys
static const struct param fault_rows[] = {
    TEXT(name, REQUIRED, "its name in the results", LANGUAGE),
    TEXT(zone_outage, NONE, "a zone is lost: its letter, or any", LANGUAGE),
    TEXT(failover, NONE, "the service gives its role to a standby", LANGUAGE),
    TEXT(instance_crash, NONE, "instances of the service are lost", LANGUAGE),
    TEXT(errors, NONE, "a share of the service's answers fail", LANGUAGE),
    TEXT(latency, NONE, "the service's answers take longer", LANGUAGE),
    NODE(partition, NONE, "service_pair", "two services that cannot reach each other", LANGUAGE),
    FLAG(region_outage, "false", "the whole region is lost", LANGUAGE),
    COUNT(count, NONE, "1..", "instance_crash: so many instances; default 1", LANGUAGE),
    RATIO(rate, NONE, "0..1", "errors: share of the answers", LANGUAGE),
    TIME_DIST(add, NONE, "0s..", "latency: time added to each answer", LANGUAGE),
};
const struct room fault_room = ROOM("fault", fault_rows);

static const struct param moment_rows[] = {
    TIME(at, REQUIRED, "0s..", "when it happens", LANGUAGE),
    TIME(for, NONE, "1ns..", "how long it lasts", LANGUAGE),
};
const struct room moment_room = ROOM("moment", moment_rows);

static const struct param chance_rows[] = {
    TIME_DIST(mtbf, REQUIRED, "1s..", "time between two of them", LANGUAGE),
    TIME_DIST(duration, NONE, "1ns..", "how long it lasts", LANGUAGE),
};
const struct room chance_room = ROOM("chance", chance_rows);
#undef PARAMS

#define PARAMS struct promise_keys
static const struct param promise_rows[] = {
    TEXT(promise, REQUIRED, "PATH OPERATOR VALUE", LANGUAGE),
    TEXT(why, NONE, "where the promise comes from", LANGUAGE),
    CHOICE(severity, "error", "error warning", "a broken warning does not change the exit code",
           LANGUAGE),
    NUMBER(at_load, "1", "0.001..1000", NULL, "kept under so many times the traffic", LANGUAGE),
};
const struct room promise_room = ROOM("promise", promise_rows);
#undef PARAMS
