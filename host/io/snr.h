/* The signal-to-noise ratio that the name of a folder tells, in every spelling of MIMII's that is around:
 * -6dB, -6_dB_fan, fan_minus6dB, min6dB, slider_0dB, 0_dB_pump, 6dB … */
#ifndef SNR_H
#define SNR_H

/* "-6dB", "0dB", "6dB", or NULL: the name tells none. A hyphen right before the number is a minus. */
const char *snr_of(const char *name);

/* "fan", "pump", "slider" or "valve" where it is one of the words of `name` (in any case), or NULL. */
const char *snr_machine_of(const char *name);

#endif
