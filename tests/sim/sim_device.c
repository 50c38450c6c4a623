/* Cards, driver, errors, launches. */
#include "sim/sim_internal.h"

#include "emu/emu.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- cards */

/* What the runtime answered on a machine without a driver: the count stays as it was (design note, measured). */
cudaError_t cudaGetDeviceCount(int *count)
{
    SIM_LOCK();
    if (sim_options.driver < 13000) return cudaErrorInsufficientDriver;
    int n = 0;
    while (sim_visible(n) >= 0) n++;
    if (n == 0) return cudaErrorNoDevice;
    *count = n;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    SIM_LOCK();
    *version = sim_options.driver;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    *version = 13000;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
    SIM_LOCK();
    if (sim_visible(device) < 0) return cudaErrorInvalidDevice;
    if (sim_fails("cudaGetDeviceProperties")) return cudaErrorUnknown;
    memset(properties, 0, sizeof *properties);
    snprintf(properties->name, sizeof properties->name, "simulated card (no GPU)");
    properties->totalGlobalMem = sim_options.memory_bytes;
    properties->major = sim_options.major;
    properties->minor = sim_options.minor;
    properties->multiProcessorCount = 1;
    return cudaSuccess;
}

static _Thread_local int current;

int sim_device(void)
{
    return current;
}

cudaError_t cudaSetDevice(int device)
{
    SIM_LOCK();
    if (sim_visible(device) < 0) return cudaErrorInvalidDevice;
    if (sim_fails("cudaSetDevice")) return cudaErrorDevicesUnavailable;
    current = device;
    return cudaSuccess;
}

/* ------------------------------------------------------------------------------------------------ errors */

static const struct {
    cudaError_t error;
    const char *name, *words;
} errors[] = {
    { cudaSuccess, "cudaSuccess", "no error" },
    { cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument" },
    { cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory" },
    { cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument" },
    { cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid copy direction" },
    { cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver", "the driver is too old" },
    { cudaErrorDevicesUnavailable, "cudaErrorDevicesUnavailable", "the card is busy or unavailable" },
    { cudaErrorInvalidDeviceFunction, "cudaErrorInvalidDeviceFunction", "invalid device function" },
    { cudaErrorNoDevice, "cudaErrorNoDevice", "no card" },
    { cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal" },
    { cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle" },
    { cudaErrorNotReady, "cudaErrorNotReady", "not ready" },
    { cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure" },
};
enum { N_ERRORS = sizeof errors / sizeof *errors };

const char *cudaGetErrorName(cudaError_t error)
{
    for (int i = 0; i < N_ERRORS; i++)
        if (errors[i].error == error) return errors[i].name;
    return "cudaErrorUnknown";
}

const char *cudaGetErrorString(cudaError_t error)
{
    for (int i = 0; i < N_ERRORS; i++)
        if (errors[i].error == error) return errors[i].words;
    return "unknown error";
}

/* Calls answer for themselves; only a lost card stays an error. */
cudaError_t cudaPeekAtLastError(void)
{
    SIM_LOCK();
    return sim_is_lost() ? cudaErrorLaunchFailure : cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
    return cudaPeekAtLastError();
}

/* ---------------------------------------------------------------------------------------------- launches */

enum { MOST_ARGUMENTS = 4096, MOST_SHARED = 48 * 1024 };

struct launch {
    const struct emu_kernel *kernel;
    struct kernel_shape shape;
    _Alignas(16) char arguments[MOST_ARGUMENTS];
};

static void run_launch(void *payload)
{
    const struct launch *launch = payload;
    sim_check_words(launch->arguments, launch->kernel->args_bytes, launch->kernel->name);
    const char *reason = emu_launch(launch->kernel, launch->arguments, launch->shape);
    if (reason) sim_fault("kernel %s: %s", launch->kernel->name, reason);
}

/* Limits of compute capability 7.5 to 12.1 (CUDA C++ Programming Guide, "Compute Capabilities"). */
static int is_launchable(const struct kernel_shape *shape)
{
    const unsigned *grid = shape->grid, *block = shape->block;
    if (!grid[0] || !grid[1] || !grid[2] || !block[0] || !block[1] || !block[2]) return 0;
    if (grid[0] > 0x7fffffff || grid[1] > 65535 || grid[2] > 65535) return 0;
    if (block[0] > 1024 || block[1] > 1024 || block[2] > 64) return 0;
    return (uint64_t)block[0] * block[1] * block[2] <= 1024 && shape->shared <= MOST_SHARED;
}

cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments, size_t shared,
                             cudaStream_t stream)
{
    SIM_LOCK();
    struct launch launch = { .kernel = emu_find(kernel),
                             .shape = { { grid.x, grid.y, grid.z }, { block.x, block.y, block.z }, shared } };
    if (!sim_is_stream(stream) || sim_is_elsewhere(stream)) return cudaErrorInvalidResourceHandle;
    if (!launch.kernel) return cudaErrorInvalidDeviceFunction;
    if (sim_fails("cudaLaunchKernel")) return cudaErrorLaunchFailure;
    const size_t bytes = launch.kernel->args_bytes;
    if (!is_launchable(&launch.shape) || bytes > MOST_ARGUMENTS) return cudaErrorInvalidConfiguration;
    memcpy(launch.arguments, arguments[0], bytes);
    sim_counts.launches++;
    sim_enqueue(stream, launch.kernel->name, run_launch, &launch, offsetof(struct launch, arguments) + bytes);
    return cudaSuccess;
}
