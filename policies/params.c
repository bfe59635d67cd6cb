/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/params.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static enum error_code parse_bool(const char *text, int64_t *value, struct error *e) {
    if (strcmp(text, "true") == 0)
        *value = 1;
    else if (strcmp(text, "false") == 0)
        *value = 0;
    else
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is neither true nor false", text);
    return OK;
}

static enum error_code parse_duration(const struct sp_param *p, const char *text, int64_t *value, struct error *e) {
    int64_t ms;
    TRY(text_duration_ms(text, &ms, e));
    if ((double)ms < p->min || (double)ms > p->max) {
        char min[32], max[32];
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is out of range; expected %s to %s", text,
                         text_format_duration((int64_t)p->min, min), text_format_duration((int64_t)p->max, max));
    }
    *value = ms;
    return OK;
}

static enum error_code parse_enum(const struct sp_param *p, const char *text, int64_t *value, struct error *e) {
    struct strbuf names = {0};
    for (int64_t i = 0; p->names[i]; i++) {
        if (strcmp(p->names[i], text) == 0) {
            *value = i;
            strbuf_free(&names);
            return OK;
        }
        strbuf_printf(&names, "%s%s", i ? ", " : "", p->names[i]);
    }
    error_set(e, ERR_INPUT, NULL, "'%.60s' is not one of %s", text, names.data ? names.data : "");
    strbuf_free(&names);
    return ERR_INPUT;
}

enum error_code param_parse(const struct sp_param *p, const char *text, union sp_value *value,
                            struct sp_series **series, struct error *e) {
    union sp_value v = {0};
    *series = NULL;
    switch (p->type) {
    case SP_INT:
        TRY(text_int(text, (int64_t)p->min, (int64_t)p->max, &v.i, e));
        break;
    case SP_BOOL:
        TRY(parse_bool(text, &v.i, e));
        break;
    case SP_REAL:
        TRY(text_real(text, p->min, p->max, &v.d, e));
        break;
    case SP_DURATION:
        TRY(parse_duration(p, text, &v.i, e));
        break;
    case SP_ENUM:
        TRY(parse_enum(p, text, &v.i, e));
        break;
    case SP_SERIES:
        TRY(series_parse(text, (int64_t)p->min, (int64_t)p->max, series, e));
        v.series = *series;
        break;
    default:
        return error_set(e, ERR_FAILED, NULL, "parameter type %d is not known", (int)p->type);
    }
    *value = v;
    return OK;
}

void param_format(const struct sp_param *p, union sp_value value, struct strbuf *out) {
    char duration[32];
    switch (p->type) {
    case SP_INT:
        strbuf_printf(out, "%" PRId64, value.i);
        break;
    case SP_BOOL:
        strbuf_puts(out, value.i ? "true" : "false");
        break;
    case SP_REAL:
        strbuf_real(out, value.d);
        break;
    case SP_DURATION:
        strbuf_puts(out, text_format_duration(value.i, duration));
        break;
    case SP_ENUM:
        strbuf_puts(out, p->names[value.i]);
        break;
    case SP_SERIES:
        series_format(value.series, out);
        break;
    }
}

const char *param_type_name(enum sp_param_type type) {
    static const char *const names[] = {[SP_INT] = "int",           [SP_BOOL] = "bool", [SP_REAL] = "real",
                                        [SP_DURATION] = "duration", [SP_ENUM] = "enum", [SP_SERIES] = "series"};
    return (unsigned)type < sizeof names / sizeof *names && names[type] ? names[type] : "?";
}
