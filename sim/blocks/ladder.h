/* ladder: capacity that moves one rung at a time, and only at a point at which nothing long runs.
 * Use is averaged over a period: above either high mark one rung up is wanted, below both low marks
 * one down, unless the last move was too short a time ago. Then it searches for a point; when there
 * is none for too long it gives up, or forces the move, and what is in the way has to go.
 *
 *   resting -> (use) searching -> (a point, or forced) moving -> resting
 *                   `--> (none for search_ns) resting
 *
 * Worked, rungs 1, 2, 4 and a period of a minute: busy from 0 on and nothing long, it moves to 2
 * after 60 s + move_ns, to 4 after another 60 s + move_ns. */
#ifndef ARCHSIM_BLOCKS_LADDER_H
#define ARCHSIM_BLOCKS_LADDER_H

#include <stdbool.h>
#include <stdint.h>

struct ladder_rules {
    const int64_t *rungs; /* ascending */
    uint32_t rungs_count;
    double up_processors, up_clients;     /* use above one of them: up */
    double down_processors, down_clients; /* below both: down */
    int64_t period_ns;
    int64_t after_up_ns, after_down_ns; /* no way down for so long after a move */
    int64_t search_ns, move_ns;
    bool force;
};

enum ladder_phase { LADDER_RESTING, LADDER_SEARCHING, LADDER_MOVING };
struct ladder {
    const struct ladder_rules *rules;
    enum ladder_phase phase;
    uint32_t rung, wanted;
    int64_t since_ns; /* of the phase; resting: of the period */
    int64_t down_ns;  /* not down before */
    double processors_sum, clients_sum;
    uint32_t looks;
};

/* What an interval showed: shares of what was present. */
struct ladder_use {
    double processors, clients;
    bool blocked; /* something long runs now */
};

enum ladder_news { LADDER_NOTHING, LADDER_MOVED, LADDER_FORCED, LADDER_GAVE_UP };

/* The rules are borrowed; it begins on the lowest rung. */
void ladder_init(struct ladder *ladder, const struct ladder_rules *rules);
/* An interval has passed. FORCED: what blocks is to be ended now; the move follows. */
enum ladder_news ladder_look(struct ladder *ladder, const struct ladder_use *use, int64_t now_ns);
/* It begins anew where it stands, after a pause. */
void ladder_rest(struct ladder *ladder, int64_t now_ns);

static inline int64_t ladder_steps(const struct ladder *ladder)
{
    return ladder->rules->rungs[ladder->rung];
}

#endif
