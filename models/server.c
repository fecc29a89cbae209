/* server: a queue before one or more servers.
 * A request takes a free server or waits in line, is worked on, keeps its server through its nested
 * calls and further work, and leaves: GI/G/n in the books, with a finite room (M/M/n/K), patience
 * (Erlang A), priorities, processor sharing and breakdowns.
 * Block: station, one for each copy. Left out: setup times, servers of different speeds. */
#include "models/model.h"

#include "sim/blocks/breakdowns.h"
#include "sim/blocks/station.h"

struct server_params {
    int64_t servers_count;
    int discipline;
    int64_t room_count;
    const struct distribution *patience_ns_dist;
    double speed;
    struct {
        const struct distribution *mtbf_ns_dist, *mttr_ns_dist;
        int64_t repairers_count;
        int64_t required_count;
        bool restart;
    } failure;
};

#define PARAMS struct server_params
static const struct param server_params[] = {
    COUNT(servers, "1", "1..inf", "requests that are worked on at the same time",
          DEFINED("archsim language 1")),
    CHOICE(discipline, "fifo", "fifo lifo ps priority preemptive_priority",
           "who is next; or ps: the servers are shared equally among all",
           DEFINED("archsim language 1")),
    COUNT(room, "inf", "1..inf",
          "requests in service and waiting; one that comes beyond it ends as `rejected`",
          DEFINED("archsim language 1")),
    TIME_DIST(patience, NONE, "0s..", "a request that has waited so long leaves as `timeout`",
              DEFINED("archsim language 1")),
    NUMBER(speed, "1", "0.000001..1000000", NULL, "work takes work / speed",
           DEFINED("archsim language 1")),
    TIME_DIST(failure.mtbf, REQUIRED, "1us..", "a server fails after so long, busy or idle",
              DEFINED("archsim language 1")),
    TIME_DIST(failure.mttr, REQUIRED, "0s..", "its repair takes so long, once a repairer is free",
              DEFINED("archsim language 1")),
    COUNT(failure.repairers, "inf", "1..inf", "repairs at the same time, in order of failure",
          DEFINED("archsim language 1")),
    COUNT(failure.required, "1", "1..", "the service is up while so many servers are",
          DEFINED("archsim language 1")),
    FLAG(failure.restart, "false", "work that a failure interrupts starts over",
         DEFINED("archsim language 1")),
};

struct server {
    struct station *stations; /* by copy */
    uint32_t timers_count;    /* EVENT_SERVICE slots of each */
    struct random patience_random, failure_random;
};

static const char *server_check(const void *params)
{
    const struct server_params *p = params;
    const bool sharing = p->discipline == STATION_PS;
    if (p->room_count < p->servers_count && p->servers_count != PARAM_INFINITE) {
        return "room: less than `servers`, so that some of them could never work";
    }
    if (p->patience_ns_dist != NULL && sharing) {
        return "patience: nobody waits under ps";
    }
    if (p->patience_ns_dist != NULL && p->servers_count == PARAM_INFINITE) {
        return "patience: nobody waits for one of unlimited servers";
    }
    if (p->failure.mtbf_ns_dist == NULL) {
        return NULL;
    }
    if (p->servers_count == PARAM_INFINITE) {
        return "failure: unlimited servers cannot fail; say how many there are";
    }
    if (p->servers_count > BREAKDOWNS_SERVERS_MAX) {
        return "failure: more than 10000 servers cannot fail one by one; use copies";
    }
    if (p->failure.required_count > p->servers_count) {
        return "failure.required: more than `servers`, so that the service could never be up";
    }
    if (p->failure.restart && sharing) {
        return "failure.restart: under ps a failure takes speed from all and interrupts nobody";
    }
    return NULL;
}

static uint32_t server_count(int64_t count)
{
    return count < STATION_UNLIMITED ? (uint32_t)count : STATION_UNLIMITED;
}

static void server_start(struct world *w, struct service *s)
{
    const struct server_params *p = s->params;
    struct server *state = s->state;
    const struct station_failure failure = {
        .mtbf_ns_dist = p->failure.mtbf_ns_dist,
        .mttr_ns_dist = p->failure.mttr_ns_dist,
        .random = &state->failure_random,
        .repairers_count = server_count(p->failure.repairers_count),
        .required_count = server_count(p->failure.required_count),
        .restart = p->failure.restart,
    };
    struct station_setup setup = {
        .core = s->core,
        .load = &s->load,
        .arena = s->arena,
        .servers_count = server_count(p->servers_count),
        .room_count = server_count(p->room_count),
        .discipline = (enum station_discipline)p->discipline,
        .speed = p->speed,
        .work_constant_ns = s->work_constant_ns,
        .patience_ns_dist = p->patience_ns_dist,
        .patience_random = &state->patience_random,
        .failure = p->failure.mtbf_ns_dist != NULL ? &failure : NULL,
        .service = s->index,
    };
    state->patience_random = service_random(w, s, "patience");
    state->failure_random = service_random(w, s, "failures");
    state->stations = arena_array(s->arena, s->spec->copies, sizeof(struct station));
    state->timers_count = station_timers_count(&setup);
    for (uint32_t copy = 0; copy < s->spec->copies; copy++) {
        setup.timer_first = copy * state->timers_count;
        station_init(&state->stations[copy], &setup);
    }
}

static struct station *server_station(const struct service *s, const struct frame *f)
{
    const struct server *state = s->state;
    return &state->stations[f->copy];
}

static void server_arrive(struct world *w, struct service *s, struct frame *f)
{
    if (!station_enter(server_station(s, f), f)) {
        call_refuse(w, f, OUTCOME_REJECTED);
    }
}

static bool server_answered(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    return station_answered(server_station(s, f), f);
}

static void server_resume(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    station_resume(server_station(s, f), f);
}

static void server_timer(struct world *w, struct service *s, uint32_t slot)
{
    (void)w;
    const struct server *state = s->state;
    station_due(&state->stations[slot / state->timers_count], slot);
}

static void server_finish(struct world *w, struct service *s, struct frame *f)
{
    (void)w;
    station_leave(server_station(s, f), f);
}

static bool server_healthy(struct world *w, struct service *s, uint16_t copy)
{
    (void)w;
    const struct server *state = s->state;
    return station_is_up(&state->stations[copy]);
}

const struct model server_model = {
    .info =
        {
            .name = "server",
            .title = "a queue before one or more servers",
            .text =
                "A request takes a free server or waits in line, is worked on, and keeps its "
                "server through its nested calls until it leaves. Under ps all requests share the "
                "servers equally, each on one at most, nobody waits, and a request whose nested "
                "call is out takes no share. A finite room rejects, patience ends a wait. Servers "
                "fail one by one, all new at the start: the request on a failed one goes back to "
                "the head of the line with the work it has left. Setup times are left out.",
            ROWS(params, server_params),
            .params_size = sizeof(struct server_params),
            .takes_work = true,
            .takes_operations = true,
            .copyable = true,
            .branch_work = "work inside 'parallel' takes its time, but no share of the servers and "
                           "no heed of 'speed': give it a service of its own if that matters",
            .work_help = "time on a server of speed 1 that the request has to itself",
            .resource = "servers",
            .check = server_check,
        },
    .state_size = sizeof(struct server),
    .start = server_start,
    .arrive = server_arrive,
    .answered = server_answered,
    .resume = server_resume,
    .timer = server_timer,
    .finish = server_finish,
    .healthy = server_healthy,
};
