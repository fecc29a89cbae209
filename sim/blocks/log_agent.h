/* log_agent: an agent beside an application, which collects the log events of its requests and
 * sends those of so many requests in one call. What it still has at the end is not sent.
 * Worked, batches of 3, each request of 2 events, 100 bytes in all: the third one's call takes 6
 * events and 300 bytes, the next call is the sixth's. */
#ifndef ARCHSIM_BLOCKS_LOG_AGENT_H
#define ARCHSIM_BLOCKS_LOG_AGENT_H

#include <stdbool.h>
#include <stdint.h>

/* Not sent yet. All zero is an agent that has nothing. */
struct log_agent {
    int64_t requests;
    uint64_t events;
    double bytes;
};

/* One request more, of batches of so many. True: the batch is whole: log_agent_send. */
static inline bool log_agent_add(struct log_agent *agent, int64_t batch, int64_t events,
                                 double bytes)
{
    agent->requests++;
    agent->events += (uint64_t)events;
    agent->bytes += bytes;
    return agent->requests >= batch;
}

/* What goes into the call; the agent has nothing then. */
static inline struct log_agent log_agent_send(struct log_agent *agent)
{
    const struct log_agent sent = *agent;
    *agent = (struct log_agent){0};
    return sent;
}

#endif
