/* model: the contract between the engine and a service type. A type is one file: tables first (see
 * sim/scenario/param.h), then a handful of short functions, last its `struct model NAME_model`.
 *
 * The life of a service:
 *   start     it begins; its state is zeroed. Others may not have begun: speak to nobody.
 *   begin     all have started: announce members, set timers that reach others.
 *   window    measurement begins (true) or ends (false): own gauges are reset, or read.
 *   timer     an EVENT_SERVICE that the model or its block scheduled is due.
 *   observe   the run is over: its own metrics.
 *
 * The life of a call, as a model sees it:
 *   arrive    the call is here, f->work_ns holds its own work (drawn already). Take it into a
 *             block, or call_work (no queue), or call_refuse. It is yours from then until finish.
 *   serve     its own work is done. Only types that call others by themselves have this
 *             (load_balancer, cache): call_forward, or true to go on with the program (answer).
 *   answered  the answer of a callee (forwarded or a step's) is back and good. True: go on at once;
 *             false: the model will let it go on later (core_go).
 *   failed    a callee failed and nothing caught it: the class with which the call ends.
 *   resume    a {work:} step: f->work_ns more compute is due. Start it; its end is EVENT_WORK_DONE
 *             or core_go.
 *   keep      the call is about to end so, before its deadline. True: it does not; the model has
 *             let go of what it held for it and used call_again (an asynchronous call that is
 *             tried again), or holds it and ends it later (an answer on its way back).
 *   heard     a call that was sent with call_send_heard has ended so.
 *   finish    the call leaves, whatever it was doing here: give back what it holds; f->answer is
 *             how it ends. Called once for every call that arrived and was not refused, also when
 *             withdrawn while it waits.
 *
 * Balancers hear of the members of their targets:
 *   member    a member of a target is there from now on, or is gone. Of a type that announces none
 *             the engine announces the copies, once.
 *   healthy   of a target: that copy would pass a health check now. Null: while it is up.
 *
 * Sources (queues, streams) hand out deliveries to their consumers, who ask for them:
 *   fed       of a consumer: its source has something new to be received.
 *   receive   of a source: hands out what is asked for, as far as it is there. Returns how many;
 *             *delivery names them: DELIVERY_NONE on entry asks for a new one, else they are added
 *             to that one.
 *   settle    of a source: the delivery was worked off with that outcome; `done` of its messages
 *             were through by then. A stream forgets it: what its consumer wants to try again, it
 *             keeps (see keep).
 *   spoilt    of a source, before a delivery counts as done: the first of its messages that nobody
 *             can process, or PART_NONE. Its consumer fails at it. Null: there is none.
 *             The pace of its readers is the stream's: it gives nothing before a poll finds it.
 *   parts     of a source whose terms say so: how many shards it has now.
 *   part_after  of those: the first of *count shards, one after the other, that a consumer must be
 *             done with before it asks for that one, or PART_NONE. Null: none come after others.
 *
 * Administrators and alarms look in from beside:
 *   level     the present value of an own metric that is one (metric.level).
 *   control   a command arrives: control i of info.controls, with a value where it takes one.
 *             False: it is refused (a conflict, out of range).
 *
 * Functions that are null have the plain meaning: no serve: go on; no answered: go on; no failed:
 * the same class; no resume: time passes; no keep: it ends. A model never calls another model and
 * keeps all state in s->state (zeroed, `state_size` bytes) and in arena_array(s->arena); what all
 * services of the type share in a world is in s->shared (zeroed, `shared_size` bytes), their quotas
 * in s->quotas. One service may have s->spec->copies instances: f->copy says which. A line of
 * frames may hold some with FRAME_WITHDRAWN: they end at this instant and are to be passed over. */
#ifndef ARCHSIM_MODELS_MODEL_H
#define ARCHSIM_MODELS_MODEL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/line.h"
#include "sim/kernel/load.h"
#include "sim/kernel/log.h"
#include "sim/kernel/random.h"
#include "sim/kernel/summary.h"
#include "sim/scenario/param.h"
#include "sim/scenario/scenario.h"

struct world;

/* Calls as they ended, of those that arrived in the window. */
struct call_stats {
    uint64_t arrivals;
    uint64_t ended[OUTCOME_COUNT];
    uint64_t abandoned;     /* answers nobody waited for */
    struct summary latency; /* ns, of good answers */
};

/* The bulkhead of one instance. */
struct limit {
    int64_t used;
    struct line line;
};

/* What those who watch a service read; from the beginning of the world on. */
struct watch {
    uint64_t calls;
    uint64_t ended[OUTCOME_COUNT];
    double latency_ns; /* of good answers, the sum */
};

enum { SERVICE_SPELLS = 4 };

/* Asked for with service_gauge. */
struct service_gauge {
    struct gauge *gauge;
    struct gauge_window *seen;
    struct service_gauge *next;
};

/* What a database has committed since the world began, measured or not. */
struct changes {
    uint64_t writes, unsized; /* of these so many whose size nobody says; they have no bytes */
    uint64_t bytes;
};

/* One service in one world. */
struct service {
    const struct model *model;
    const struct scenario_service *spec;
    const void *params;
    const void *quotas; /* of its type, see model_info.quotas; null: it has none */
    void *state;
    void *shared; /* of its type in this world */
    struct core *core;
    struct arena *arena; /* the world's */
    struct load load;
    struct call_stats *operations;
    struct random work_random; /* own work, drawn at arrival */
    struct random step_random; /* what later steps draw */
    struct limit *limits;      /* of each copy; null: none */
    int64_t work_constant_ns;  /* the first constant work of its operations, or -1 */
    uint32_t work_lane;        /* its lane */
    int64_t limit_ns;          /* the last time limit that was set, and its lane */
    uint32_t limit_lane;
    struct log_entry *spells[SERVICE_SPELLS]; /* of refused calls, by limit; null: none */
    struct service_gauge *gauges;
    struct watch *watch; /* null: nobody watches it */
    struct changes changes;
    bool telling;  /* consumers are about to hear that it has something new */
    bool checking; /* operation_healthy is looking at what it calls */
    uint32_t turn; /* of the consumer that hears of it first */
    uint16_t index;
    __int128 stay_ns; /* debug builds: of the calls that left in the window, see world_little */
};

/* What a type's own metric was in the window; which members count depends on its form. */
struct own_value {
    double value;                  /* METRIC_VALUE, METRIC_MAX; NaN: no data */
    uint64_t hits, trials;         /* METRIC_RATIO */
    const struct summary *summary; /* METRIC_LATENCY */
};

/* One of info.resources of a service: what of it was used so far, as an integral over time (busy
 * instances x s) or a sum (tokens), and how much there is of it (instances; tokens a second).
 * Shares of an interval are differences of `used` over its length and what is available. */
struct usage {
    double used;
    double available; /* INFINITY: it is not limited */
    double peak; /* of a level beyond which calls are refused at once: the highest in the window */
};
/* Of a level, of so many that there are; INT64_MAX: it is not limited. */
static inline struct usage usage_of_level(const struct gauge *level, int64_t most, int64_t now_ns)
{
    return (struct usage){.used = gauge_area_s(level, now_ns),
                          .available = most == INT64_MAX ? (double)INFINITY : (double)most};
}

#define DELIVERY_NONE UINT32_MAX
#define PART_NONE UINT32_MAX

/* Of what a source has handed out. */
struct source_got {
    int64_t first_ns, last_ns; /* when the oldest and the newest of it came */
    double bytes;
};

/* What a consumer asks its source for. */
struct source_ask {
    uint32_t most;          /* messages */
    double bytes;           /* and so many bytes of them, but at least one message; INFINITY: any */
    uint32_t part;          /* of a stream */
    bool reports;           /* the consumer says which failed, and goes on with the others */
    struct source_got *got; /* null, or filled in by a source that knows */
};

struct model {
    struct model_info info;
    size_t state_size, shared_size;
    void (*start)(struct world *w, struct service *s);
    void (*begin)(struct world *w, struct service *s);
    void (*window)(struct world *w, struct service *s, bool begins);
    void (*timer)(struct world *w, struct service *s, uint32_t slot);
    /* Fills own[i] for metric i of the table, when the run is over. */
    void (*observe)(struct world *w, struct service *s, struct own_value *own);
    /* Fills usage[i] for resource i of the table. Null where the capacity is all there is. */
    void (*usage)(struct world *w, struct service *s, struct usage *usage);

    void (*arrive)(struct world *w, struct service *s, struct frame *f);
    bool (*serve)(struct world *w, struct service *s, struct frame *f);
    bool (*answered)(struct world *w, struct service *s, struct frame *f);
    enum outcome (*failed)(struct world *w, struct service *s, struct frame *f,
                           enum outcome outcome);
    void (*resume)(struct world *w, struct service *s, struct frame *f);
    bool (*keep)(struct world *w, struct service *s, struct frame *f, enum outcome outcome);
    void (*finish)(struct world *w, struct service *s, struct frame *f);
    void (*heard)(struct world *w, struct service *s, uint32_t number, enum outcome outcome);

    /* target: one of the service's own parameters; zone: ZONE_ANY where it lives in none */
    void (*member)(struct world *w, struct service *s, const struct call_target *target,
                   uint16_t copy, uint8_t zone, bool present);
    bool (*healthy)(struct world *w, struct service *s, uint16_t copy);

    void (*fed)(struct world *w, struct service *s);
    uint32_t (*receive)(struct world *w, struct service *s, uint16_t edge,
                        const struct source_ask *ask, uint32_t *delivery);
    uint32_t (*parts)(struct world *w, struct service *s);
    uint32_t (*part_after)(struct world *w, struct service *s, uint32_t part, uint32_t *count);
    void (*settle)(struct world *w, struct service *s, uint32_t delivery, enum outcome outcome,
                   uint32_t done);
    uint32_t (*spoilt)(struct world *w, struct service *s, uint32_t delivery);

    double (*level)(struct world *w, struct service *s, uint32_t metric);
    bool (*control)(struct world *w, struct service *s, uint32_t control, double value);
};

/* ---- what a model may ask of the engine; defined in sim/engine/call.c, feed.c and world.c ---- */

/* The arriving call is turned away with that class; no finish follows. Only inside `arrive`. */
void call_refuse(struct world *w, struct frame *f, enum outcome outcome);
/* The same as `throttled`, by the limit of that name (a literal: "account concurrency"); spells of
 * throttling are logged. */
void call_throttle(struct world *w, struct frame *f, const char *limit);
/* For the log of those spells only: a call was turned away by that limit, whatever becomes of it.
 */
void service_throttled(struct world *w, struct service *s, const char *limit);
/* f->work_ns of time passes without any queue, then the call goes on. It counts as served now. */
void call_work(struct world *w, struct frame *f);
/* From now on the call may take so long; then it ends as `timeout`, while what it has called runs
 * on unobserved. Once per arrival. */
void call_limit(struct world *w, struct frame *f, int64_t limit_ns);
/* After delay_ns the call, which holds nothing any more, arrives anew, with work drawn anew and
 * without its limit. Only inside `keep` and, in place of a block, inside `arrive`. */
void call_again(struct world *w, struct frame *f, int64_t delay_ns);
/* The call ends at once with that class, whatever it does (its machine is gone); what it has called
 * runs on unobserved. Not inside its own `arrive`. */
void call_cut(struct world *w, struct frame *f, enum outcome outcome);
/* Calls the target of an edge (a PARAM_SERVICE), instance `copy`, and waits for its answer, at most
 * timeout_ns (TIME_NONE: for ever); a bad answer ends the call with the class that `failed` says.
 */
void call_forward(struct world *w, struct frame *f, uint16_t edge, uint16_t copy,
                  int64_t timeout_ns);
/* Inside `failed`: f waited no longer for the callee, by the timeout of its step or call_forward;
 * else the class is the callee's answer. Not told of what a branch or a hedged try gave up. */
static inline bool call_given_up(const struct frame *f)
{
    return f->given_up;
}
/* A call of the service's own through an edge, that nobody waits for; its frame begins with that
 * note. */
void call_send(struct world *w, struct service *s, uint16_t edge, uint32_t note);
/* The same, of a type that has `heard`, which hears of its end, by that number (not 0). */
void call_send_heard(struct world *w, struct service *s, uint16_t edge, uint32_t number);
/* The same, carrying so many bytes; number 0: of its end nobody hears. */
void call_send_sized(struct world *w, struct service *s, uint16_t edge, uint32_t number,
                     double size_bytes);
/* For those who look at single requests: from now on for length_ns the call is in a phase of that
 * name (a literal: "cold start"). Each call has one such phase at most. */
static inline void call_phase(const struct service *s, const struct frame *f, const char *name,
                              int64_t length_ns)
{
    if (s->core->spans != NULL) {
        const int64_t now_ns = core_now(s->core);
        spans_phase(s->core->spans, core_slot(s->core, f),
                    &(struct span_phase){name, now_ns, now_ns + length_ns});
    }
}
/* Bytes that the call carries; 0 where nothing says. */
double call_size(const struct world *w, const struct frame *f);
/* The edge of a target for the operation that f calls. */
static inline uint16_t call_target_edge(const struct call_target *target, const struct frame *f)
{
    return target->operation == OPERATION_SAME ? (uint16_t)(target->edge + f->operation)
                                               : target->edge;
}

/* A member of this service, one of several that balancers choose from, is there from now on, or is
 * gone. Balancers call it as copy `copy`; 0 is kept for callers that do not choose. Not in `start`.
 */
void service_member(struct world *w, struct service *s, uint16_t copy, uint8_t zone, bool present);
/* That copy of a target would pass a health check now. */
bool target_healthy(struct world *w, const struct call_target *target, uint16_t copy);
/* So would everything that the program of that operation calls and cannot do without: no calls that
 * are optional, have a fallback, are one of several choices or branches, or that nobody waits for.
 */
bool operation_healthy(struct world *w, struct service *s, uint16_t operation);

/* Of a source: there is something new to be received. Its consumers hear of it at this instant,
 * after what is ready. */
void source_ready(struct world *w, struct service *s);
/* Of a consumer, as `receive` says. */
uint32_t source_receive(struct world *w, const struct call_target *source,
                        const struct source_ask *ask, uint32_t *delivery);
uint32_t source_parts(struct world *w, const struct call_target *source);
uint32_t source_part_after(struct world *w, const struct call_target *source, uint32_t part,
                           uint32_t *count);
/* What the source says; may be asked for in `start`. */
struct source_terms source_terms(const struct world *w, const struct call_target *source);
/* The consumer is called with a delivery (asynchronous, through the source's edge), its work and
 * program done `rounds` times, one after the other. Null when the world has ended. `settle` follows
 * at its end. */
struct frame *source_invoke(struct world *w, const struct call_target *source, uint32_t delivery,
                            uint32_t rounds);

/* Where a reading stood when it was last looked at; zeroed: at the beginning. */
struct reading_mark {
    int64_t time_ns;
    uint64_t count;
    double sum;
};
/* The reading since the mark, which moves on to now. Whole runs count, not only the window. */
double service_read(struct world *w, const struct reading *reading, struct reading_mark *mark);
/* Of a type with info.change_log, in `finish`: the call was a write, which is committed now. */
void service_commit(struct world *w, struct service *s, const struct frame *f);
/* The log of such a service, which is read from beside. */
const struct changes *service_changes(const struct world *w, uint16_t service);
/* "lambda": the type of a service that is named. */
const char *service_type(const struct world *w, uint16_t service);
/* An administrator's command to a service, by the control's name. False: it was refused. */
bool service_control(struct world *w, uint16_t service, const char *control, double value);
/* Zones of the callee of an edge, as scenario_service.zones_mask; 0: regional. */
uint8_t edge_zones(const struct world *w, uint16_t edge);
/* The service that is called on that edge. */
uint16_t edge_callee(const struct world *w, uint16_t edge);

/* An EVENT_SERVICE for this service after delay_ns; `slot` comes back to timer. Returns the
 * handle. */
static inline uint32_t service_timer(struct service *s, int64_t delay_ns, uint32_t slot)
{
    return events_at(&s->core->events, core_now(s->core) + delay_ns, EVENT_SERVICE, s->index, slot);
}
/* The same for what always comes after the same delay, through its lane (events_lane). */
static inline uint32_t service_timer_in_lane(struct service *s, uint32_t lane, int64_t delay_ns,
                                             uint32_t slot)
{
    return events_after(&s->core->events, lane, delay_ns, EVENT_SERVICE, s->index, slot);
}
/* Something of note has happened: who did what, and why. Fills in the time and the service; the
 * entry stays and may be completed later (log.h). */
struct log_entry *service_log(struct world *w, struct service *s, const struct log_entry *entry);
/* The service holds more than is sensible: the run ends, naming it. */
void service_overflow(struct world *w, struct service *s);
/* A level of the model's own, or one of s->load: reset when the window begins; *seen is how it was
 * when the window ends. Only inside `start`. */
void service_gauge(struct service *s, struct gauge *gauge, struct gauge_window *seen);
/* The service's constant work takes so long here, which gets a lane of its own. In `start`. */
void service_work_constant(struct service *s, int64_t work_ns);
/* Of a delivery: how often its program is to be run; 1 for any other call. */
uint32_t call_rounds(const struct world *w, const struct frame *f);
/* Of a delivery, inside `keep` or `finish`: none of its rounds counts as done. */
void call_undo_rounds(struct world *w, struct frame *f);
/* The call that waits for this one's answer, past the branches between them; null: nobody does, or
 * a client. */
struct frame *call_waiting(const struct world *w, const struct frame *f);
/* Traffic's own call, or one that nobody waits for. */
bool call_fleeting(const struct world *w, const struct frame *f);
/* A random stream of the service's own, by purpose ("balance", "failures"). */
struct random service_random(const struct world *w, const struct service *s, const char *purpose);
/* The window is open: what is not counted by measured calls counts now. */
bool world_measuring(const struct world *w);
/* How long the window is. */
double world_window_s(const struct world *w);
/* Inside time of scenario time 0. */
int64_t world_origin(const struct world *w);
/* "us-east-1": where it all runs. */
const char *world_region(const struct world *w);
/* Availability zones of the scenario. */
uint32_t world_zones(const struct world *w);
/* Those that a service of AWS stands in, a bit each: the ones that it names, or all. */
static inline uint32_t service_zones(const struct world *w, const struct service *s)
{
    return s->spec->zones_mask != 0 ? s->spec->zones_mask : (UINT32_C(1) << world_zones(w)) - 1;
}

#endif
