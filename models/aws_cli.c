/* aws_cli: automation: commands to the control planes of other services, on a schedule, on an
 * alarm, or as traffic calls them.
 * A run of a command starts up, then makes a request, which takes a token of its control plane's
 * bucket; without one, and after timeouts, the client waits and tries again, a few times. What it
 * changes is changed when the answer comes; a conflict is a failure. Blocks: attempts, throttle.
 * A run that was called holds its frame (f->note: its index); a scheduled one has none. */
#include "models/model.h"

#include <math.h>
#include <string.h>

#include "models/aws_cli_tables.h"
#include "sim/blocks/attempts.h"
#include "sim/blocks/throttle.h"

#define CLI_TOO_MANY "commands: more than one action; write one command for each"

enum { CLI_RUNS_FIRST = 16 };
enum { CLI_CAME = 1 }; /* frame.block: f->note names its run */
#define CLI_RUN_NONE UINT32_MAX

enum cli_stage { CLI_STARTS, CLI_ASKED, CLI_CALLED, CLI_OVER };

struct cli_run {
    uint16_t operation;
    uint8_t stage;
    bool measured;
    uint32_t frame; /* slot; FRAME_NONE: nobody waits */
    uint32_t event; /* pending; EVENT_NONE */
    uint32_t next;  /* free run */
    int64_t began_ns, attempts, paid;
};

struct cli_schedule {
    int64_t due_ns; /* without jitter */
    int64_t times;  /* begun so far */
};

struct aws_cli {
    struct cli_run *runs;
    uint32_t runs_count, runs_capacity, runs_free;
    struct cli_schedule *schedules; /* of each command */
    enum cli_api *apis;             /* of each operation */
    struct attempts_rules rules;
    struct attempts_quota quota; /* of the one SDK client */
    struct random startup_random, latency_random, retry_random, jitter_random;
    struct summary latency;
    uint64_t counts[CLI_LATENCY]; /* measured */
};

struct aws_cli_account {
    struct throttle buckets[CLI_APIS];
};

static const struct cli_command *cli_command(const struct service *s, uint16_t operation)
{
    const struct aws_cli_params *p = s->params;
    const struct cli_command *commands = p->commands_list.items;
    return operation < CLI_COMMANDS_FIRST ? NULL : &commands[operation - CLI_COMMANDS_FIRST];
}

/* ---- the beginning ---- */

/* Whom the command changes, and by which control; SERVICE_NONE: it calls. */
static uint16_t cli_object(const struct cli_command *command, const char **control)
{
    const struct {
        uint16_t service;
        const char *control;
    } objects[] = {
        {command->update_code_service, "code"},
        {command->set_desired_service, "desired"},
        {command->set_reserved_concurrency_service, "reserved_concurrency"},
        {command->set_provisioned_concurrency_service, "provisioned_concurrency"},
        {command->update_shard_count_service, "shards"},
        {command->start_message_move_task_service, "redrive"},
    };
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (objects[i].service != SERVICE_NONE) {
            *control = objects[i].control;
            return objects[i].service;
        }
    }
    return SERVICE_NONE;
}

static enum cli_api cli_api_of(const struct world *w, const struct cli_command *command)
{
    const char *control;
    const uint16_t object = cli_object(command, &control);
    if (command->api >= 0) {
        return (enum cli_api)command->api;
    }
    for (size_t i = 0; object != SERVICE_NONE && i < sizeof(cli_type_apis) / sizeof(*cli_type_apis);
         i++) {
        if (strcmp(cli_type_apis[i].type, service_type(w, object)) == 0) {
            return cli_type_apis[i].api;
        }
    }
    return CLI_APIS;
}

static void cli_start_account(struct service *s)
{
    const struct aws_cli_quotas *q = s->quotas;
    struct aws_cli_account *account = s->shared;
    const struct cli_bucket *buckets[CLI_APIS] = {
        [CLI_LAMBDA] = &q->lambda,
        [CLI_LAMBDA_READS] = &q->get_function,
        [CLI_RUN_INSTANCES] = &q->run_instances,
        [CLI_DESCRIBE_INSTANCES] = &q->describe_instances,
        [CLI_ECS] = &q->ecs,
        [CLI_AUTO_SCALING] = &q->auto_scaling,
    };
    for (int i = 0; i < CLI_APIS; i++) { /* all services say the same */
        throttle_init(&account->buckets[i], buckets[i]->rate_per_s, buckets[i]->burst_count);
    }
}

static void aws_cli_start(struct world *w, struct service *s)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    cli->rules = (struct attempts_rules){
        .most_count = p->attempts_count,
        .first_ns = p->backoff.first_ns,
        .cap_ns = p->backoff.cap_ns,
        .factor = p->backoff.factor,
        .tokens_count = p->retry_quota.tokens_count,
        .retry_count = p->retry_quota.retry_count,
        .timeout_count = p->retry_quota.timeout_count,
    };
    attempts_init(&cli->quota, &cli->rules);
    cli->runs_free = CLI_RUN_NONE;
    cli->schedules = arena_array(s->arena, p->commands_list.count, sizeof(*cli->schedules));
    cli->startup_random = service_random(w, s, "startup");
    cli->latency_random = service_random(w, s, "latency");
    cli->retry_random = service_random(w, s, "retries");
    cli->jitter_random = service_random(w, s, "jitter");
    summary_init(&cli->latency, s->arena);
    cli_start_account(s);
    s->load.unlimited = true;
}

static void cli_schedule(struct service *s, uint32_t i)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    const struct cli_command *command = &((const struct cli_command *)p->commands_list.items)[i];
    const int64_t at_ns = cli->schedules[i].due_ns +
                          distribution_draw_int(command->jitter_ns_dist, &cli->jitter_random);
    const int64_t wait_ns = at_ns - core_now(s->core);
    service_timer(s, wait_ns > 0 ? wait_ns : 0, i);
}

static void aws_cli_begin(struct world *w, struct service *s)
{
    const struct aws_cli_params *p = s->params;
    const struct cli_command *commands = p->commands_list.items;
    struct aws_cli *cli = s->state;
    cli->apis = arena_array(s->arena, s->spec->operations_count, sizeof(*cli->apis));
    cli->apis[CLI_DESCRIBE] = CLI_DESCRIBE_INSTANCES;
    for (uint32_t i = 0; i < p->commands_list.count; i++) {
        cli->apis[CLI_COMMANDS_FIRST + i] = cli_api_of(w, &commands[i]);
        if (commands[i].at_ns >= 0) {
            cli->schedules[i].due_ns = world_origin(w) + commands[i].at_ns;
            cli_schedule(s, i);
        }
    }
}

/* ---- a run ---- */

/* Slots of timers: the schedules, then the runs. */
static void cli_wait(struct service *s, struct cli_run *run, int64_t wait_ns, enum cli_stage stage)
{
    const struct aws_cli_params *p = s->params;
    const struct aws_cli *cli = s->state;
    run->stage = (uint8_t)stage;
    run->event = service_timer(s, wait_ns, p->commands_list.count + (uint32_t)(run - cli->runs));
}

static struct cli_run *cli_new(struct service *s)
{
    struct aws_cli *cli = s->state;
    if (cli->runs_free != CLI_RUN_NONE) {
        struct cli_run *run = &cli->runs[cli->runs_free];
        cli->runs_free = run->next;
        return run;
    }
    if (cli->runs_count == cli->runs_capacity) {
        const uint32_t capacity = cli->runs_capacity > 0 ? 2 * cli->runs_capacity : CLI_RUNS_FIRST;
        struct cli_run *runs = arena_array(s->arena, capacity, sizeof(*runs));
        if (cli->runs_count > 0) {
            memcpy(runs, cli->runs, cli->runs_count * sizeof(*runs));
        }
        cli->runs = runs;
        cli->runs_capacity = capacity;
    }
    return &cli->runs[cli->runs_count++];
}

static void cli_begin(struct service *s, uint16_t operation, uint32_t frame, bool measured)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    struct cli_run *run = cli_new(s);
    *run = (struct cli_run){.operation = operation,
                            .measured = measured,
                            .frame = frame,
                            .began_ns = core_now(s->core)};
    if (frame != FRAME_NONE) {
        core_frame(s->core, frame)->note = (uint32_t)(run - cli->runs);
    }
    cli_wait(s, run,
             p->client == CLI_PROCESSES
                 ? distribution_draw_int(p->startup_ns_dist, &cli->startup_random)
                 : 0,
             CLI_STARTS);
}

static void cli_count(struct aws_cli *cli, const struct cli_run *run, enum cli_metric metric)
{
    cli->counts[metric] += run->measured;
}

static void cli_log(struct world *w, struct service *s, const struct cli_run *run,
                    enum outcome outcome)
{
    static const char *const texts[OUTCOME_COUNT] = {
        [OUTCOME_THROTTLED] = "throttled, and given up",
        [OUTCOME_TIMEOUT] = "timed out, and given up",
        [OUTCOME_REJECTED] = "rejected",
        [OUTCOME_UNAVAILABLE] = "unavailable, and given up",
        [OUTCOME_FAILED] = "refused: in progress, or out of range",
    };
    const struct cli_command *command = cli_command(s, run->operation);
    if (command == NULL) { /* it changes nothing */
        return;
    }
    service_log(w, s,
                &(struct log_entry){.kind = LOG_COMMAND,
                                    .metric = command->name_text,
                                    .value = command->to,
                                    .threshold = NAN,
                                    .from = NAN,
                                    .to = NAN,
                                    .count = 1,
                                    .text = texts[outcome]});
}

/* The run has ended so; the frame that waits for it is told by whoever calls this. */
static void cli_end(struct world *w, struct service *s, struct cli_run *run, enum outcome outcome)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    cli_count(cli, run, outcome == OUTCOME_OK ? CLI_DONE : CLI_FAILED);
    if (outcome == OUTCOME_OK) {
        if (p->client == CLI_SDK) {
            attempts_good(&cli->quota, &cli->rules, run->paid);
        }
        if (run->measured) {
            summary_add(&cli->latency, core_now(s->core) - run->began_ns);
        }
    }
    cli_log(w, s, run, outcome);
}

static void cli_free(struct aws_cli *cli, struct cli_run *run)
{
    run->next = cli->runs_free;
    cli->runs_free = (uint32_t)(run - cli->runs);
}

static void cli_over(struct world *w, struct service *s, struct cli_run *run, enum outcome outcome)
{
    run->stage = CLI_OVER;
    if (run->frame == FRAME_NONE) {
        cli_end(w, s, run, outcome);
        cli_free(s->state, run);
    } else if (outcome == OUTCOME_OK) { /* `finish` follows */
        core_go(s->core, core_frame(s->core, run->frame));
    } else {
        core_end(s->core, core_frame(s->core, run->frame), outcome);
    }
}

/* True: the client tries once more, after *wait_ns. */
static bool cli_again(struct service *s, struct cli_run *run, enum outcome outcome,
                      int64_t *wait_ns)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    struct attempts_quota own; /* of a process of its own */
    attempts_init(&own, &cli->rules);
    struct attempts_quota *quota = p->client == CLI_SDK ? &cli->quota : &own;
    if (!attempts_again(quota, &cli->rules, run->attempts, outcome == OUTCOME_TIMEOUT,
                        &cli->retry_random, wait_ns, &run->paid)) {
        return false;
    }
    cli_count(cli, run, CLI_RETRIES);
    return true;
}

static void cli_failed(struct world *w, struct service *s, struct cli_run *run,
                       enum outcome outcome)
{
    int64_t wait_ns;
    if (cli_again(s, run, outcome, &wait_ns)) {
        cli_wait(s, run, wait_ns, CLI_STARTS);
    } else {
        cli_over(w, s, run, outcome);
    }
}

/* A request goes out. */
static void cli_ask(struct world *w, struct service *s, struct cli_run *run)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    struct aws_cli_account *account = s->shared;
    const enum cli_api api = cli->apis[run->operation];
    run->attempts++;
    cli_count(cli, run, CLI_CALLS);
    if (api != CLI_APIS && !throttle_pass(&account->buckets[api], core_now(s->core), 1)) {
        cli_count(cli, run, CLI_THROTTLED);
        service_throttled(w, s, aws_cli_resources[api]);
        cli_failed(w, s, run, OUTCOME_THROTTLED);
        return;
    }
    cli_wait(s, run, distribution_draw_int(p->latency_ns_dist, &cli->latency_random), CLI_ASKED);
}

/* What is called answers to the frame; where there is none, nobody hears. */
static void cli_call(struct world *w, struct service *s, struct cli_run *run, uint16_t edge)
{
    const struct aws_cli_params *p = s->params;
    if (run->frame == FRAME_NONE) {
        call_send(w, s, edge, 0);
        cli_over(w, s, run, OUTCOME_OK);
        return;
    }
    run->stage = CLI_CALLED;
    call_forward(w, core_frame(s->core, run->frame), edge, 0, p->timeout_ns);
}

/* The control plane has answered. */
static void cli_act(struct world *w, struct service *s, struct cli_run *run)
{
    const struct aws_cli_params *p = s->params;
    const struct cli_command *command = cli_command(s, run->operation);
    const char *control;
    const uint16_t object = command != NULL ? cli_object(command, &control) : SERVICE_NONE;
    if (command != NULL && object == SERVICE_NONE) {
        cli_call(w, s, run, command->call_target.edge);
        return;
    }
    if (object == SERVICE_NONE ||
        service_control(w, object, control, isnan(command->to) ? 0 : command->to)) {
        cli_over(w, s, run, OUTCOME_OK);
        return;
    }
    cli_count(s->state, run, CLI_CONFLICTS);
    if (p->retry_conflicts) {
        cli_failed(w, s, run, OUTCOME_FAILED);
    } else {
        cli_over(w, s, run, OUTCOME_FAILED);
    }
}

static void aws_cli_timer(struct world *w, struct service *s, uint32_t slot)
{
    const struct aws_cli_params *p = s->params;
    struct aws_cli *cli = s->state;
    if (slot >= p->commands_list.count) {
        struct cli_run *run = &cli->runs[slot - p->commands_list.count];
        run->event = EVENT_NONE;
        if (run->stage == CLI_STARTS) {
            cli_ask(w, s, run);
        } else {
            cli_act(w, s, run);
        }
        return;
    }
    const struct cli_command *command = &((const struct cli_command *)p->commands_list.items)[slot];
    struct cli_schedule *schedule = &cli->schedules[slot];
    schedule->times++;
    if (command->every_ns > 0 &&
        (command->times_count < 0 || schedule->times < command->times_count)) {
        schedule->due_ns += command->every_ns;
        cli_schedule(s, slot);
    }
    cli_begin(s, (uint16_t)(CLI_COMMANDS_FIRST + slot), FRAME_NONE, world_measuring(w));
}

/* ---- calls ---- */

static void aws_cli_arrive(struct world *w, struct service *s, struct frame *f)
{
    struct aws_cli *cli = s->state;
    load_serve(&s->load, s->core, f);
    if (f->block == CLI_CAME) { /* what it called has failed */
        cli_ask(w, s, &cli->runs[f->note]);
        return;
    }
    f->block = CLI_CAME;
    cli_begin(s, f->operation, core_slot(s->core, f), f->flags & FRAME_MEASURED);
}

/* The answer to a `call` was bad. */
static bool aws_cli_keep(struct world *w, struct service *s, struct frame *f, enum outcome outcome)
{
    struct aws_cli *cli = s->state;
    struct cli_run *run = &cli->runs[f->note];
    int64_t wait_ns;
    if (run->stage != CLI_CALLED) {
        return false;
    }
    if (outcome == OUTCOME_THROTTLED) {
        cli_count(cli, run, CLI_THROTTLED);
    }
    if ((outcome != OUTCOME_THROTTLED && outcome != OUTCOME_TIMEOUT &&
         outcome != OUTCOME_UNAVAILABLE) ||
        !cli_again(s, run, outcome, &wait_ns)) {
        return false;
    }
    call_again(w, f, wait_ns);
    return true;
}

static void aws_cli_finish(struct world *w, struct service *s, struct frame *f)
{
    struct aws_cli *cli = s->state;
    struct cli_run *run = &cli->runs[f->note];
    if (run->event != EVENT_NONE) {
        events_cancel(&s->core->events, run->event);
    }
    if (!(f->flags & FRAME_WITHDRAWN)) {
        cli_end(w, s, run, f->answer);
    }
    cli_free(cli, run);
}

/* ---- results ---- */

static void aws_cli_observe(struct world *w, struct service *s, struct own_value *own)
{
    (void)w;
    const struct aws_cli *cli = s->state;
    for (int i = 0; i < CLI_LATENCY; i++) {
        own[i].value = (double)cli->counts[i];
    }
    own[CLI_LATENCY].summary = &cli->latency;
}

static void aws_cli_usage(struct world *w, struct service *s, struct usage *usage)
{
    (void)w;
    const struct aws_cli_account *account = s->shared;
    for (int i = 0; i < CLI_APIS; i++) {
        usage[i] = (struct usage){.used = (double)account->buckets[i].taken,
                                  .available = account->buckets[i].rate_per_s};
    }
}

static const char *aws_cli_check_command(const struct cli_command *command)
{
    const int sets = (command->set_desired_service != SERVICE_NONE) +
                     (command->set_reserved_concurrency_service != SERVICE_NONE) +
                     (command->set_provisioned_concurrency_service != SERVICE_NONE) +
                     (command->update_shard_count_service != SERVICE_NONE);
    const int actions = sets + (command->update_code_service != SERVICE_NONE) +
                        (command->start_message_move_task_service != SERVICE_NONE) +
                        (command->call_target.service != SERVICE_NONE);
    if (actions > 1) {
        return CLI_TOO_MANY;
    }
    if (actions == 0) {
        return "commands: one does nothing; give it an action such as `set_desired` or `call`";
    }
    if (sets == 1 && isnan(command->to)) {
        return "commands: one that sets a value needs `to`";
    }
    if (sets == 0 && !isnan(command->to)) {
        return "commands: `to` is of those that set a value";
    }
    if (command->every_ns >= 0 && command->at_ns < 0) {
        return "commands: `every` needs `at`, the first time";
    }
    return command->times_count >= 0 && command->every_ns < 0 ? "commands: `times` needs `every`"
                                                              : NULL;
}

static const char *aws_cli_check(const void *params)
{
    const struct aws_cli_params *p = params;
    return p->backoff.cap_ns < p->backoff.first_ns ? "backoff.cap: less than `backoff.first`"
                                                   : NULL;
}

/* Of the last: whom its commands name is known only when all services are. */
static const char *aws_cli_check_named(const void *quotas, const void *const *params,
                                       uint32_t count)
{
    (void)quotas;
    const struct aws_cli_params *p = params[count - 1];
    const struct cli_command *commands = p->commands_list.items;
    const char *wrong = NULL;
    for (uint32_t i = 0; i < p->commands_list.count && wrong == NULL; i++) {
        wrong = aws_cli_check_command(&commands[i]);
    }
    return wrong;
}

const struct model aws_cli_model = {
    .info =
        {
            .name = "aws_cli",
            .title = "AWS CLI and SDK scripts: commands to control planes",
            .text =
                "Each of `commands` is an operation that an alarm, a step or traffic may call, and "
                "that runs by itself `at` a time, and again `every` so often. A run takes the "
                "start-up of its process, then makes a request: a token of the account's bucket "
                "for that control plane (all aws_cli services share them; they refill "
                "continuously and start full), then its latency; with the answer the service is "
                "changed (`update_...`, `set_...`) or called (`call`). A throttled request, a "
                "timeout and `unavailable` are tried again as the standard retry mode does: "
                "exponential backoff with full jitter, and a quota of retries, which a process of "
                "its own has for itself and an SDK client for all its commands. A command that is "
                "refused (the last update is in progress, a value out of range) ends as `failed`, "
                "and is not retried. Commands are logged as they end. A scheduled run is no call: "
                "the numbers of its operation do not have it, it is not audited, and the outcome "
                "of what it calls is not heard. Left out: adaptive mode, paging, waiters, the "
                "resource buckets of EC2, and that scripts starve the scalers of a shared quota.",
            ROWS(params, aws_cli_params),
            ROWS(quotas, aws_cli_quotas),
            ROWS(metrics, aws_cli_metrics),
            ROWS(operations, aws_cli_operations),
            ROWS(resources, aws_cli_resources),
            .params_size = sizeof(struct aws_cli_params),
            .target_kind = TARGET_KIND_NONE,
            .quotas_size = sizeof(struct aws_cli_quotas),
            .operations_from = "commands",
            .acts = true,
            .check = aws_cli_check,
            .check_together = aws_cli_check_named,
        },
    .state_size = sizeof(struct aws_cli),
    .shared_size = sizeof(struct aws_cli_account),
    .start = aws_cli_start,
    .begin = aws_cli_begin,
    .timer = aws_cli_timer,
    .arrive = aws_cli_arrive,
    .keep = aws_cli_keep,
    .finish = aws_cli_finish,
    .observe = aws_cli_observe,
    .usage = aws_cli_usage,
};
