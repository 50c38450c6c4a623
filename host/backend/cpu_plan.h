/* Inside the CPU's networks: from the table of layers to steps and buffers.
 *
 * A step computes one layer for all patches of a call. Layers live in buffers, buffers in slots of memory:
 *   - both inputs of a concatenation live in its buffer, so that it costs nothing;
 *   - the end of a residual branch takes over the buffer of the residual that nobody reads afterwards;
 *   - a patch has the same part of a slot whatever is in it, so that patches can be at different steps;
 *   - a slot is used again once the last reader of its buffer has run. Where buffers of different shapes
 *     share a slot, the border is zeroed again before the first write. */
#ifndef CPU_PLAN_H
#define CPU_PLAN_H

#include "backend/cpu_net.h"
#include "backend/cpu_net_kernels.h"
#include "backend/cpu_way.h"

enum { CPU_MAX_STEPS = 2 * NET_MAX_LAYERS }; /* a concatenation that has to copy takes two */

struct cpu_step {
    const struct cpu_algorithm *algorithm;
    int layer; /* of the table: whose weights it needs */
    enum op op;
    struct cpu_way way;
    int size, stride, pad, relu;
    struct cpu_view in, with, out; /* with.data NULL: no residual */
    struct cpu_view border;        /* what is zeroed around before the step runs; data NULL: nothing */
    const void *packed;            /* weights as the algorithm wants them */
};

/* A layer whose output is copied out on the way. */
struct cpu_tap {
    int layer;
    int n_steps; /* that have run when it is whole */
    struct cpu_view view;
};

struct cpu_net {
    struct pool *pool;
    const struct cpu_net_kernels *kernels;
    int max_patches;
    enum conv_choice conv;
    struct cpu_image image;
    struct cpu_step steps[CPU_MAX_STEPS];
    int n_steps, n_light; /* light: the first steps, which a thread can take alone for a patch */
    struct cpu_view features;
    struct cpu_tap *taps; /* [n_taps] */
    int n_taps;
    int scratch_pixels;               /* of the largest task of a convolution */
    struct cpu_pixel **pixels;        /* [threads][scratch_pixels] */
    float **sums;                     /* [threads][scratch_pixels][CPU_CONV_SUMS] */
    size_t own_floats, common_floats; /* of Winograd's largest workspaces */
    float **own;                      /* [threads][own_floats] */
    float *common;                    /* [common_floats] */
    void **owned;                     /* all that was allocated, and goes together */
    size_t n_owned, owned_capacity, bytes;
};

/* A step for some patches of a call. */
struct cpu_work {
    const struct cpu_net *net;
    const struct cpu_step *step;
    int first_patch, n_patches;
    int thread; /* whose work it is; -1: all threads share it */
};

/* As pool_run, on the threads whose work it is. */
void cpu_share(const struct cpu_work *work, int n_tasks, void (*task)(void *context, int index, int thread),
               void *context);

/* One way to compute a step; the list is in cpu_net.c, the first that fits is taken. */
struct cpu_algorithm {
    const char *name;
    int (*fits)(const struct cpu_step *step);
    enum status (*pack)(struct cpu_net *net, struct cpu_step *step,
                        const struct layer_weights *weights) MUST_CHECK; /* NULL: nothing to pack */
    void (*run)(const struct cpu_work *work);
};

extern const struct cpu_algorithm cpu_direct;   /* cpu_direct.c */
extern const struct cpu_algorithm cpu_winograd; /* cpu_winograd.c */

/* Fills image, steps (without algorithm), features and the taps, whose layers are set, and allocates the buffers. */
enum status cpu_plan(struct cpu_net *net, const struct net *table, int layer) MUST_CHECK;

/* Zeroed memory that is released with the net; NULL with the sentence kept. */
void *cpu_net_new(struct cpu_net *net, size_t count, size_t size);
void *cpu_net_new_unset(struct cpu_net *net, size_t count, size_t size); /* not zeroed */

#endif
