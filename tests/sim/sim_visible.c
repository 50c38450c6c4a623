/* CUDA_VISIBLE_DEVICES, as the CUDA C++ Programming Guide has it ("CUDA Environment Variables"): numbers with commas
 * between choose cards and their order, the first that names no card ends the list, and an empty one leaves none. Names
 * ("GPU-…", "MIG-…") are not simulated: they end the list. NVIDIA's runtime reads it once, this one at every call. */
#include "sim/sim_internal.h"

#include <stdlib.h>

int sim_visible(int number)
{
    const char *list = getenv("CUDA_VISIBLE_DEVICES");
    if (number < 0) return -1;
    if (!list) return number < sim_options.n_cards ? number : -1;
    for (int i = 0;; i++) {
        char *end;
        const long card = strtol(list, &end, 10);
        if (end == list || (*end && *end != ',') || card < 0 || card >= sim_options.n_cards) return -1;
        if (i == number) return (int)card;
        if (!*end) return -1;
        list = end + 1;
    }
}
