/* SPDX-License-Identifier: Apache-2.0
 * Which cloud, region and zone a name speaks of, by the form of the name:
 * us-east-1a (aws), us-east1-b (gcp), eastus-1 (azure), US-KS-2 (runpod). */
#ifndef SPOTSIM_TRACES_IDENTITY_H
#define SPOTSIM_TRACES_IDENTITY_H

#include <stdbool.h>

#define IDENTITY_TEXT_MAX 64

struct identity {
    const char *cloud; /* static text */
    char region[IDENTITY_TEXT_MAX];
    char zone[IDENTITY_TEXT_MAX]; /* empty when the name is a region's */
};

/* False when the form is of no cloud we know. */
bool identity_of_zone(const char *zone, struct identity *out);

/* Splits ZONE_TYPE at the first underscore.  False when the part before it
 * is not a zone or region; then nothing is written.  *type points into name
 * (empty text when there is no underscore). */
bool identity_of_pool(const char *name, struct identity *out, const char **type);

#endif
