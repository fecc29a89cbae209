/* messages: what a queue holds. A message is on its way, visible, or in flight: received, and
 * hidden until its visibility timeout, after which it comes back, or is a dead letter. It ends
 * once: deleted, dead or expired.
 *
 *   messages_add -> coming -> messages_show -> visible -> messages_receive -> in flight
 *        in flight -> messages_settle -> deleted
 *        in flight -> messages_pass -> visible again, or dead (messages_dead)
 *        anything but dead -> messages_pass -> expired (in flight: unless deleted in time)
 *
 * With groups (FIFO) the messages of a group go out in the order in which they came, and none while
 * one is in flight. Whoever receives holds a delivery: one or more receipts, each a batch with one
 * deadline. Messages stand in three lists, all linked through them: by arrival here (for age and
 * retention), of their group while they wait, of their receipt while they are in flight. So all is
 * O(1) a message and takes no memory once the slabs are warm. */
#ifndef ARCHSIM_BLOCKS_MESSAGES_H
#define ARCHSIM_BLOCKS_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/blocks/slab.h"
#include "sim/kernel/arena.h"
#include "sim/kernel/core.h"
#include "sim/kernel/load.h"
#include "sim/kernel/random.h"
#include "sim/kernel/summary.h"

#define MESSAGES_NONE UINT32_MAX

enum {
    MESSAGES_MAX = 16 << 20, /* of 32 bytes; beyond it the queue is `full` */
    MESSAGES_GROUPS_MAX = 1 << 19,
    MESSAGES_RECEIVED_MAX = 1023, /* receive counts stop there */
    MESSAGES_POISON = 3,          /* received so often, a message goes to the back of the queue */
};

enum messages_end {
    MESSAGES_DELETED, /* processed */
    MESSAGES_DEAD,    /* received too often */
    MESSAGES_EXPIRED, /* too old */
    MESSAGES_MOVED,   /* taken out: messages_take */
    MESSAGES_ENDS,
};

enum message_state { MESSAGE_COMING, MESSAGE_VISIBLE, MESSAGE_IN_FLIGHT, MESSAGE_DEAD };

struct message {
    int64_t arrived_ns;
    uint32_t next, previous;  /* of its group, its receipt, or the dead letters; next free slot */
    uint32_t newer, older;    /* by arrival; older is itself: it is too old, and in none */
    uint32_t generation : 31; /* of its slot */
    uint32_t bad : 1;         /* nobody can process it */
    uint32_t group : 19;
    uint32_t received : 10;
    uint32_t state : 2;
    uint32_t processed : 1; /* already, but its deletion was lost */
};
_Static_assert(sizeof(struct message) == 32, "a message is 32 bytes");

struct messages_list {
    uint32_t first, last;
};

struct messages_group {
    struct messages_list line; /* in order; with groups also those on their way */
    uint32_t in_flight;
    uint32_t next, previous; /* of the groups that are ready */
    bool ready;              /* its first message can be received */
};

struct messages_receipt {
    int64_t deadline_ns;
    struct messages_list held; /* messages in flight; overdue: references to what it had */
    uint32_t next;             /* of the same delivery; next free slot */
    uint32_t last;             /* of the delivery that begins with it */
    uint32_t later, earlier;   /* by deadline */
    bool open;                 /* its delivery is not settled */
    bool overdue;
    bool tolerant; /* its bad messages hold nobody up */
};

/* A message that may be gone, or received by another. */
struct messages_reference {
    uint32_t message, generation, received, next;
};

struct messages_setup {
    const struct core *core;
    struct load *load; /* queue: visible; busy: in flight */
    struct arena *arena;
    uint32_t groups_count; /* 0: no order is kept */
    int64_t visibility_ns, retention_ns;
    uint32_t in_flight_max;
    uint32_t received_max;   /* received so often, a message that comes back is dead; 0: never */
    double duplicates_ratio; /* probability that a deletion is lost */
    struct random random;
};

struct messages {
    struct messages_setup setup;
    struct slab messages, receipts, references;
    struct messages_group *groups;    /* one where no order is kept */
    struct messages_list ready;       /* groups */
    struct messages_list by_arrival;  /* messages */
    struct messages_list by_deadline; /* receipts with messages in flight */
    struct messages_list dead;        /* to be asked for by messages_dead */
    struct gauge coming;              /* on their way */
    struct gauge groups_in_flight;    /* groups of which something is in flight */
    uint32_t visible, in_flight, dead_count;
    uint32_t bad_count; /* of those that are here */
    bool full;          /* what it holds has no room: the run must end */
    bool measuring;     /* the summaries and the age are being filled */
    uint64_t added, received, ended[MESSAGES_ENDS]; /* since the beginning */
    struct summary waits;                           /* ns, arrival to first receipt */
    struct summary stays;                           /* ns, arrival to the end of processing */
    int64_t age_max_ns; /* of the oldest message, poison aside, as far as known: messages_age_ns */
};

void messages_init(struct messages *q, const struct messages_setup *setup);

/* A message is on its way from now on; messages_show must follow. MESSAGES_NONE: full. */
uint32_t messages_add(struct messages *q, uint32_t group);
/* One that was just added is bad: whoever processes it fails, so that it is never deleted. */
void messages_spoil(struct messages *q, uint32_t message);
/* It can be received from now on, as soon as its turn comes. */
void messages_show(struct messages *q, uint32_t message);
/* Of a message that was just added, whose retention does not begin here: when it is over,
 * messages_expire with what is returned must follow. MESSAGES_NONE: full. */
uint32_t messages_refer(struct messages *q, uint32_t message);
void messages_expire(struct messages *q, uint32_t reference);

/* Something can be received now. */
static inline bool messages_ready(const struct messages *q)
{
    return q->ready.first != MESSAGES_NONE && q->in_flight < q->setup.in_flight_max;
}
/* Receives up to `most` messages; returns how many. *delivery names them: MESSAGES_NONE on entry
 * asks for a new one, else they are added to that one. */
uint32_t messages_receive(struct messages *q, uint32_t most, uint32_t *delivery);
/* The first `done` messages of a delivery, in the order in which they were received, are deleted;
 * the others come back at their deadline, and so do bad ones. What has come back already is deleted
 * too, unless it was received again since; with groups: not at all. */
void messages_settle(struct messages *q, uint32_t delivery, uint32_t done);

/* Which message of a delivery is the first bad one, counted as it was received; MESSAGES_NONE: none
 * is. O(messages of the delivery) while a bad one is here. */
uint32_t messages_bad(const struct messages *q, uint32_t delivery);
/* Bad messages of a delivery do not keep its consumer from the others: it has no first bad one. */
void messages_tolerate(struct messages *q, uint32_t delivery);
/* Takes the oldest message out that can be received, of a queue from which others hardly receive;
 * false: there is none. */
bool messages_take(struct messages *q, bool *bad);

/* When messages_pass is to be called next; INT64_MAX: never, as things are. */
int64_t messages_due_ns(const struct messages *q);
/* What is due by now happens. */
void messages_pass(struct messages *q);
/* Takes one dead letter out; false: there is none. */
bool messages_dead(struct messages *q, int64_t *arrived_ns, bool *bad);

/* The summaries and the age begin anew. */
void messages_measure(struct messages *q, bool measuring);
/* The age that the oldest message has reached since then. */
int64_t messages_age_ns(const struct messages *q);
/* Every message has ended once or is here, the counts are those of the lists, and with groups each
 * is in order. O(messages). */
bool messages_conserved(const struct messages *q);

#endif
