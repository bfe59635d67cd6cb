/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/name_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

/* Words of eight bytes, the last one overlapping. */
static uint64_t hash_name(const char *name, size_t length) {
    uint64_t h = length, word = 0;
    for (size_t i = 0; i + 8 <= length; i += 8) {
        memcpy(&word, name + i, 8);
        h = random_mix(h ^ word);
    }
    if (length >= 8)
        memcpy(&word, name + length - 8, 8);
    else
        memcpy(&word, name, length);
    return random_mix(h ^ word);
}

/* The name's place, or a free one; there is always one. */
static struct name_entry *place_of(const struct name_table *t, const char *name, size_t length) {
    uint32_t mask = t->room - 1, i = (uint32_t)hash_name(name, length) & mask;
    while (t->at[i].text && (t->at[i].length != length || memcmp(t->at[i].text, name, length) != 0)) i = (i + 1) & mask;
    return &t->at[i];
}

const struct name_entry *name_table_find(const struct name_table *t, const char *name, size_t length) {
    const struct name_entry *found = t->room ? place_of(t, name, length) : NULL;
    return found && found->text ? found : NULL;
}

static bool grow(struct name_table *t) {
    struct name_table bigger = {t->n, t->room ? t->room * 2 : 64, NULL};
    bigger.at = calloc(bigger.room, sizeof *bigger.at);
    if (!bigger.at) return false;
    for (uint32_t i = 0; i < t->room; i++)
        if (t->at[i].text) *place_of(&bigger, t->at[i].text, t->at[i].length) = t->at[i];
    free(t->at);
    *t = bigger;
    return true;
}

bool name_table_add(struct name_table *t, const char *name, uint32_t number) {
    if (2 * t->n >= t->room && !grow(t)) return false;
    char *copy = strdup(name);
    if (!copy) return false;
    size_t length = strlen(name);
    *place_of(t, name, length) = (struct name_entry){copy, (uint32_t)length, number};
    t->n++;
    return true;
}

void name_table_free(struct name_table *t) {
    for (uint32_t i = 0; i < t->room; i++) free(t->at[i].text);
    free(t->at);
    memset(t, 0, sizeof *t);
}
