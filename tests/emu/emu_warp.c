/* What the lanes of a warp do together, and atomics. */
#include "emu_internal.h"

#include <string.h>

static unsigned lane_of(int thread)
{
    return (unsigned)thread % EMU_WARP;
}

uint64_t emu_warp(struct emu_meeting meeting, uint64_t value)
{
    struct emu_thread *thread = &emu_current.thread[emu_current.current];
    thread->meeting = meeting;
    thread->offered = value;
    thread->file = meeting.file;
    thread->line = meeting.line;
    /* The mask of __syncwarp() names lanes that a small block does not have: they count as ended. */
    if (!(meeting.mask >> lane_of(emu_current.current) & 1)) {
        emu_fault("a shuffle's mask %08x does not name the lane that calls it (%s:%d)", meeting.mask,
                  meeting.file, meeting.line);
        emu_wait(EMU_AT_MEETING);
    }
    emu_wait(EMU_AT_MEETING);
    return thread->received;
}

float emu_warp_float(struct emu_meeting meeting, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (uint32_t)emu_warp(meeting, bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

double emu_warp_double(struct emu_meeting meeting, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = emu_warp(meeting, bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

int emu_warp_int(struct emu_meeting meeting, int value)
{
    return (int)emu_warp(meeting, (uint32_t)value);
}

/* The lanes of i's warp that its meeting names and that have not ended, as a mask; 0: one of them is still under
 * way, or waits elsewhere. */
static unsigned come_together(int i)
{
    const struct emu_thread *mine = &emu_current.thread[i];
    const int first = i - (int)lane_of(i);
    unsigned here = 0;
    for (unsigned lane = 0; lane < EMU_WARP; lane++) {
        const struct emu_thread *other = &emu_current.thread[first + (int)lane];
        if (!(mine->meeting.mask >> lane & 1)) continue;
        if (first + (int)lane >= emu_current.n_threads || other->state == EMU_EXITED) continue;
        if (other->state != EMU_AT_MEETING || other->meeting.mask != mine->meeting.mask) return 0;
        if (other->line != mine->line || strcmp(other->file, mine->file) != 0) return 0;
        here |= 1U << lane;
    }
    return here;
}

static unsigned ballot_of(int first, unsigned here)
{
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < EMU_WARP; lane++)
        if (here >> lane & 1 && emu_current.thread[first + (int)lane].offered) ballot |= 1U << lane;
    return ballot;
}

/* Which lane's value the operation gives to this one; a lane beyond the warp is the lane itself. */
static unsigned source_of(const struct emu_meeting *meeting, unsigned lane)
{
    if (meeting->op == EMU_WARP_FROM) return meeting->lane % EMU_WARP;
    if (meeting->op == EMU_WARP_XOR) return (lane ^ meeting->lane) % EMU_WARP;
    return lane + meeting->lane < EMU_WARP ? lane + meeting->lane : lane;
}

static void hand_out(int first, unsigned lane, unsigned here, unsigned ballot)
{
    struct emu_thread *thread = &emu_current.thread[first + (int)lane];
    thread->state = EMU_READY;
    if (thread->meeting.op == EMU_WARP_SYNC) return;
    if (thread->meeting.op == EMU_WARP_BALLOT) {
        thread->received = ballot;
        return;
    }
    const unsigned source = source_of(&thread->meeting, lane);
    thread->received = UINT64_MAX; /* undefined on a device */
    if (here >> source & 1)
        thread->received = emu_current.thread[first + (int)source].offered;
    else if (emu_watches(EMU_BARRIERS))
        emu_fault("a shuffle reads lane %u, which is not in its mask or has ended (%s:%d)", source,
                  thread->file, thread->line);
}

int emu_hold_meeting(int i)
{
    const int first = i - (int)lane_of(i), left = emu_current.n_threads - first;
    const unsigned all = left < EMU_WARP ? (1U << left) - 1 : ~0U;
    const unsigned here = come_together(i);
    if (!here) return 0;
    const unsigned ballot = ballot_of(first, here);
    for (unsigned lane = 0; lane < EMU_WARP; lane++)
        if (here >> lane & 1) hand_out(first, lane, here, ballot);
    /* Shuffles exchange values but do not order memory (Programming Guide, "Warp Shuffle Functions"). */
    if (here == all && emu_current.thread[i].meeting.op == EMU_WARP_SYNC)
        emu_current.warp_epoch[first / EMU_WARP]++;
    return 1;
}

/* --------------------------------------------------------------------------------------------- atomics */

int emu_atomic_add(int *place, int value)
{
    if (emu_race_atomic) emu_race_atomic(place, __builtin_return_address(0));
    const int old = *place;
    *place = (int)((unsigned)old + (unsigned)value);
    return old;
}

int emu_atomic_max(int *place, int value)
{
    if (emu_race_atomic) emu_race_atomic(place, __builtin_return_address(0));
    const int old = *place;
    if (value > old) *place = value;
    return old;
}
