/* SPDX-License-Identifier: Apache-2.0
 * Data file of the plot of stress scenarios. */
#include <string.h>

#include "study/stress.h"
#include "study/writers.h"

static void put_estimate(struct strbuf *out, const struct estimate *x) {
    bool shown = x->hi > x->lo && !estimate_is_unanimous(x);
    curves_put(out, x->mean);
    curves_put(out, shown ? x->lo : x->mean);
    curves_put(out, shown ? x->hi : x->mean);
}

static void put_row(const struct study *s, uint32_t v, uint32_t place, struct strbuf *out) {
    curves_put(out, place);
    put_estimate(out, &study_cell(s, v, METRIC_STRESS_RECOVERY)->value);
    put_estimate(out, &study_cell(s, v, METRIC_STRESS_BEHIND)->value);
    put_estimate(out, &study_cell(s, v, METRIC_FULL)->value);
    curves_put(out, study_cell(s, v, METRIC_STRESS_RECOVERED)->value.mean);
    strbuf_puts(out, "\n");
}

/* The scenario that is none has its place too: availability without stress. */
void study_stress_curve(const struct study *s, struct curves *c, struct strbuf *out) {
    uint32_t axis = study_stress_axis(s);
    const struct vary_axis *stress = &s->grid.axes[axis];
    for (uint32_t i = 0; i < stress->n; i++) curves_put_name(&c->scenarios, stress->values[i], i == 0);
    strbuf_puts(out, "# place recovery_s lo hi behind_s lo hi full lo hi recovered\n");
    for (uint32_t first = 0; first < s->n_variants; first++) {
        if (vary_index(&s->grid, first, axis) != 0) continue;
        struct strbuf name = {0};
        vary_label(&s->grid, first, axis, &name);
        strbuf_printf(out, "%s# series %s\n", c->n_stress_series ? "\n\n" : "", name.data ? name.data : "");
        curves_put_name(&c->stress_names, name.data ? name.data : "", c->n_stress_series == 0);
        c->n_stress_series++;
        strbuf_free(&name);
        uint32_t stride = 1;
        for (uint32_t a = axis + 1; a < s->grid.n_axes; a++) stride *= s->grid.axes[a].n;
        for (uint32_t i = 0; i < stress->n; i++) put_row(s, first + i * stride, i, out);
    }
}
