/* fleet: the machines (or tasks) of a group, spread over zones, and how they come and go. Each is a
 * host (host.h). The owner says how many it wants; the fleet launches and removes, replaces whom it
 * loses, and keeps the zones balanced. f->note of a frame in it is the fleet's.
 *
 *   launched -> PENDING -> IN_SERVICE -> LEAVING (drains) -> GONE
 *   prepared -> WARMING -> WARM -> PENDING, sooner          lost (Spot, failure): GONE at once
 *
 * The owner hears of it by fleet_news, which it reads to the end after each function marked (news),
 * and tells its balancers. Worked: 3 wanted in zones a, b: a b a. One fewer: the oldest of a goes.
 * That in b fails: news FLEET_CUT at once, FLEET_WENT when it is found out, and b gets another. */
#ifndef ARCHSIM_BLOCKS_FLEET_H
#define ARCHSIM_BLOCKS_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/bucket.h"
#include "sim/blocks/host.h"
#include "sim/blocks/rotation.h"
#include "sim/kernel/distribution.h"
#include "sim/kernel/random.h"

#define FLEET_NONE ROTATION_NONE

enum { FLEET_ZONES_MAX = 8, FLEET_PHASES_MAX = 4 };

enum fleet_state {
    FLEET_GONE,
    FLEET_WARMING, /* on its way into the warm pool */
    FLEET_WARM,    /* in it */
    FLEET_PENDING,
    FLEET_IN_SERVICE,
    FLEET_LEAVING,
    FLEET_STATES
};
enum fleet_kind { FLEET_ON_DEMAND, FLEET_SPOT, FLEET_KINDS };
/* Of balanced zones who goes first, when all else is equal. */
enum fleet_order { FLEET_OLDEST, FLEET_NEWEST, FLEET_CLOSEST_TO_HOUR /* of billing */ };
/* Why a member leaves. */
enum fleet_cause {
    FLEET_SCALED_IN,
    FLEET_RETIRED,     /* the owner said so */
    FLEET_INTERRUPTED, /* Spot */
    FLEET_FAILED,      /* it broke, which was found out */
    FLEET_UNHEALTHY,   /* its checks failed */
    FLEET_BALANCED,    /* its zone had too many */
    FLEET_ABANDONED,   /* its launch was given up */
    FLEET_CAUSES
};

/* A sum of draws; nulls are passed over. */
struct fleet_delay {
    const struct distribution *phases[FLEET_PHASES_MAX];
};

struct fleet_setup {
    struct core *core;
    struct load *load; /* capacity and up are the fleet's, busy and queue the hosts' */
    struct arena *arena;
    uint16_t service;     /* whose EVENT_SERVICE are the fleet's, */
    uint32_t first_slot;  /* with slots from here on */
    struct random random; /* draws of launches */
    struct random fates;  /* draws of interruptions, failures, refusals */
    uint32_t zones_mask;  /* not 0 */
    /* the machine of a member */
    double processors, step; /* as in host_setup */
    int64_t steps;           /* of load->capacity that a member is */
    uint32_t places_count, backlog_count;
    /* how they come */
    struct fleet_delay start;      /* until in service, or warm */
    struct fleet_delay warm_start; /* from the warm pool until in service */
    struct bucket *launches;       /* each start waits for a token; null: no limit; may be shared */
    struct bucket *spot_launches;  /* of Spot members, in its place; null: the same */
    struct bucket *pace;           /* and for one of this; or null */
    const struct distribution *hook; /* then it waits so long for an outside action; or null */
    int64_t hook_timeout_ns;         /* of that; longer: given up, */
    bool hook_continues;             /* or taken into service all the same */
    double refused_ratio; /* of launches: the zone has no room, another one is tried; 0: none */
    double spot_refused_ratio; /* of Spot launches, in its place; 0: the same */
    int64_t retry_ns;          /* after a launch that no zone had room for */
    /* how they go */
    int64_t drain_ns;
    const struct distribution *farewell; /* LEAVING goes on for so long when drained; or null */
    enum fleet_order order;
    bool reuse; /* who was scaled in goes to the warm pool, if that has room */
    /* on-demand: the first so many, and that share of the others, rounded up; the rest is Spot */
    int64_t on_demand_count;
    double on_demand_share;
    double interruptions_per_s; /* of a Spot member */
    int64_t notice_ns;          /* from the notice until it is gone */
    bool notice_replaces; /* it drains from the notice on, and is replaced; else it works on */
    /* failures: it answers nobody until `detection` has passed; then it is replaced */
    const struct distribution *life; /* in service until it fails; null: never */
    const struct distribution *detection;
    /* checks, and replacement of whom they find unhealthy */
    int64_t check_interval_ns; /* 0: none */
    uint32_t check_threshold;  /* failed ones in a row */
    int64_t check_grace_ns;    /* after it came into service */
    int64_t check_timeout_ns;  /* see fleet_healthy */
    /* a zone has two more than another: one is launched there, then one removed here */
    int64_t rebalance_ns;   /* after it was seen; 0: never */
    double rebalance_share; /* of the wanted so many above them meanwhile, but at least one */
};

struct fleet_member {
    struct host host;
    int64_t launched_ns, in_service_ns;
    double worked_ns;     /* of the host, when it was last sampled */
    uint32_t event, fate; /* its next state; its interruption or failure; EVENT_NONE */
    uint32_t generation;  /* the fleet's, when it was launched */
    uint8_t state, kind, zone, cause;
    uint8_t failed_checks;
    bool broken;  /* has failed, in service or leaving */
    bool fails;   /* the fate is a failure, else an interruption */
    bool noticed; /* Spot: about to go */
    bool extra;   /* launched to balance the zones */
    bool drained, given_up, lost;
};

enum fleet_news_kind {
    FLEET_CAME, /* in service from now on: tell the balancers */
    FLEET_WENT, /* not any more, for `cause` */
    FLEET_CUT,  /* its requests are lost: end them all (host_any), which may make it GONE */
};
struct fleet_news {
    enum fleet_news_kind kind;
    uint32_t number;
    uint8_t zone, cause;
};

struct fleet {
    struct fleet_setup setup;      /* a copy; drain_ns, start, checks may be changed */
    struct fleet_member **members; /* by number: copy - 1 */
    uint32_t count, capacity;
    uint32_t generation;              /* of those launched from now on: the older go first */
    int64_t in_zone[FLEET_ZONES_MAX]; /* that stay: pending or in service */
    int64_t of_kind[FLEET_KINDS];     /* the same */
    struct gauge desired, in_state[FLEET_STATES];
    struct gauge spot;           /* in service */
    uint64_t left[FLEET_CAUSES]; /* so far */
    uint64_t launched, refused;  /* so far: launches, and zones without room */
    struct rotation rotation;    /* in service: for callers that do not choose */
    int64_t extra;               /* pending ones above the wanted */
    int64_t prepared;            /* wanted in the warm pool */
    int64_t slowest_ns;          /* of the launches that fleet_want made */
    int64_t sampled_ns;
    struct fleet_news *news; /* ring */
    uint32_t news_head, news_count, news_capacity;
    bool looking, retrying; /* their ticks are due */
};

void fleet_init(struct fleet *fleet, const struct fleet_setup *setup);
/* (news) At the start: so many are in service since that time. */
void fleet_fill(struct fleet *fleet, int64_t count, int64_t in_service_ns);

/* (news) So many are wanted from now on. Returns how long it takes until the last of those that it
 * launches is in service; 0: none was launched. */
int64_t fleet_want(struct fleet *fleet, int64_t count);
/* (news) So many in the warm pool. */
void fleet_prepare(struct fleet *fleet, int64_t count);
/* (news) That member goes at once, its requests are lost, and another comes for it. */
void fleet_lose(struct fleet *fleet, uint32_t number, enum fleet_cause cause);
/* (news) That member, pending or in service, goes as if scaled in: one fewer is wanted. */
void fleet_drop(struct fleet *fleet, uint32_t number, enum fleet_cause cause);
/* Next in order; false: that was all. Its frames may leave while it is read. */
bool fleet_news(struct fleet *fleet, struct fleet_news *news);

/* (news) An EVENT_SERVICE with a slot of the fleet has fired. */
void fleet_due(struct fleet *fleet, uint32_t slot);

enum fleet_entry { FLEET_ENTERED, FLEET_NOBODY, FLEET_FULL };
/* The member for a call to that copy; if that is 0 or has gone meanwhile, the next in turn.
 * FLEET_NONE: nobody is in service. */
uint32_t fleet_choose(struct fleet *fleet, uint16_t copy);
/* f, its work in f->work_ns, comes to that member. What does not enter the fleet forgets, with
 * f->note the number asked: NOBODY: none serves, or that one is broken; FULL: its backlog is. */
enum fleet_entry fleet_enter_at(struct fleet *fleet, uint32_t number, struct frame *f);
static inline void fleet_resume(struct fleet *fleet, struct frame *f)
{
    host_resume(&fleet->members[f->note]->host, f);
}
/* f, which has entered, or was chosen a member, leaves. */
void fleet_leave(struct fleet *fleet, struct frame *f);

static inline struct fleet_member *fleet_at(const struct fleet *fleet, uint32_t number)
{
    return fleet->members[number];
}
static inline int64_t fleet_in_service(const struct fleet *fleet)
{
    return fleet->in_state[FLEET_IN_SERVICE].value;
}
/* Pending or in service. */
static inline int64_t fleet_staying(const struct fleet *fleet)
{
    return fleet->in_state[FLEET_PENDING].value + fleet->in_state[FLEET_IN_SERVICE].value;
}
/* In service, not broken, and a check would be answered in time: there is room in its backlog, and
 * nobody in its line has waited for that long. Copy 0: anybody is in service. */
bool fleet_healthy(const struct fleet *fleet, uint16_t copy, int64_t timeout_ns);

/* It has been in service for that long. */
bool fleet_warm(const struct fleet *fleet, uint32_t number, int64_t warmup_ns);
/* So many boot, or are in service but not for that long: they are not warm. */
int64_t fleet_cold(const struct fleet *fleet, int64_t warmup_ns);
/* The use of the processors since the last sample, mean over the warm ones, each over its time in
 * service; NaN: there are none. *measured: how many. */
double fleet_sample(struct fleet *fleet, int64_t warmup_ns, double *measured);

#endif
