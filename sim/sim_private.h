/* SPDX-License-Identifier: Apache-2.0
 * Shared by the files of this room. */
#ifndef SPOTSIM_SIM_PRIVATE_H
#define SPOTSIM_SIM_PRIVATE_H

#include "base/hot.h"
#include "cloud/cloud.h"
#include "fleet/fleet.h"
#include "sim/event_queue.h"
#include "sim/lane.h"
#include "sim/metrics.h"
#include "sim/rows.h"
#include "sim/sim.h"

/* A replica may wait for several things; its leaf in the queue holds the
 * earliest.  Of two at the same instant and class the first here comes first. */
enum replica_timer {
    TIMER_PHASE,   /* the cloud's next move: answer, or end of the cold start */
    TIMER_LIFE,    /* lifetime: its notice, then its end */
    TIMER_NOTICE,  /* a notice reaches the controller */
    TIMER_OBSERVE, /* the controller's loops see what has happened; a drain ends */
    REPLICA_TIMERS
};

/* Where a replica truly is. */
enum replica_phase {
    PHASE_NONE,    /* no instance: denied, ended, or cancelled */
    PHASE_WAITING, /* launch decided, request not sent */
    PHASE_SENT,    /* request sent, no answer */
    PHASE_BOOTING,
    PHASE_UP,
    PHASE_LOST,   /* taken by the cloud, the controller does not know yet */
    PHASE_FAILED, /* never became ready, the controller does not know yet */
};

/* What TIMER_OBSERVE will bring. */
enum replica_sight {
    SIGHT_NONE,
    SIGHT_OUTCOME,
    SIGHT_READY,
    SIGHT_SERVING,
    SIGHT_LOST,
    SIGHT_FAILED,
    SIGHT_CLEARED,
    SIGHT_DRAINED
};

/* One cache line: every event touches it. */
struct replica {
    _Alignas(64) uint64_t timer[REPLICA_TIMERS]; /* event keys; EVENT_NONE: not set */
    uint64_t ordinal;                            /* of its keyed draws */
    int64_t serving_since_ms;
    uint32_t pool;
    uint16_t group;
    uint8_t market, phase, sight, denial;
    bool outcome_seen; /* the controller knows that it was granted */
    bool launching;    /* counts against the launch slots */
    bool serving, cold;
    bool in_lane; /* TIMER_PHASE waits in the lane, not in the tournament */
    bool draining : 1, will_fail : 1;
    bool told : 1; /* has a notice: replica_signal.notice_ms is set */
};
_Static_assert(sizeof(struct replica) == 64, "one cache line");

/* What only replicas with lifetimes and notices need. */
struct replica_signal {
    int64_t life_end_ms, notice_ms;
};

struct group_state {
    int64_t last_tick_ms, interval_ms; /* ticks are last + k * interval */
    uint64_t timer;                    /* its key in the queue */
    int64_t wake_ms;                   /* as of the last step that counted, */
    uint64_t mixed_wake, mixed_index;  /* and it and the group's index for fleet/digest.h */
    int64_t round_ms;
    uint32_t rounds; /* steps at the instant round_ms */
    bool scheduled;  /* a step is due because of an observation */
    bool has_demand;
    uint32_t target, base;
};

enum loop { LOOP_TICK, LOOP_PICKUP, LOOP_REAP, LOOP_PROBE, LOOP_JOB_STATUS, LOOP_LB, LOOPS };

struct pool_counts {
    uint64_t launched[SP_MARKETS], denied[SP_MARKETS], preempted, noticed, terminated;
    int64_t serving_ms[SP_MARKETS]; /* instance-ms */
};

/* A replica whose timer has come. */
struct due {
    uint64_t launch;
    uint32_t slot;
    bool lane; /* it came from there */
};

struct sim {
    const struct sim_config *config;
    const struct sim_outputs *outputs;
    /* of the config, at hand */
    const struct pool_params *pools;
    struct control_params control;
    int64_t horizon_ms;
    uint32_t nodes;
    struct fleet *fleet;
    struct cloud cloud;
    struct event_queue queue;
    struct lane lane; /* ends of cold starts that take as long for all */
    struct rows rows;
    uint64_t row_key; /* when the next row is due */
    int64_t now_ms;
    bool counting;        /* warm-up is over */
    bool changed;         /* something the timeline shows */
    uint64_t capacity;    /* of the pools in groups, of those that have a limit */
    uint32_t n_unlimited; /* of the others how many */
    int64_t phase_ms[LOOPS];
    /* entities: pickup loop, one timer per group, one demand timer per group, replicas */
    uint32_t group_entity, demand_entity, replica_entity;
    struct replica *replicas;
    struct replica_signal *signals;
    uint32_t replicas_room;
    struct group_state *groups;
    struct metrics total, *group_metrics;
    uint32_t groups_room;
    struct pool_counts *counts;
    struct pool_result *spare_pools; /* of old results */
    struct group_result *spare_groups;
    uint32_t spare_pools_n, spare_groups_n;
    struct fleet_pool *fleet_pools;
    struct fleet_group *fleet_groups;
    uint32_t pools_room;
    uint32_t *waiting; /* launches not sent yet, in order: a ring of slots */
    uint64_t *waiting_launch;
    uint32_t waiting_first, waiting_n, waiting_room;
    uint32_t launching;     /* requests sent whose outcome the controller has not seen */
    bool plain;             /* nothing that only some runs have: see is_plain in sim.c */
    bool several;           /* groups, each with metrics of its own besides the total */
    bool at_once;           /* one group that decides on observations: it needs no place in the queue */
    uint64_t now_key;       /* of the first that can be at now_ms */
    uint64_t decide_key;    /* it has a decision due at this instant; EVENT_NONE */
    uint64_t decide_offset; /* from now_key to decide_key */
    uint64_t end_key;       /* of the horizon; 0: the run has failed */
    struct due *batch;      /* replicas due at the same instant and class */
    uint32_t batch_room;
    uint32_t asked_slot; /* the only launch of a plain step, answered without delay; SP_NONE */
    uint32_t drawn_slot; /* the replica launched last, and its lifetime */
    int64_t drawn_life;
    uint64_t events, steps, fingerprint; /* events: without the steps */
    uint64_t failed, rebalanced;
    struct error *error;
    enum error_code status;
};

/* loops.c: next round at or after a time; period 0: that time itself. */
int64_t loop_next(const struct sim *s, enum loop loop, int64_t period_ms, int64_t at_ms);
/* the last round before a time; -1: there was none; period 0: that time itself */
int64_t loop_last(const struct sim *s, enum loop loop, int64_t period_ms, int64_t at_ms);
void loops_start(struct sim *s, uint64_t key);

/* groups.c */
void group_start(struct sim *s, uint32_t g);
void group_schedule(struct sim *s, uint32_t g);
/* The same where there is one group that decides on observations. */
static HOT void group_decide(struct sim *s) { s->decide_key = s->now_key + s->decide_offset; }
/* An observation waits: make sure a step is due. */
static HOT void group_notify(struct sim *s, uint32_t g) {
    if (g == SP_NONE) return;
    if (s->at_once)
        group_decide(s);
    else if (!s->groups[g].scheduled)
        group_schedule(s, g);
}
void group_step(struct sim *s, uint32_t g, bool plain); /* its timer fired, or at_once */
/* The same in a plain run, if nothing can come of it, or one launch; else false, and
 * nothing done. */
bool group_step_unheard(struct sim *s, uint32_t g);
bool group_replace_one(struct sim *s);
void group_demand(struct sim *s, uint32_t g); /* its demand timer fired, or the start */

/* replica_launch.c, replica.c: what happens to one replica. */
enum error_code replica_reserve(struct sim *s, uint32_t n);
/* `only`: of its step; if it is answered at once its slot goes to s->asked_slot. */
void replica_launch(struct sim *s, const struct fleet_order *o, bool only, bool plain);
void replica_end(struct sim *s, const struct fleet_order *o);
/* A timer of this key has come, and was taken out of the queue or the lane. */
void replica_fire(struct sim *s, uint32_t slot, uint64_t key, bool lane, bool plain);
/* The cloud answers at once, of a replica whose timer of this key was not set. */
void replica_answer(struct sim *s, uint32_t slot);
/* Sets the timer after all. */
void replica_await_answer(struct sim *s, uint32_t slot, uint64_t key);
/* Does the timer of this key in the lane hold? */
bool replica_in_lane(const struct sim *s, uint32_t slot, uint64_t key);
void replica_lost(struct sim *s, uint32_t slot);
void replica_notice(struct sim *s, uint32_t slot, int64_t deadline_ms);
void replica_rebalance(struct sim *s, uint32_t slot);
void replica_pickup(struct sim *s); /* the pickup loop's round */

/* pools.c: trace rows. */
void pools_start(struct sim *s); /* after the fleet's */
void pool_row(struct sim *s, const struct row *r);

/* run.c: to the horizon, or until something fails (sim.status). */
void sim_go(struct sim *s);
/* results.c */
enum error_code sim_finish(struct sim *s, struct sim_result *r, struct error *e);

/* sim.c */
void sim_fail(struct sim *s, enum error_code code); /* after filling s->error */

#endif
