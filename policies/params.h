/* SPDX-License-Identifier: Apache-2.0
 * Values of policy parameters, from and to text.  Private to policies/, but
 * for the series, which a load is read as too. */
#ifndef SPOTSIM_POLICIES_PARAMS_H
#define SPOTSIM_POLICIES_PARAMS_H

#include "policies/spec.h"

/* One value from text.  A series comes back owned in *series (free it with
 * series_free), *value pointing at it; else *series is NULL. */
enum error_code param_parse(const struct sp_param *p, const char *text, union sp_value *value,
                            struct sp_series **series, struct error *e);
/* In the form param_parse reads back to the same value. */
void param_format(const struct sp_param *p, union sp_value value, struct strbuf *out);
const char *param_type_name(enum sp_param_type type);

/* A series from text: entries "0s:4 1h:8", or the path of a CSV file of
 * `seconds,value` lines with an optional header and # comments.  The first
 * time must be 0, times must rise, values are whole numbers in [min, max]. */
enum error_code series_parse(const char *text, int64_t min, int64_t max, struct sp_series **out, struct error *e);
/* The same for decimal numbers in [min, max]: values are the nearest whole
 * numbers of 1/scale. */
enum error_code series_parse_scaled(const char *text, double min, double max, double scale, struct sp_series **out,
                                    struct error *e);
enum error_code series_copy(const struct sp_series *from, struct sp_series **out, struct error *e);
void series_format(const struct sp_series *s, struct strbuf *out);
void series_free(struct sp_series *s);

#endif
