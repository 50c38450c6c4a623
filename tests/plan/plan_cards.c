/* Sources. Multiprocessors, clocks, memory and level 2 cache:
 *   T4         NVIDIA Turing architecture white paper, appendix on the T4; T4 data sheet
 *   A100 40GB  NVIDIA A100 architecture white paper, table 4; A100 data sheet
 *   RTX 3090   NVIDIA Ampere GA102 architecture white paper, table 2
 *   L4         NVIDIA L4 data sheet; NVIDIA Ada architecture white paper (AD104)
 *   H100, H200 NVIDIA H100 architecture white paper, table 2 (SXM5); H200 data sheet
 *   B200       NVIDIA DGX B200 data sheet; NVIDIA Blackwell tuning guide (126 MB of level 2 cache)
 *   RTX 5090   NVIDIA RTX Blackwell architecture white paper, table 3
 * The memory clock is bandwidth / (2 × bus width), as the driver reports it. What a block and a
 * multiprocessor may hold: CUDA C++ programming guide, "Technical Specifications per Compute Capability".
 * The fields of the JSON are those that openxla/xla writes when it compiles without a device. No card was
 * here to compare with. */
#include "plan_cards.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct plan_card cards[] = {
    /*                                         capability  SMs  boost memory  L2  GiB shared blocks threads */
    { "t4",      "Tesla T4",                          750,  40, 1590,  5001,   4,  16,    64,  16, 1024 },
    { "a100",    "NVIDIA A100-SXM4-40GB",             800, 108, 1410,  1215,  40,  40,   163,  32, 2048 },
    { "rtx3090", "NVIDIA GeForce RTX 3090",           860,  82, 1695,  9751,   6,  24,    99,  16, 1536 },
    { "l4",      "NVIDIA L4",                         890,  58, 2040,  6251,  48,  24,    99,  24, 1536 },
    { "h100",    "NVIDIA H100 80GB HBM3",             900, 132, 1980,  2619,  50,  80,   227,  32, 2048 },
    { "h200",    "NVIDIA H200",                       900, 132, 1980,  3125,  50, 141,   227,  32, 2048 },
    { "b200",    "NVIDIA B200",                      1000, 148, 1965,  3906, 126, 180,   227,  32, 2048 },
    { "rtx5090", "NVIDIA GeForce RTX 5090",          1200, 170, 2407, 14001,  96,  32,    99,  24, 1536 },
};
/* clang-format on */

const struct plan_card *plan_card_number(int i)
{
    return i >= 0 && i < (int)(sizeof cards / sizeof *cards) ? &cards[i] : NULL;
}

const struct plan_card *plan_card_find(const char *name)
{
    const struct plan_card *card;
    for (int i = 0; (card = plan_card_number(i)); i++)
        if (strcmp(card->name, name) == 0) return card;
    return NULL;
}

void plan_card_json(const struct plan_card *card, char *json, size_t size)
{
    snprintf(json, size,
             "{\"deviceVer\":%d,\"multiProcessorCount\":%d,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
             "\"maxSharedMemoryPerBlockOptin\":%d,\"reservedSharedMemoryPerBlock\":%d,"
             "\"maxRegistersPerSM\":65536,\"maxCtasPerSM\":%d,\"maxThreadsPerBlock\":1024,"
             "\"maxThreadsPerSM\":%d,\"regsPerBlock\":65536,\"totalGlobalMem\":%lld,\"smClockRateKHz\":%d,"
             "\"l2CacheSize\":%d,\"maxBlockSize\":[1024,1024,64],\"memClockRateKHz\":%d,"
             "\"maxGridSize\":[2147483647,65535,65535],\"supportCoopLaunch\":1,\"pciDeviceId\":0,"
             "\"isTccDriver\":0,\"cudaDeviceId\":0,\"driverVer\":13000,\"deviceName\":\"%s\"}",
             card->capability, card->multiprocessors, card->block_shared_kib * 1024,
             card->capability >= 800 ? 1024 : 0, card->blocks, card->threads,
             (long long)card->memory_gib << 30, card->boost_mhz * 1000, card->l2_mib << 20,
             card->memory_mhz * 1000, card->title);
}
