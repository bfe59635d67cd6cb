/* SPDX-License-Identifier: Apache-2.0
 * A manifest lists the files of a trace and what each one is:
 *
 *   {"files": [{"file": "a.json", "pool": "us-east-1a_v100_1", "cloud": "aws",
 *               "region": "us-east-1", "zone": "us-east-1a",
 *               "instance_type": "p3.2xlarge", "offset": "1462ticks",
 *               "epoch": "2023-02-15T22:08:16Z", "gap": "300s",
 *               "resolution": "633s", "rename": {"old": "new"}}]}
 *
 * Everything but "file" is optional.  At the top level cloud, epoch, gap and
 * resolution hold for all files that do not say otherwise.  Private to
 * traces/. */
#ifndef SPOTSIM_TRACES_MANIFEST_H
#define SPOTSIM_TRACES_MANIFEST_H

#include "traces/builder.h"

struct manifest_file {
    char *path; /* relative to the manifest's folder, as written */
    struct file_hints hints;
};
struct manifest {
    uint32_t n;
    struct manifest_file *files;
};

/* Whether a file that starts with these bytes can be a manifest. */
bool manifest_may_start(const char *data, size_t size);
/* Whether the text looks like a manifest: a JSON object with "files".  False, too,
 * when there is no memory to tell. */
bool manifest_is(const char *data, size_t size, bool *no_memory);
/* Free with manifest_free, on failure too. */
enum error_code manifest_parse(const char *path, const char *data, size_t size, struct manifest *out, struct error *e);
void manifest_free(struct manifest *m);

#endif
