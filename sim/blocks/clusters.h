/* clusters: how many clusters a SQL warehouse should have, by what its owner shows it at looks of
 * an equal distance: calls that came and left, and the time of those inside.
 *   minutes of load   calls that run (half done), wait, or will come (as many as in the last looks)
 *                     x the mean time inside (Little's law) / calls at a time
 *   more              from 2 minutes on one, from 6 two, from 12 three, and one more for each 15
 *                     minutes beyond 22
 *   keep              the most that were needed at some look of the last `keep_ns`
 * Worked: 10 calls run, 20 wait, 15 came; 60 s each, 10 at a time: (5 + 20 + 15) x 60 / 10 = 240 s
 * are 4 minutes: one more. */
#ifndef ARCHSIM_BLOCKS_CLUSTERS_H
#define ARCHSIM_BLOCKS_CLUSTERS_H

#include <stdint.h>

enum { CLUSTERS_LOOKS = 12, CLUSTERS_MOST = 40 };

struct clusters_look {
    uint32_t came, left;
    double inside_s;
};

struct clusters {
    struct clusters_look looks[CLUSTERS_LOOKS]; /* the last ones */
    uint32_t look;                              /* the present one */
    double inside_s, served_s;                  /* until the last look; of a call inside */
    int64_t needed_ns[CLUSTERS_MOST + 1];       /* when so many were needed last */
};

void clusters_init(struct clusters *clusters);

static inline void clusters_came(struct clusters *clusters)
{
    clusters->looks[clusters->look].came++;
}
static inline void clusters_left(struct clusters *clusters)
{
    clusters->looks[clusters->look].left++;
}
/* A look is over; inside_s: time of all calls inside, since the beginning; `needed` clusters would
 * have done. */
void clusters_seen(struct clusters *clusters, int64_t now_ns, double inside_s, double needed);
/* Minutes of load. */
double clusters_load_min(const struct clusters *clusters, double inside, double waiting,
                         double at_a_time);
/* So many more for that load, 0 or more. */
double clusters_more(double load_min);
/* The most that were needed since then, but at least so many. */
uint32_t clusters_keep(const struct clusters *clusters, int64_t since_ns, uint32_t least);

#endif
