#include "eval/synth_machines.h"

#include "eval/synth_sound.h"

/* A pause before an event, in samples; 0: now; below: none is coming. */
struct countdown {
    int left;
};

static int is_due(struct countdown *countdown)
{
    if (countdown->left < 0) return 0;
    return countdown->left-- == 0;
}

/* ------------------------------------------------------------------------------------------------- fan */

enum { FAN_BLADES = 7, FAN_HARMONICS = 10 };

/* The blades' tone: harmonics of the rate at which they pass, weaker the higher. */
static double fan_tone(uint32_t shaft)
{
    double tone = 0.0;
    for (int k = 1; k <= FAN_HARMONICS; k++)
        tone += sound_sine(shaft * (uint32_t)(FAN_BLADES * k)) / (1.0 + 0.6 * k);
    return tone;
}

/* Fault: a blade is heavier than the others, and all swings with the shaft. */
static void add_fan(struct rng *rng, double fault, double *sound, int n)
{
    const double speed_hz = sound_between(rng, 12.9, 13.3), air_level = sound_between(rng, 0.9, 1.1);
    const double depth = fault * sound_between(rng, 0.7, 1.3);
    struct resonance duct = resonance_at(sound_between(rng, 820.0, 880.0), 0.96);
    uint32_t shaft = (uint32_t)rng_bits(rng);
    double wobble = 0.0, gust = 0.0, air = 0.0;
    for (int i = 0; i < n; i++) {
        const double white = sound_noise(rng);
        follow(&wobble, white, 0.001);
        follow(&gust, white, 0.002);
        follow(&air, white, 0.3);
        shaft += sound_step(speed_hz * (1.0 + 0.02 * wobble));
        const double swing = 1.0 + depth * sound_sine(shaft);
        const double stream =
            air_level * (0.5 * air + 0.12 * resonance_next(&duct, white)) * (1.0 + 3.0 * gust);
        sound[i] += swing * (0.25 * fan_tone(shaft) + stream) + 0.3 * depth * sound_sine(shaft);
    }
}

/* ------------------------------------------------------------------------------------------------ pump */

/* Fault: a seal leaks, and hisses while there is pressure. */
static void add_pump(struct rng *rng, double fault, double *sound, int n)
{
    const double rate_hz = sound_between(rng, 2.9, 3.1);
    const double hum_level = sound_between(rng, 0.9, 1.1);
    const uint32_t hum_step = sound_step(sound_between(rng, 99.0, 101.0));
    struct resonance body = resonance_at(sound_between(rng, 172.0, 180.0), 0.997);
    struct resonance pipe = resonance_at(sound_between(rng, 520.0, 540.0), 0.985);
    uint32_t stroke = (uint32_t)rng_bits(rng), hum = (uint32_t)rng_bits(rng);
    double flow = 0.0, low = 0.0, push = 1.0, leak = 0.0;
    for (int i = 0; i < n; i++) {
        const double white = sound_noise(rng);
        const uint32_t before = stroke;
        stroke += sound_step(rate_hz);
        const int begins = stroke < before;
        if (begins) {
            push = sound_between(rng, 0.85, 1.15);
            leak = rng_uniform(rng) < 0.6 ? fault * sound_between(rng, 0.6, 1.4) : 0.0;
        }
        const double lift = sound_sine(stroke), pressure = lift > 0.0 ? push * lift * lift : 0.0;
        const double knock = (begins ? 3.0 * push : 0.0) + 0.05 * white * pressure;
        follow(&flow, white, 0.25);
        follow(&low, white, 0.6);
        hum += hum_step;
        sound[i] += hum_level * (0.25 * sound_sine(hum) + 0.12 * sound_sine(3 * hum)) +
                    0.7 * flow * pressure + resonance_next(&body, knock) +
                    0.6 * resonance_next(&pipe, knock) + leak * pressure * pressure * (white - low);
    }
}

/* ---------------------------------------------------------------------------------------------- slider */

/* How fast the slide goes at a place in its cycle (0 … 1), in parts of its top speed: there, wait, back,
 * wait. */
static double slide_speed(double place)
{
    const double half = place < 0.5 ? place : place - 0.5;
    if (half < 0.08) return half / 0.08;
    if (half < 0.32) return 1.0;
    return half < 0.40 ? (0.40 - half) / 0.08 : 0.0;
}

/* Fault: on its way there the slide rubs at one place of the rail. */
static void add_slider(struct rng *rng, double fault, double *sound, int n)
{
    const double rate_hz = sound_between(rng, 0.57, 0.60), roll_level = sound_between(rng, 0.9, 1.1);
    const uint32_t slip_step = sound_step(47.0);
    struct resonance rail = resonance_at(sound_between(rng, 600.0, 640.0), 0.95);
    struct resonance balls = resonance_at(sound_between(rng, 1850.0, 1950.0), 0.90);
    struct resonance rub = resonance_at(sound_between(rng, 2600.0, 2800.0), 0.93);
    struct resonance stop = resonance_at(sound_between(rng, 1150.0, 1250.0), 0.992);
    uint32_t cycle = (uint32_t)rng_bits(rng), motor = 0, slip = (uint32_t)rng_bits(rng);
    double last_speed = 0.0, friction = fault;
    for (int i = 0; i < n; i++) {
        const uint32_t before = cycle;
        cycle += sound_step(rate_hz);
        if (cycle < before) friction = fault * sound_between(rng, 0.5, 1.5);
        const double white = sound_noise(rng), place = (double)cycle * 0x1p-32, speed = slide_speed(place);
        const int stops = last_speed > 0.0 && speed <= 0.0, rubs = place > 0.12 && place < 0.24;
        last_speed = speed;
        motor += sound_step(340.0 * speed);
        slip += slip_step;
        const double scratch = rubs ? friction * white * (1.0 + 0.8 * sound_sine(slip)) : 0.0;
        sound[i] += roll_level * speed *
                        (0.35 * resonance_next(&rail, white) + 0.3 * resonance_next(&balls, white) +
                         0.12 * sound_sine(motor) + 0.06 * sound_sine(3 * motor)) +
                    resonance_next(&rub, scratch) + resonance_next(&stop, stops ? 1.2 : 0.0);
    }
}

/* ----------------------------------------------------------------------------------------------- valve */

struct valve {
    struct countdown opening, second;
    double second_strength, air;
};

/* The strength of a click that comes now, 0 for none. Fault: the valve sticks: it opens half, hisses, and the
 * rest follows late. */
static double valve_click(struct valve *valve, struct rng *rng, double fault)
{
    if (is_due(&valve->second)) return valve->second_strength;
    if (!is_due(&valve->opening)) return 0.0;
    const double strength = sound_between(rng, 0.85, 1.15);
    valve->opening.left = sound_samples(sound_between(rng, 0.45, 0.70));
    if (fault <= 0.0 || rng_uniform(rng) > 0.9) return strength;
    const double held = fault * sound_between(rng, 0.7, 1.3);
    valve->second.left = sound_samples(sound_between(rng, 0.12, 0.22));
    valve->second_strength = held * strength;
    return (1.0 - 0.5 * held) * strength;
}

static void add_valve(struct rng *rng, double fault, double *sound, int n)
{
    struct resonance seat = resonance_at(sound_between(rng, 930.0, 970.0), 0.990);
    struct resonance stem = resonance_at(sound_between(rng, 2350.0, 2450.0), 0.985);
    struct resonance cap = resonance_at(sound_between(rng, 4600.0, 4800.0), 0.97);
    struct valve valve = { .opening = { sound_samples(sound_between(rng, 0.0, 0.4)) }, .second = { -1 } };
    double low = 0.0;
    for (int i = 0; i < n; i++) {
        const double white = sound_noise(rng), click = valve_click(&valve, rng, fault);
        follow(&low, white, 0.5);
        if (click > 0.0) valve.air = click;
        if (valve.second.left <= 0) valve.air *= 0.9988; /* falls to 1/e in 52 ms, unless it hangs */
        sound[i] += 1.2 * resonance_next(&seat, click) + resonance_next(&stem, click) +
                    0.8 * resonance_next(&cap, click) + 0.25 * valve.air * (white - low);
    }
}

/* ------------------------------------------------------------------------------------------------ hall */

void synth_add_factory(struct rng *rng, double level, double *sound, int n)
{
    const double loudness = level * sound_between(rng, 0.85, 1.15),
                 hum_level = sound_between(rng, 0.03, 0.09);
    const uint32_t hum_step = sound_step(50.0);
    struct resonance floor_boom = resonance_at(sound_between(rng, 70.0, 110.0), 0.998);
    struct countdown thump = { sound_samples(sound_between(rng, 0.0, 8.0)) };
    uint32_t hum = (uint32_t)rng_bits(rng);
    double rumble = 0.0, air = 0.0, drift = 0.0;
    for (int i = 0; i < n; i++) {
        const double white = sound_noise(rng);
        const int thumps = is_due(&thump);
        if (thumps) thump.left = sound_samples(sound_between(rng, 3.0, 12.0));
        follow(&rumble, white, 0.03);
        follow(&air, white, 0.3);
        follow(&drift, white, 0.0003);
        hum += hum_step;
        sound[i] += loudness * ((1.5 * rumble + 0.25 * air + 0.06 * white) * (1.0 + 8.0 * drift) +
                                hum_level * sound_sine(hum) +
                                resonance_next(&floor_boom, thumps ? sound_between(rng, 0.2, 0.8) : 0.0));
    }
}

const struct synth_machine synth_machines[SYNTH_MACHINES] = {
    { "fan", add_fan, 0.28 },
    { "pump", add_pump, 0.47 },
    { "slider", add_slider, 0.15 },
    { "valve", add_valve, 1.45 },
};
