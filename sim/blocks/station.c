#include "sim/blocks/station.h"

#include <assert.h>

#include "sim/blocks/breakdowns.h"
#include "sim/blocks/ranks.h"
#include "sim/blocks/sharing.h"

/* frame.block */
enum station_place {
    STATION_OUT,         /* not here, or not any more */
    STATION_WAITING,     /* in line for its first service */
    STATION_INTERRUPTED, /* in line, with work_ns left (0: only waits to go on) */
    STATION_SERVED,      /* works on its server, or (ps) shares */
    STATION_HOLDING,     /* does not work, but keeps its server (ps: its place) */
    STATION_LOST,        /* does not work, and its server has failed */
};

enum station_flag {
    STATION_TAKES_LAST = 1 << 0, /* lifo */
    STATION_SCALES = 1 << 1,     /* speed is not 1 */
    STATION_IMPATIENT = 1 << 2,
    STATION_RANKS = 1 << 3, /* lines by priority */
    STATION_PREEMPTS = 1 << 4,
    STATION_SHARES = 1 << 5, /* ps */
    STATION_FAILS = 1 << 6,  /* servers fail one by one and have numbers */
    STATION_RESTARTS = 1 << 7,
    STATION_INTERRUPTS = 1 << 8, /* PREEMPTS or FAILS: work_ns is the end while it works */
    STATION_UP = 1 << 9,
};

#define STATION_WORK_MAX 0x1p62

/* What only some stations have, or need only now and then. */
struct station_rest {
    struct ranks *waiting;   /* priorities: in place of `line` */
    struct ranks *working;   /* preemptive: who may be preempted, the last begun at the end */
    struct sharing *sharing; /* ps */
    struct breakdowns *breakdowns;
    const struct distribution *patience_ns_dist;
    struct random *patience_random;
    double slowness; /* 1 / speed */
    uint32_t work_lane, patience_lane;
    uint32_t required;
    uint32_t timer_first;
};

/* ---- the line ---- */

static inline void station_join(struct station *station, struct frame *f, bool first)
{
    if (station->flags & STATION_RANKS) {
        ranks_join(station->rest->waiting, station->core, f, first);
    } else if (first) {
        line_join_first(&station->line, station->core, f);
    } else {
        line_join(&station->line, station->core, f);
    }
}

static inline void station_unlink(struct station *station, struct frame *f)
{
    if (station->flags & STATION_RANKS) {
        ranks_leave(station->rest->waiting, station->core, f);
    } else {
        line_leave(&station->line, station->core, f);
    }
}

static inline struct frame *station_head(const struct station *station)
{
    return station->flags & STATION_RANKS ? ranks_head(station->rest->waiting, station->core)
                                          : line_head(&station->line, station->core);
}

/* Its first wait begins. */
static void station_wait(struct station *station, struct frame *f, int64_t patience_ns)
{
    struct core *core = station->core;
    f->block = STATION_WAITING;
    f->state = FRAME_HELD;
    station_join(station, f, station->flags & STATION_TAKES_LAST);
    gauge_add(&station->load->queue, 1, core_now(core));
    if (station->flags & STATION_IMPATIENT) {
        f->event = events_after(&core->events, station->rest->patience_lane, patience_ns,
                                EVENT_PATIENCE, 0, core_slot(core, f));
    }
}

/* It goes back to wait, for a server to go on with f->work_ns. */
static void station_wait_again(struct station *station, struct frame *f)
{
    f->block = STATION_INTERRUPTED;
    f->state = FRAME_HELD;
    station_join(station, f, true);
}

/* The next to be served leaves the line; null: nobody waits. Who comes to its turn too late ends
 * unserved, and who is being withdrawn at this instant just goes. */
static struct frame *station_take(struct station *station)
{
    struct core *core = station->core;
    struct frame *f;
    while ((f = station_head(station)) != NULL) {
        bool late = false;
        station_unlink(station, f);
        if (f->block == STATION_WAITING) {
            gauge_add(&station->load->queue, -1, core_now(core));
            core_cancel_event(core, f);
            late = core_late(core, f);
        }
        if (!late && !(f->flags & FRAME_WITHDRAWN)) {
            return f;
        }
        f->block = STATION_OUT;
        station->inside--;
        if (!(f->flags & FRAME_WITHDRAWN)) {
            core_end(core, f, OUTCOME_TIMEOUT);
        }
    }
    return NULL;
}

/* ---- sharing ---- */

/* f works for f->work_ns, with others. */
static void station_share(struct station *station, struct frame *f)
{
    if (f->work_ns == 0) {
        f->block = STATION_HOLDING;
        core_go(station->core, f);
        return;
    }
    f->block = STATION_SERVED;
    f->state = FRAME_HELD;
    sharing_join(station->rest->sharing, f);
}

/* Those whose work has ended at this instant go on. */
static void station_end_shares(struct station *station)
{
    struct frame *f;
    while ((f = sharing_ended(station->rest->sharing)) != NULL) {
        f->block = STATION_HOLDING;
        core_go(station->core, f);
    }
}

/* The processors are as many as the servers now. Work that ends now is not hurt. */
static void station_resize_shares(struct station *station)
{
    station_end_shares(station);
    sharing_resize(station->rest->sharing, station->servers);
}

/* ---- servers ---- */

/* f, which has a server, works on it for f->work_ns. */
static inline void station_work(struct station *station, struct frame *f)
{
    struct core *core = station->core;
    const int64_t work_ns = f->work_ns;
    if (work_ns == 0) {
        f->block = STATION_HOLDING;
        core_go(core, f);
        return;
    }
    f->block = STATION_SERVED;
    f->state = FRAME_HELD;
    if (station->flags & STATION_INTERRUPTS) {
        f->work_ns = core_now(core) + work_ns;
        if (station->flags & STATION_PREEMPTS) {
            ranks_join(station->rest->working, core, f, false);
        }
    }
    const uint32_t lane =
        work_ns == station->work_constant_ns ? station->rest->work_lane : EVENTS_HEAP;
    f->event = events_after(&core->events, lane, work_ns, EVENT_WORK_DONE, 0, core_slot(core, f));
}

/* f begins on a server that is counted as busy and has nobody on it. */
static inline void station_begin(struct station *station, struct frame *f)
{
    if (station->flags & STATION_FAILS) {
        f->note = breakdowns_take(station->rest->breakdowns, core_slot(station->core, f));
    }
    load_serve(station->load, station->core, f);
    station_work(station, f);
}

/* f, on its server, does not work any more. */
static inline void station_stop(struct station *station, struct frame *f)
{
    if (station->flags & STATION_PREEMPTS) {
        ranks_leave(station->rest->working, station->core, f);
    }
}

/* Nobody is on f's server now. */
static inline void station_vacate(struct station *station, const struct frame *f)
{
    if (station->flags & STATION_FAILS) {
        breakdowns_release(station->rest->breakdowns, f->note);
    }
}

/* True while a failure or a preemption would hurt f; not at the very instant of its end. */
static inline bool station_works(const struct station *station, const struct frame *f)
{
    return f->block == STATION_SERVED && f->state == FRAME_HELD &&
           f->work_ns > core_now(station->core);
}

/* Of the least urgent that work, and are less urgent than `priority`, the last begun goes back to
 * wait and leaves its server, still counted as busy. False: there is none. The station is not told
 * when work ends, so `working` also holds some that have done theirs: they go from it here. */
static bool station_preempt(struct station *station, int priority)
{
    struct core *core = station->core;
    struct ranks *working = station->rest->working;
    int rank = RANKS_COUNT;
    while ((rank = ranks_last(working, priority + 1, rank - 1)) >= 0) {
        const struct line *line = &working->lines[rank];
        uint32_t slot = line->last;
        while (slot != FRAME_NONE) {
            struct frame *f = core_frame(core, slot);
            slot = f->previous;
            if (station_works(station, f)) {
                ranks_leave(working, core, f);
                core_cancel_event(core, f);
                station_vacate(station, f);
                f->work_ns -= core_now(core);
                station_wait_again(station, f);
                return true;
            }
            if (f->state != FRAME_HELD) {
                ranks_leave(working, core, f);
                f->block = STATION_HOLDING;
            }
        }
    }
    return false;
}

/* There is a server for somebody of that priority: it is counted as busy and nobody is on it. */
static inline bool station_seat(struct station *station, const struct frame *f)
{
    if (station->busy < station->servers) {
        station->busy++;
        gauge_add(&station->load->busy, 1, core_now(station->core));
        return true;
    }
    return station->flags & STATION_PREEMPTS && station_preempt(station, f->priority);
}

/* A server has become free but still counts as busy: the next in line takes it. */
static inline void station_pass_on(struct station *station)
{
    struct load *load = station->load;
    const int64_t now_ns = core_now(station->core);
    if (station->busy > station->servers) {
        gauge_add(&load->capacity, -1, now_ns);
    } else {
        struct frame *next = station_take(station);
        if (next != NULL) {
            station_begin(station, next);
            return;
        }
    }
    station->busy--;
    gauge_add(&load->busy, -1, now_ns);
}

/* Servers were added: those in line take them. */
static void station_fill(struct station *station)
{
    while (station->busy < station->servers) {
        struct frame *next = station_take(station);
        if (next == NULL) {
            return;
        }
        station->busy++;
        gauge_add(&station->load->busy, 1, core_now(station->core));
        station_begin(station, next);
    }
}

/* f was served before and has no server now. */
static void station_continue(struct station *station, struct frame *f)
{
    if (station_seat(station, f)) {
        station_begin(station, f);
    } else {
        station_wait_again(station, f);
    }
}

bool station_is_up(const struct station *station)
{
    return (station->flags & STATION_UP) != 0;
}

static void station_note_up(struct station *station)
{
    const bool up = station->servers >= station->rest->required;
    if (up != station_is_up(station)) {
        station->flags ^= STATION_UP;
        load_up(station->load, station->core, up);
    }
}

static void station_fail(struct station *station, uint32_t slot)
{
    struct core *core = station->core;
    const int64_t now_ns = core_now(core);
    station->servers--;
    gauge_add(&station->load->capacity, -1, now_ns);
    station_note_up(station);
    if (station->flags & STATION_SHARES) {
        station_resize_shares(station);
        return;
    }
    if (slot == FRAME_NONE) {
        return;
    }
    struct frame *f = core_frame(core, slot);
    const bool works = station_works(station, f);
    station->busy--;
    gauge_add(&station->load->busy, -1, now_ns);
    if (f->block == STATION_SERVED) {
        station_stop(station, f);
    }
    if (!works) {
        f->block = STATION_LOST;
        return;
    }
    core_cancel_event(core, f);
    f->work_ns =
        station->flags & STATION_RESTARTS ? core_more(core, f)->whole_ns : f->work_ns - now_ns;
    station_continue(station, f);
}

static void station_repair(struct station *station)
{
    station->servers++;
    gauge_add(&station->load->capacity, 1, core_now(station->core));
    station_note_up(station);
    if (station->flags & STATION_SHARES) {
        station_resize_shares(station);
    } else {
        station_fill(station);
    }
}

/* ---- set up ---- */

static int64_t station_scaled(const struct station *station, int64_t work_ns)
{
    const double scaled_ns = (double)work_ns * station->rest->slowness + 0.5;
    return scaled_ns < STATION_WORK_MAX ? (int64_t)scaled_ns : (int64_t)STATION_WORK_MAX;
}

uint32_t station_timers_count(const struct station_setup *setup)
{
    return 1 + (setup->failure != NULL ? setup->servers_count : 0);
}

static void station_init_failure(struct station *station, const struct station_setup *setup)
{
    const struct station_failure *failure = setup->failure;
    assert(setup->servers_count != STATION_UNLIMITED);
    station->flags |= STATION_FAILS;
    setup->load->fallible = true;
    station->flags |= failure->restart ? STATION_RESTARTS : 0;
    station->rest->required = failure->required_count;
    station->rest->breakdowns = arena_alloc(setup->arena, sizeof(*station->rest->breakdowns));
    breakdowns_init(station->rest->breakdowns, setup->core, setup->arena,
                    &(struct breakdowns_setup){
                        .mtbf_ns_dist = failure->mtbf_ns_dist,
                        .mttr_ns_dist = failure->mttr_ns_dist,
                        .random = failure->random,
                        .repairers_count = failure->repairers_count,
                        .servers_count = setup->servers_count,
                        .service = setup->service,
                        .timer_first = setup->timer_first + 1,
                    });
}

static void station_init_discipline(struct station *station, const struct station_setup *setup)
{
    struct arena *arena = setup->arena;
    switch (setup->discipline) {
    case STATION_FIFO:
        break;
    case STATION_LIFO:
        station->flags |= STATION_TAKES_LAST;
        break;
    case STATION_PREEMPTIVE_PRIORITY:
        station->flags |= STATION_PREEMPTS;
        station->rest->working = arena_alloc(arena, sizeof(*station->rest->working));
        /* fall through */
    case STATION_PRIORITY:
        station->flags |= STATION_RANKS;
        station->rest->waiting = arena_alloc(arena, sizeof(*station->rest->waiting));
        break;
    case STATION_PS:
        station->flags |= STATION_SHARES;
        station->rest->sharing = arena_alloc(arena, sizeof(*station->rest->sharing));
        sharing_init(station->rest->sharing, &(struct sharing_setup){
                                                 .core = setup->core,
                                                 .load = setup->load,
                                                 .arena = arena,
                                                 .processors = setup->servers_count,
                                                 .step = 1,
                                                 .timer = setup->timer_first,
                                                 .service = setup->service,
                                             });
        break;
    }
}

void station_init(struct station *station, const struct station_setup *setup)
{
    struct load *load = setup->load;
    struct events *events = &setup->core->events;
    assert(setup->speed > 0);
    *station = (struct station){
        .core = setup->core,
        .load = load,
        .servers = setup->servers_count,
        .room = setup->room_count,
        .work_constant_ns = -1,
        .rest = arena_alloc(setup->arena, sizeof(struct station_rest)),
    };
    *station->rest = (struct station_rest){
        .patience_ns_dist = setup->patience_ns_dist,
        .patience_random = setup->patience_random,
        .slowness = 1 / setup->speed,
        .work_lane = EVENTS_HEAP,
        .patience_lane = EVENTS_HEAP,
        .required = 1,
        .timer_first = setup->timer_first,
    };
    station->flags |= setup->speed != 1 ? STATION_SCALES : 0;
    station_init_discipline(station, setup);
    if (setup->failure != NULL) {
        station_init_failure(station, setup);
    }
    if (station->flags & (STATION_PREEMPTS | STATION_FAILS)) {
        station->flags |= STATION_INTERRUPTS;
    }
    if (setup->work_constant_ns > 0 && !(station->flags & STATION_SHARES)) {
        station->work_constant_ns = station_scaled(station, setup->work_constant_ns);
        station->rest->work_lane = events_lane(events, station->work_constant_ns);
    }
    if (setup->patience_ns_dist != NULL) {
        station->flags |= STATION_IMPATIENT;
        if (setup->patience_ns_dist->kind == DISTRIBUTION_CONSTANT) {
            const int64_t patience_ns =
                distribution_draw_int(setup->patience_ns_dist, setup->patience_random);
            station->rest->patience_lane = events_lane(events, patience_ns);
        }
    }
    if (setup->servers_count == STATION_UNLIMITED) {
        load->unlimited = true;
    } else {
        gauge_add(&load->capacity, setup->servers_count, core_now(setup->core));
    }
    gauge_set(&load->up, load->up_copies > 0, core_now(setup->core));
    station_note_up(station);
}

void station_resize(struct station *station, uint32_t servers_count)
{
    const int64_t now_ns = core_now(station->core);
    assert(!(station->flags & STATION_FAILS));
    assert(station->servers != STATION_UNLIMITED);
    assert(servers_count != STATION_UNLIMITED);
    const uint32_t busy = station->busy; /* 0 under ps */
    const uint32_t before = busy > station->servers ? busy : station->servers;
    const uint32_t after = busy > servers_count ? busy : servers_count;
    station->servers = servers_count;
    gauge_add(&station->load->capacity, (int64_t)after - before, now_ns);
    station_note_up(station);
    if (station->flags & STATION_SHARES) {
        station_resize_shares(station);
    } else {
        station_fill(station);
    }
}

/* ---- requests come and go ---- */

/* New work is due: the time it takes here, which a restart begins again with. */
static inline void station_measure_work(struct station *station, struct frame *f)
{
    if (station->flags & STATION_SCALES) {
        f->work_ns = station_scaled(station, f->work_ns);
    }
    if (station->flags & STATION_RESTARTS) {
        core_more(station->core, f)->whole_ns = f->work_ns;
    }
}

bool station_enter(struct station *station, struct frame *f)
{
    int64_t patience_ns = 0;
    station_measure_work(station, f);
    if (station->flags & STATION_IMPATIENT) {
        /* drawn whether it is needed or not, so that variants see the same luck */
        patience_ns =
            distribution_draw_int(station->rest->patience_ns_dist, station->rest->patience_random);
    }
    if (station->inside >= station->room) {
        return false;
    }
    station->inside++;
    if (station->flags & STATION_SHARES) {
        load_serve(station->load, station->core, f);
        station_share(station, f);
    } else if (station_seat(station, f)) {
        station_begin(station, f);
    } else {
        station_wait(station, f, patience_ns);
    }
    return true;
}

/* f was not preempted during its nested call; now that it would work again, the more urgent go
 * first. */
static bool station_must_yield(const struct station *station, const struct frame *f)
{
    if (!(station->flags & STATION_PREEMPTS)) {
        return false;
    }
    const struct frame *head = ranks_head(station->rest->waiting, station->core);
    return head != NULL && head->priority < f->priority;
}

bool station_answered(struct station *station, struct frame *f)
{
    if (f->block != STATION_LOST) {
        return true;
    }
    if (station_seat(station, f)) {
        f->note = breakdowns_take(station->rest->breakdowns, core_slot(station->core, f));
        f->block = STATION_HOLDING;
        return true;
    }
    f->work_ns = 0;
    station_wait_again(station, f);
    return false;
}

void station_resume(struct station *station, struct frame *f)
{
    station_measure_work(station, f);
    if (station->flags & STATION_SHARES) {
        station_share(station, f);
        return;
    }
    if (f->block == STATION_SERVED) {
        station_stop(station, f);
        f->block = STATION_HOLDING;
    }
    if (f->work_ns == 0) {
        core_go(station->core, f);
    } else if (f->block == STATION_LOST) {
        station_continue(station, f);
    } else if (station_must_yield(station, f)) {
        station_vacate(station, f);
        station_wait_again(station, f);
        station_pass_on(station);
    } else {
        station_work(station, f);
    }
}

void station_leave(struct station *station, struct frame *f)
{
    const enum station_place place = f->block;
    if (place == STATION_OUT) {
        return;
    }
    core_cancel_event(station->core, f);
    f->block = STATION_OUT;
    station->inside--;
    if (place == STATION_WAITING) {
        gauge_add(&station->load->queue, -1, core_now(station->core));
    }
    if (place == STATION_WAITING || place == STATION_INTERRUPTED) {
        station_unlink(station, f);
    } else if (place == STATION_SERVED && station->flags & STATION_SHARES) {
        sharing_leave(station->rest->sharing, f);
    } else if (place != STATION_LOST && !(station->flags & STATION_SHARES)) {
        if (place == STATION_SERVED) {
            station_stop(station, f);
        }
        station_vacate(station, f);
        station_pass_on(station);
    }
}

void station_due(struct station *station, uint32_t slot)
{
    if (slot == station->rest->timer_first) {
        sharing_fired(station->rest->sharing);
        station_end_shares(station);
        return;
    }
    uint32_t hit;
    if (breakdowns_due(station->rest->breakdowns, slot - station->rest->timer_first - 1, &hit)) {
        station_fail(station, hit);
    } else {
        station_repair(station);
    }
}
