/* The E step: what components matter for each row, and how much. */
#include "backend/cpu_em.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------- what is kept */

void cpu_em_clear(struct cpu_em *em)
{
    memset(em->parts, 0, (size_t)em->x.rows * sizeof *em->parts);
    for (int t = 0; t < pool_threads(em->pool); t++) em->scratch[t].n_entries = 0;
}

void cpu_em_add(struct cpu_em *em, int n, int component, double r, int thread)
{
    struct cpu_em_scratch *s = &em->scratch[thread];
    struct cpu_em_part *part = &em->parts[n];
    if (memory_grow((void **)&s->entries, &s->capacity, s->n_entries, sizeof *s->entries) != OK) {
        s->is_full = 1;
        return;
    }
    if (part->count == 0) *part = (struct cpu_em_part){ s->n_entries, 0, thread };
    s->entries[s->n_entries++] = (struct cpu_em_entry){ r, component };
    part->count++;
}

enum status cpu_em_keep_bounds(struct cpu_em *em)
{
    if (em->bounds || em->uses_filter || em->is_exhaustive) return OK;
    const size_t size = (size_t)em->x.rows * (size_t)em->centres.padded;
    return memory_check(em->bounds = memory_new(size, sizeof *em->bounds));
}

void cpu_em_sort(const int *label, int rows, int components, size_t *start, int *order)
{
    size_t *next = start + 1; /* of a group's places, while they are filled */
    memset(start, 0, (size_t)(components + 3) * sizeof *start);
    for (int n = 0; n < rows; n++) start[(label[n] < 0 ? components : label[n]) + 2]++;
    for (int k = 2; k < components + 3; k++) start[k] += start[k - 1];
    for (int n = 0; n < rows; n++) order[next[label[n] < 0 ? components : label[n]]++] = n;
}

/* ---------------------------------------------------------------------------------------------- E step */

void cpu_em_settle(struct cpu_em *em, int n, const int *live, const double *cost, int n_live, int thread)
{
    double lowest = INFINITY, sum = 0;
    for (int i = 0; i < n_live; i++) {
        if (cost[i] >= lowest) continue;
        lowest = cost[i];
        em->winner[n] = live[i];
    }
    for (int i = 0; i < n_live; i++) sum += exp(lowest - cost[i]);
    em->log_likelihood[n] = log(sum) - lowest;
    em->entropy[n] = 0;
    for (int i = 0; !em->only_score && i < n_live; i++) {
        const double r = exp(lowest - cost[i]) / sum;
        cpu_em_add(em, n, live[i], r, thread);
        em->entropy[n] += r * (log(sum) - lowest + cost[i]);
    }
}

static void expect_tile(void *context, int task, int thread)
{
    struct cpu_em *em = context;
    struct cpu_search_tile *tile = &em->scratch[thread].tile;
    const int first = task * CPU_EM_TILE, left = em->x.rows - first;
    tile->n = left < CPU_EM_TILE ? left : CPU_EM_TILE;
    tile->rows = em->order + first;
    for (int r = 0; r < tile->n; r++) {
        tile->guess[r] = em->winner[tile->rows[r]];
        tile->best[r] = (double)NAN;
    }
    cpu_search_run(&em->search, tile);
    for (int r = 0; r < tile->n; r++) {
        const size_t row = (size_t)r * em->components;
        cpu_em_settle(em, tile->rows[r], tile->live + row, tile->cost + row, tile->found[r], thread);
    }
}

static enum status expect_diagonal(struct cpu_em *em)
{
    if (!em->only_score) TRY(cpu_em_keep_bounds(em));
    em->search.bounds = em->only_score ? NULL : em->bounds;
    em->search.has_bounds &= em->search.bounds != NULL;
    cpu_em_sort(em->winner, em->x.rows, em->components, em->start, em->order);
    pool_run(em->pool, (em->x.rows + CPU_EM_TILE - 1) / CPU_EM_TILE, expect_tile, em);
    if (em->search.bounds) em->bounds_of = BOUNDS_OF_MIXTURE;
    em->search.has_bounds = 0;
    return OK;
}

enum status cpu_em_expect(struct cpu_em *em, struct mixture *mixture, int only_score, double *log_likelihood,
                          double *sum)
{
    const int tiles = (em->x.rows + CPU_EM_TILE - 1) / CPU_EM_TILE;
    em->mixture = mixture;
    em->only_score = only_score;
    cpu_em_clear(em);
    if (em->covariance == COVARIANCE_FULL)
        pool_run(em->pool, tiles, cpu_em_full_expect, em);
    else
        TRY(expect_diagonal(em));
    *sum = 0;
    for (int n = 0; n < em->x.rows; n++) *sum += em->log_likelihood[n];
    if (log_likelihood)
        memcpy(log_likelihood, em->log_likelihood, (size_t)em->x.rows * sizeof *log_likelihood);
    return only_score ? OK : cpu_em_gather(em);
}
