/* SPDX-License-Identifier: Apache-2.0
 * From what a user writes, "skyserve(base=1,dynamic=true)+ttl-bench(ttl=600s)",
 * to policies with parameter values. */
#ifndef SPOTSIM_POLICIES_SPEC_H
#define SPOTSIM_POLICIES_SPEC_H

#include <stdint.h>

#include "base/error.h"
#include "policies/policy.h"

struct strbuf;

#define POLICY_PARAMS_MAX 16
#define POLICY_TEXT_MAX (1u << 25) /* bytes of one policy notation */
#define POLICY_SERIES_MAX 1000000u /* entries of one series */

/* One policy with values for all its parameters. */
struct policy_part {
    const struct sp_policy *policy; /* NULL: not given */
    union sp_value value[POLICY_PARAMS_MAX];
    struct sp_series *series[POLICY_PARAMS_MAX]; /* owned; what value[i].series points at */
    uint32_t given;                              /* bit i: value[i] is set, by default or by the user */
};

/* The parts of one controller: either mix (+ placer), or whole; plus an
 * autoscaler.  Roles follow from the names, which are unique over all roles. */
struct policy_spec {
    struct policy_part autoscaler, mix, placer, whole;
};

/* Every built-in policy, NULL-terminated, in the order help lists them. */
extern const struct sp_policy *const policy_builtin[];

/* A set of policies: the built-ins and loaded plug-ins.  Plug-ins stay loaded
 * until registry_free. */
struct policy_registry;
struct policy_registry *registry_new(void);
void registry_free(struct policy_registry *r);
/* Loads a .so, or compiles a .c with $CC (default cc) into a private temporary
 * folder and loads that; checks ABI version, table sanity and that the
 * object's undefined symbols are on the allow-list (policies/plugin.c).
 * Afterwards the policy is known by its name. */
enum error_code registry_load(struct policy_registry *r, const char *path, const struct sp_policy **out,
                              struct error *e);
/* Adds a policy that the caller's own program holds, and keeps for as long as
 * the registry; its table is checked as a plug-in's is. */
enum error_code registry_add(struct policy_registry *r, const struct sp_policy *policy, struct error *e);
const struct sp_policy *registry_find(const struct policy_registry *r, const char *name);
uint32_t registry_count(const struct policy_registry *r);
const struct sp_policy *registry_at(const struct policy_registry *r, uint32_t i);

/* Parses the + notation into *spec (zeroed first): TERM+TERM, TERM being
 * NAME or NAME(key=value, ...).  A name or value in double quotes may hold any
 * character but the quote.  Unknown names and parameters suggest the nearest.
 * A term ending in .c or .so is a plug-in and is loaded.  Roles are not
 * checked for completeness: policy_spec_check does.  On error *spec is empty;
 * else free it with policy_spec_free. */
enum error_code policy_spec_parse(struct policy_registry *r, const char *text, struct policy_spec *spec,
                                  struct error *e);
/* Sets every parameter of *part (overwritten) to its default; required ones
 * without a value are found by policy_spec_check.  Free with
 * policy_part_free. */
enum error_code policy_part_init(const struct sp_policy *p, struct policy_part *part, struct error *e);
/* Sets one parameter from text ("2", "true", "600s", "react", a series: a CSV
 * file of `seconds,value` lines or "0s:4 1h:8"). `where` (may be NULL)
 * prefixes errors.  On error the old value stays. */
enum error_code policy_part_set(struct policy_part *part, const char *param, const char *text, const char *where,
                                struct error *e);
void policy_part_free(struct policy_part *part); /* frees what it owns, zeroes it; NULL is fine */
/* Moves `part` into the role it belongs to (*part is empty then); an error
 * when the role is already taken, and then *part stays the caller's. */
enum error_code policy_spec_add(struct policy_spec *spec, struct policy_part *part, const char *where, struct error *e);
/* All required values there, roles complete (mix without placer gets
 * `cheapest` when it can want spot).  An autoscaler is not asked for.  `r` may
 * be NULL: only built-ins are filled in. */
enum error_code policy_spec_check(struct policy_registry *r, struct policy_spec *spec, const char *where,
                                  struct error *e);
/* Canonical text with every parameter, autoscaler left out: stable across
 * runs, reads back to the same spec. */
void policy_spec_format(const struct policy_spec *spec, struct strbuf *out);
void policy_part_format(const struct policy_part *part, struct strbuf *out);
/* Deep copy into *to (overwritten); free it with policy_spec_free. */
enum error_code policy_spec_copy(const struct policy_spec *from, struct policy_spec *to, struct error *e);
void policy_spec_free(struct policy_spec *spec);

#endif
