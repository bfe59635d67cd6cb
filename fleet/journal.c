/* SPDX-License-Identifier: Apache-2.0
 * The journal's writing side: docs/journal.md has the format. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "fleet/fleet_private.h"

static enum error_code failed(struct error *e) {
    return error_set(e, ERR_FAILED, NULL, "cannot write the journal: %s", strerror(errno ? errno : EIO));
}

static void put_pool(struct strbuf *b, const struct fleet_pool *p) {
    const char *const names[] = {p->name, p->cloud, p->region, p->zone, p->instance_type};
    strbuf_puts(b, "[");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        strbuf_json_string(b, names[i]);
        strbuf_puts(b, ",");
    }
    strbuf_printf(b, "%" PRIu32 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]", p->weight, p->price_uusd_per_h[SP_SPOT],
                  p->price_uusd_per_h[SP_ON_DEMAND], p->capacity);
}

static void put_group(struct strbuf *b, const struct fleet_group *g) {
    struct strbuf text = {0};
    if (g->spec->autoscaler.policy) {
        policy_part_format(&g->spec->autoscaler, &text);
        strbuf_puts(&text, "+");
    }
    policy_spec_format(g->spec, &text);
    strbuf_puts(b, "{\"name\":");
    strbuf_json_string(b, g->name);
    strbuf_puts(b, ",\"policy\":");
    strbuf_json_string(b, text.data ? text.data : "");
    strbuf_printf(b, ",\"share_ppm\":[%" PRIu32 ",%" PRIu32 "],\"pools\":[", g->share.lo_ppm, g->share.hi_ppm);
    for (uint32_t i = 0; i < g->n_pools; i++) strbuf_printf(b, "%s%" PRIu32, i ? "," : "", g->pools[i]);
    strbuf_puts(b, "]}");
    if (text.failed) b->failed = true;
    strbuf_free(&text);
}

enum error_code journal_header(struct fleet *f, FILE *out, struct error *e) {
    const struct fleet_params *p = &f->params;
    struct strbuf b = {0};
    strbuf_printf(&b, "{\"spotsim_journal\":1,\"abi\":%d,\"scenario\":", SP_ABI_VERSION);
    strbuf_json_string(&b, p->scenario ? p->scenario : "");
    /* 64-bit keys do not fit a JSON number */
    strbuf_printf(&b,
                  ",\"key\":\"%016" PRIx64 "\",\"interval_ms\":%" PRId64 ",\"retry_ms\":%" PRId64
                  ",\"direct_launch\":%s,\"keep_rows\":%s,\"nodes\":%" PRIu32 ",\"max_instances\":%" PRIu32
                  ",\"pools\":[",
                  p->key, p->interval_ms, p->retry_ms, p->direct_launch ? "true" : "false",
                  p->keep_rows ? "true" : "false", p->nodes, p->max_instances);
    for (uint32_t i = 0; i < p->n_pools; i++) {
        if (i) strbuf_puts(&b, ",");
        put_pool(&b, &p->pools[i]);
    }
    strbuf_puts(&b, "],\"groups\":[");
    for (uint32_t g = 0; g < p->n_groups; g++) {
        if (g) strbuf_puts(&b, ",");
        put_group(&b, &p->groups[g]);
    }
    strbuf_puts(&b, "]}\n");
    enum error_code rc = OK;
    if (b.failed)
        rc = error_set(e, ERR_FAILED, NULL, "out of memory");
    else if (fwrite(b.data, 1, b.size, out) != b.size)
        rc = failed(e);
    else
        f->told = random_key_text(0, b.data);
    strbuf_free(&b);
    return rc;
}

/* A line is put down piece by piece: a run has millions of them. */
#define LINE_MAX_SIZE 160

static char *put_text(char *at, const char *text) {
    size_t n = strlen(text);
    memcpy(at, text, n);
    return at + n;
}

static char *put_number(char *at, uint64_t x) {
    *at++ = ',';
    return text_put_uint(at, x);
}

static char *put_signed(char *at, int64_t x) {
    *at++ = ',';
    return text_put_int(at, x);
}

static char *put_digest(char *at, uint64_t x) {
    at = put_text(at, ",\"");
    for (int shift = 60; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[x >> shift & 15];
    *at++ = '"';
    return at;
}

static void end_line(char *line, char *at, FILE *out) {
    at = put_text(at, "]\n");
    fwrite(line, 1, (size_t)(at - line), out);
}

void journal_observation(FILE *out, const struct sp_observation *o, uint32_t group, uint32_t pool) {
    (void)group; /* follows from slot or pool */
    char line[LINE_MAX_SIZE], *at = put_text(line, o->slot == SP_NONE ? "[\"p\",\"" : "[\"r\",\"");
    at = put_text(at, fleet_observation_name(o->kind));
    *at++ = '"';
    at = put_signed(at, o->at_ms);
    if (o->slot == SP_NONE) {
        at = put_number(put_number(at, pool), o->market);
    } else {
        at = put_number(put_number(put_number(at, o->slot), o->launch), o->reason);
    }
    end_line(line, put_signed(at, o->value), out);
}

enum error_code journal_step(FILE *out, uint32_t group, int64_t now_ms, uint32_t n_orders, uint64_t digest,
                             double requests, struct error *e) {
    char line[LINE_MAX_SIZE], *at = put_signed(put_text(line, "[\"s\""), now_ms);
    at = put_digest(put_number(put_number(at, group), n_orders), digest);
    if (!isnan(requests)) at += snprintf(at, 32, ",%.17g", requests); /* reads back as the same double */
    end_line(line, at, out);
    return ferror(out) ? failed(e) : OK;
}

enum error_code fleet_journal_end(struct fleet *f, struct error *e) {
    if (!f->journal) return OK;
    fprintf(f->journal, "[\"end\",%" PRIu64 ",\"%016" PRIx64 "\"]\n", f->steps, f->told);
    errno = 0;
    return fflush(f->journal) != 0 || ferror(f->journal) ? failed(e) : OK;
}
