/* SPDX-License-Identifier: Apache-2.0
 * One reader per format.  Each takes one file's content and hands raw samples
 * to the builder.  Private to traces/; docs/trace-formats.md has the formats. */
#ifndef SPOTSIM_TRACES_READERS_H
#define SPOTSIM_TRACES_READERS_H

#include "traces/builder.h"
#include "traces/csv.h"

struct cJSON;
struct json_lists;

/* Years 1971 to 2999: far from where sums of milliseconds could overflow. */
#define TRACE_DATE_MIN_MS INT64_C(31536000000)
#define TRACE_DATE_MAX_MS INT64_C(32503680000000)

/* Finds the format by content and calls its reader. */
enum error_code read_any(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                         struct error *e);

/* {"metadata": {"gap_seconds": g}, "data": [...], "prices": [...]} */
enum error_code read_skypilot(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                              const struct json_lists *lists, struct error *e);
/* {"pool": [price, ...], ...} */
enum error_code read_price_lists(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                                 const struct json_lists *lists, struct error *e);
/* One page of `aws ec2 describe-spot-price-history`: {"SpotPriceHistory":
 * [...]}, the bare list, or a list of pages. */
enum error_code read_aws_history(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                                 struct error *e);
/* Same from the text, without the parser, if it is what the command prints;
 * false: not read, look closer. */
bool read_plain_history(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                        enum error_code *rc, struct error *e);
/* date,availability */
enum error_code read_timestamped(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                                 struct error *e);
/* ms,add|remove,node */
enum error_code read_events(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                            struct error *e);
/* # spotsim-trace 1 */
enum error_code read_tidy(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                          struct error *e);
/* Same without the whole text in memory. */
enum error_code read_tidy_blocks(struct trace_builder *b, const struct source *src, csv_more *more, void *arg,
                                 struct error *e);
/* The text that starts like this is for read_tidy. */
bool is_tidy(const char *data, size_t size);

/* The member's list of capacities, or of prices joined by index, as a series. */
enum error_code capacities_from_json(const struct cJSON *list, const struct json_lists *lists, const struct source *src,
                                     const char *member, struct series *s, struct error *e);
enum error_code prices_from_json(const struct cJSON *list, const struct json_lists *lists, const struct source *src,
                                 const char *member, struct series *s, struct error *e);
/* Dates a user may write must stay where sums of times cannot overflow. */
enum error_code timestamp_from_text(const char *text, int64_t *unix_ms, struct error *e);
/* Sampling step in seconds, more than 0, to ms. */
enum error_code gap_from_json(const struct cJSON *v, const char *where, int64_t *gap_ms, struct error *e);

#endif
