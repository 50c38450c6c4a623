#include "cuda/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* CUDA 13 begins with driver 580 (CUDA Toolkit release notes, table of minimum driver versions) and with Turing,
 * compute capability 7.5: nvcc 13 refuses older architectures, cuDNN 9.19 has no engines for them. */
#define NEEDED "CUDA 13.0 (driver 580 or newer)"
enum { NEEDED_MAJOR = 7, NEEDED_MINOR = 5 };

enum status device_check(cudaError_t error, const char *what)
{
    if (error == cudaSuccess) return OK;
    return fail(ERR_DEVICE, "%s: CUDA says %s (%s)", what, cudaGetErrorString(error),
                cudaGetErrorName(error));
}

/* The kernel module's release, "580.65.06", as /proc tells it; empty where it does not. */
static void read_release(char *release, size_t size)
{
    char line[256] = "";
    release[0] = 0;
    FILE *file = fopen("/proc/driver/nvidia/version", "r");
    if (!file) return;
    const char *at = fgets(line, sizeof line, file) ? strstr(line, "Module  ") : NULL;
    if (at) snprintf(release, size, "%.*s", (int)strcspn(at + 8, " \n"), at + 8);
    fclose(file);
}

static void describe_driver(char *text, size_t size)
{
    char release[32];
    int version = 0;
    if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0) {
        snprintf(text, size, "none");
        return;
    }
    read_release(release, sizeof release);
    snprintf(text, size, "CUDA %d.%d%s%s%s", version / 1000, version % 1000 / 10,
             release[0] ? " (driver " : "", release, release[0] ? ")" : "");
}

static enum status explain_driver(cudaError_t error, const char *found)
{
    const int none = strcmp(found, "none") == 0;
    if (error == cudaErrorInsufficientDriver && !none)
        return fail(ERR_DEVICE, "the NVIDIA driver is too old: it offers %s, needed is %s", found, NEEDED);
    if (error == cudaErrorInsufficientDriver)
        return fail(ERR_DEVICE, "no NVIDIA driver is installed; needed is %s", NEEDED);
    if (error == cudaErrorStubLibrary)
        return fail(ERR_DEVICE, "the libcuda.so.1 that the loader finds is the toolkit's stub, not a driver");
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    if (error == cudaErrorNoDevice && visible)
        return fail(ERR_DEVICE, "the NVIDIA driver shows no card (CUDA_VISIBLE_DEVICES is \"%s\")", visible);
    if (error == cudaErrorNoDevice) return fail(ERR_DEVICE, "the NVIDIA driver finds no card");
    return device_check(error, "looking for cards");
}

static void describe_card(struct card *card, int number)
{
    struct cudaDeviceProp properties;
    *card = (struct card){ .name = "unknown" };
    const cudaError_t error = cudaGetDeviceProperties(&properties, number);
    if (error != cudaSuccess) {
        snprintf(card->reason, sizeof card->reason, "CUDA says %s", cudaGetErrorString(error));
        return;
    }
    snprintf(card->name, sizeof card->name, "%.*s", (int)sizeof card->name - 1, properties.name);
    card->memory_bytes = properties.totalGlobalMem;
    card->major = properties.major;
    card->minor = properties.minor;
    if (card->major * 10 + card->minor < NEEDED_MAJOR * 10 + NEEDED_MINOR)
        snprintf(card->reason, sizeof card->reason,
                 "it is older than Turing: compute capability %d.%d, at least %d.%d needed", card->major,
                 card->minor, NEEDED_MAJOR, NEEDED_MINOR);
}

enum status device_list(struct card_list *list)
{
    *list = (struct card_list){ .driver_needed = NEEDED };
    describe_driver(list->driver_found, sizeof list->driver_found);
    int n = 0; /* cudaGetDeviceCount leaves it untouched where there is no driver */
    cudaError_t error = cudaGetDeviceCount(&n);
    if (error == cudaSuccess && n == 0) error = cudaErrorNoDevice;
    if (error != cudaSuccess) return explain_driver(error, list->driver_found);
    const int room = sizeof list->card / sizeof *list->card;
    list->n = n < room ? n : room;
    for (int i = 0; i < list->n; i++) describe_card(&list->card[i], i);
    return OK;
}

enum status device_use(int number, struct card *card)
{
    struct card_list list;
    TRY(device_list(&list));
    REQUIRE(number >= 0 && number < list.n, ERR_DEVICE, "--device %d: %d card%s found, counted from 0",
            number, list.n, list.n == 1 ? "" : "s");
    *card = list.card[number];
    REQUIRE(!card->reason[0], ERR_DEVICE, "card %d (%s) cannot be used: %s", number, card->name,
            card->reason);
    return device_select(number);
}

enum status device_select(int number)
{
    return device_check(cudaSetDevice(number), "taking the card");
}

enum status device_launch_kernel(const void *kernel, struct kernel_shape shape, const void *args,
                                 cudaStream_t stream, const char *name)
{
    const dim3 grid = { shape.grid[0], shape.grid[1], shape.grid[2] };
    const dim3 block = { shape.block[0], shape.block[1], shape.block[2] };
    void *arguments[] = { (void *)(uintptr_t)args };
    return device_check(cudaLaunchKernel(kernel, grid, block, arguments, shape.shared, stream), name);
}
