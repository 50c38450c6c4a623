#include "pipeline/members.h"

/* ------------------------------------------------------------------------------------------ who shares what */

static enum status find_closer(struct member *members, int n, struct member *member)
{
    member->closer = -1;
    for (int i = 0; i < n; i++) {
        const struct setup *other = members[i].setup;
        int is_within;
        TRY(setup_is_within(member->setup, other, &is_within));
        if (!is_within) continue;
        if (member->closer < 0 || other->settings.offset < members[member->closer].setup->settings.offset)
            member->closer = i;
    }
    return OK;
}

/* Whoever is picked runs no network, so that nothing can be tapped from it. */
static enum status find_deeper(struct member *members, int n, struct member *member)
{
    member->deeper = -1;
    for (int i = 0; i < n; i++) {
        const struct setup *other = members[i].setup;
        int is_tapped;
        if (members[i].closer >= 0) continue;
        TRY(setup_is_tapped(member->setup, other, &is_tapped));
        if (is_tapped && (member->deeper < 0 || other->layer > members[member->deeper].setup->layer))
            member->deeper = i;
    }
    return OK;
}

enum status members_find_shares(struct member *members, int n)
{
    for (int m = 0; m < n; m++) TRY(find_closer(members, n, &members[m]));
    for (int m = 0; m < n; m++) TRY(find_deeper(members, n, &members[m]));
    return OK;
}

/* Whoever could share computes by itself where the other one is not wanted. */
static int is_picked(const struct work *work, const struct span *span, int member)
{
    const int closer = work->members[member].closer;
    return span->is_wanted[member] && closer >= 0 && span->is_wanted[closer];
}

static int is_tapped(const struct work *work, const struct span *span, int member)
{
    const int deeper = work->members[member].deeper;
    return span->is_wanted[member] && !is_picked(work, span, member) && deeper >= 0 &&
           span->is_wanted[deeper];
}

static int is_computed(const struct work *work, const struct span *span, int member)
{
    return span->is_wanted[member] && !is_picked(work, span, member) && !is_tapped(work, span, member);
}

/* ---------------------------------------------------------------------------------------------- open and close */

static int computes(const struct work *work, int member)
{
    for (int i = 0; i < work->n_spans; i++)
        if (is_computed(work, &work->spans[i], member)) return 1;
    return 0;
}

static enum status find_taps(const struct members *all, int member)
{
    const struct work *work = &all->work;
    struct taps *taps = &all->taps[member];
    const size_t n = (size_t)work->n_members;
    TRY(memory_check(taps->layers = memory_new(n, sizeof *taps->layers)));
    TRY(memory_check(taps->members = memory_new(n, sizeof *taps->members)));
    for (int m = 0; m < work->n_members; m++) {
        if (work->members[m].deeper != member) continue;
        taps->layers[taps->n] = work->members[m].setup->layer;
        taps->members[taps->n++] = m;
    }
    return memory_check(taps->batches =
                            memory_new((size_t)all->n_lanes * (size_t)taps->n, sizeof(struct batch *)));
}

static enum status open_lines(const struct members *all, int member, struct backend *const *lanes)
{
    const struct taps *taps = &all->taps[member];
    if (!computes(&all->work, member)) return OK;
    TRY(find_taps(all, member));
    return lines_init_tapped(&all->lines[member], all->work.members[member].setup, taps->layers, taps->n,
                             lanes, all->n_lanes);
}

enum status members_init(struct members *members, const struct work *work, struct backend *const *lanes,
                         int n_lanes)
{
    const size_t n = (size_t)work->n_members;
    *members = (struct members){ .work = *work, .n_lanes = n_lanes };
    TRY(memory_check(members->lines = memory_new(n, sizeof *members->lines)));
    TRY(memory_check(members->taps = memory_new(n, sizeof *members->taps)));
    for (int m = 0; m < work->n_members; m++) TRY(open_lines(members, m, lanes));
    return OK;
}

void members_release(struct members *members)
{
    for (int m = 0; members->lines && m < members->work.n_members; m++) lines_release(&members->lines[m]);
    for (int m = 0; members->taps && m < members->work.n_members; m++) {
        memory_free(members->taps[m].layers);
        memory_free(members->taps[m].members);
        memory_free(members->taps[m].batches);
    }
    memory_free(members->lines);
    memory_free(members->taps);
    *members = (struct members){ 0 };
}

/* --------------------------------------------------------------------------------------------------- computing */

static enum status compute(const struct members *all, const struct span *span, const struct batch *decoded,
                           struct batch *batches, int member, int lane)
{
    const struct work *work = &all->work;
    const struct lines *lines = &all->lines[member];
    const struct taps *taps = &all->taps[member];
    struct batch **tapped = taps->batches + (size_t)lane * (size_t)taps->n;
    for (int t = 0; t < taps->n; t++) {
        const int of = taps->members[t];
        tapped[t] = is_tapped(work, span, of) ? &batches[of] : NULL;
        if (tapped[t]) TRY(batch_borrow(tapped[t], decoded, work->members[of].setup));
    }
    const struct setup *setup = work->members[member].setup;
    TRY(batch_borrow(&batches[member], decoded, setup));
    return batch_compute_tapped(&batches[member], tapped, setup, &lines->spec, lines->line[lane]);
}

static enum status pick(const struct work *work, const struct batch *decoded, struct batch *batches,
                        int member)
{
    const struct member *m = &work->members[member];
    TRY(batch_borrow(&batches[member], decoded, m->setup));
    return batch_pick(&batches[member], m->setup, &batches[m->closer], work->members[m->closer].setup);
}

enum status members_compute(const struct members *members, const struct span *span,
                            const struct batch *decoded, struct batch *batches, int lane)
{
    const struct work *work = &members->work;
    for (int m = 0; m < work->n_members; m++)
        if (is_computed(work, span, m)) TRY(compute(members, span, decoded, batches, m, lane));
    for (int m = 0; m < work->n_members; m++)
        if (is_picked(work, span, m)) TRY(pick(work, decoded, batches, m));
    return OK;
}
