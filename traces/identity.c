/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *skip_lower(const char *s) {
    while (islower((unsigned char)*s)) s++;
    return s;
}

static const char *skip_upper(const char *s) {
    while (isupper((unsigned char)*s)) s++;
    return s;
}

static const char *skip_digits(const char *s) {
    while (isdigit((unsigned char)*s)) s++;
    return s;
}

static void fill(struct identity *out, const char *cloud, const char *name, size_t region_length, bool is_zone) {
    out->cloud = cloud;
    snprintf(out->region, sizeof out->region, "%.*s", (int)region_length, name);
    snprintf(out->zone, sizeof out->zone, "%s", is_zone ? name : "");
}

/* us-east-1a, us-gov-west-1b, us-west-2-lax-1a (local zone); us-east-1 is a region. */
static bool aws(const char *name, struct identity *out) {
    const char *s = skip_lower(name);
    if (s - name != 2) return false;
    int words = 0;
    while (s[0] == '-' && islower((unsigned char)s[1])) {
        s = skip_lower(s + 1);
        words++;
    }
    if (words == 0 || s[0] != '-' || !isdigit((unsigned char)s[1])) return false;
    s = skip_digits(s + 1);
    size_t region = (size_t)(s - name);
    bool zone = islower((unsigned char)s[0]) && s[1] == '\0';
    if (s[0] == '-') { /* -lax-1a */
        for (const char *p = s; *p; p++)
            if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '-') return false;
        size_t n = strlen(s);
        zone = n > 3 && islower((unsigned char)s[n - 1]) && isdigit((unsigned char)s[n - 2]);
        if (!zone) return false;
    }
    if (!zone && s[0] != '\0') return false;
    fill(out, "aws", name, region, zone);
    return true;
}

/* us-east1-b, northamerica-northeast1-a; us-east1 is a region. */
static bool gcp(const char *name, struct identity *out) {
    const char *s = skip_lower(name);
    if (s == name || *s != '-') return false;
    while (*s == '-') {
        const char *word = s + 1;
        s = skip_lower(word);
        if (s == word) return false;
    }
    if (!isdigit((unsigned char)*s)) return false;
    s = skip_digits(s);
    size_t region = (size_t)(s - name);
    bool zone = s[0] == '-' && islower((unsigned char)s[1]) && s[2] == '\0';
    if (!zone && s[0] != '\0') return false;
    fill(out, "gcp", name, region, zone);
    return true;
}

/* Azure's names have no form of their own, so they are listed. */
static const char *const azure_regions[] = {"australiacentral",
                                            "australiaeast",
                                            "australiasoutheast",
                                            "austriaeast",
                                            "belgiumcentral",
                                            "brazilsouth",
                                            "brazilsoutheast",
                                            "canadacentral",
                                            "canadaeast",
                                            "centralindia",
                                            "centralus",
                                            "chilecentral",
                                            "eastasia",
                                            "eastus",
                                            "eastus2",
                                            "francecentral",
                                            "francesouth",
                                            "germanynorth",
                                            "germanywestcentral",
                                            "indonesiacentral",
                                            "israelcentral",
                                            "italynorth",
                                            "japaneast",
                                            "japanwest",
                                            "jioindiacentral",
                                            "jioindiawest",
                                            "koreacentral",
                                            "koreasouth",
                                            "malaysiawest",
                                            "mexicocentral",
                                            "newzealandnorth",
                                            "northcentralus",
                                            "northeurope",
                                            "norwayeast",
                                            "norwaywest",
                                            "polandcentral",
                                            "qatarcentral",
                                            "southafricanorth",
                                            "southafricawest",
                                            "southcentralus",
                                            "southindia",
                                            "southeastasia",
                                            "spaincentral",
                                            "swedencentral",
                                            "switzerlandnorth",
                                            "switzerlandwest",
                                            "uaecentral",
                                            "uaenorth",
                                            "uksouth",
                                            "ukwest",
                                            "westcentralus",
                                            "westeurope",
                                            "westindia",
                                            "westus",
                                            "westus2",
                                            "westus3"};

/* eastus-1; eastus is a region (and a zone of its own where it has no zones). */
static bool azure(const char *name, struct identity *out) {
    size_t n = strcspn(name, "-");
    bool zone = name[n] == '-';
    if (zone && !(isdigit((unsigned char)name[n + 1]) && name[n + 2] == '\0')) return false;
    for (size_t i = 0; i < sizeof azure_regions / sizeof *azure_regions; i++) {
        if (strlen(azure_regions[i]) != n || strncmp(name, azure_regions[i], n) != 0) continue;
        fill(out, "azure", name, n, true);
        return true;
    }
    return false;
}

/* US-KS-2, EU-RO-1, CA-MTL-1: country or continent, place, number. */
static bool runpod(const char *name, struct identity *out) {
    const char *s = skip_upper(name);
    if (s - name < 2 || s - name > 4 || *s != '-') return false;
    const char *place = s + 1;
    s = skip_upper(place);
    if (s - place < 2 || s - place > 4 || *s != '-') return false;
    size_t region = (size_t)(s - name);
    const char *number = s + 1;
    s = skip_digits(number);
    if (s == number || *s != '\0') return false;
    fill(out, "runpod", name, region, true);
    return true;
}

bool identity_of_zone(const char *zone, struct identity *out) {
    if (strlen(zone) >= IDENTITY_TEXT_MAX) return false;
    return aws(zone, out) || gcp(zone, out) || azure(zone, out) || runpod(zone, out);
}

bool identity_of_pool(const char *name, struct identity *out, const char **type) {
    size_t n = strcspn(name, "_");
    char zone[IDENTITY_TEXT_MAX];
    if (n >= sizeof zone) return false;
    memcpy(zone, name, n);
    zone[n] = '\0';
    if (!identity_of_zone(zone, out)) return false;
    *type = name[n] == '_' ? name + n + 1 : "";
    return true;
}
