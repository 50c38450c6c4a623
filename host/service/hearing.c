#include "service/hearing.h"

#include "core/clock.h"
#include "core/memory.h"

#include <string.h>

struct extractor *hearing_extractor(const struct hearing *hearing)
{
    return hearing->asking->item->extractor;
}

int hearing_is_picture(const struct hearing *hearing)
{
    return hearing->asking->ask->wants == ASK_SPECTROGRAM;
}

static const struct sound *sound_of(const struct hearing *hearing)
{
    return &hearing->asking->ask->sounds[hearing->number];
}

static const char *name_of(const struct sound *sound)
{
    return sound->name ? sound->name : "the sound";
}

size_t hearing_bytes(const struct hearing *hearing)
{
    size_t bytes = 0;
    for (size_t r = 0; r < hearing->decoded.n_rows; r++) bytes += hearing->decoded.rows[r].samples.capacity;
    return bytes;
}

enum status hearing_check(const struct hearing *hearing)
{
    const struct ask *ask = hearing->asking->ask;
    const char *name = name_of(sound_of(hearing));
    REQUIRE(ask->deadline <= 0 || clock_seconds() < ask->deadline, ERR_TIMEOUT,
            "%s: the time for it was over before it was computed", name);
    REQUIRE(!ask->is_wanted || ask->is_wanted(ask->context), ERR_TIMEOUT,
            "%s: nobody waits for the answer any more", name);
    return OK;
}

/* -------------------------------------------------------------------------------------------- decoding */

static enum status check_seconds(const char *name, double n_samples, int sample_rate, double most_seconds)
{
    REQUIRE(sample_rate > 0, ERR_INPUT, "%s: a sample rate of %d Hz was found", name, sample_rate);
    const double seconds = n_samples / sample_rate;
    REQUIRE(most_seconds <= 0 || seconds <= most_seconds, ERR_INPUT,
            "%s: %.1f s found, at most %g s are taken", name, seconds, most_seconds);
    return OK;
}

static enum status read_file(struct hearing *hearing, struct wav *wav, double most_seconds)
{
    const char *name = name_of(sound_of(hearing));
    const struct wav_info *info = wav_info(wav);
    TRY(check_seconds(name, (double)info->n_samples, info->sample_rate, most_seconds));
    return batch_add_wav(&hearing->decoded, &hearing_extractor(hearing)->setup, hearing->number, wav, name,
                         1);
}

static enum status decode_file(struct hearing *hearing, struct decode_pool *helpers, double most_seconds)
{
    const struct sound *sound = sound_of(hearing);
    struct wav *wav = NULL;
    TRY(wav_open_bytes(&wav, sound->bytes, sound->size, name_of(sound), helpers));
    const enum status status = read_file(hearing, wav, most_seconds);
    wav_close(&wav);
    return status;
}

/* The asker's samples are copied from where they are and not written to. */
static enum status copy_samples(struct hearing *hearing, double most_seconds)
{
    const struct sound *sound = sound_of(hearing);
    const int is_pcm = sound->form == SOUND_INT16;
    const size_t n = sound->size / (is_pcm ? sizeof(int16_t) : sizeof(float));
    const struct samples samples = { .format = is_pcm ? SAMPLE_INT16 : SAMPLE_FLOAT,
                                     .buffer = (void *)(uintptr_t)sound->bytes,
                                     .n_samples = (long long)n,
                                     .sample_rate = sound->sample_rate };
    TRY(check_seconds(name_of(sound), (double)n, sound->sample_rate, most_seconds));
    return batch_add_samples(&hearing->decoded, &hearing_extractor(hearing)->setup, hearing->number, &samples,
                             name_of(sound));
}

/* What a header promised may have been exceeded; resampling may have added a sample. */
static enum status check_row(const struct batch_row *row, double most_seconds)
{
    const double slack = 0.01, n = (double)row->samples.n_samples;
    REQUIRE(!row->error[0], ERR_INPUT, "%s", row->error);
    if (most_seconds <= 0 || n <= (most_seconds + slack) * row->samples.sample_rate) return OK;
    return check_seconds(row->name, n, row->samples.sample_rate, most_seconds);
}

enum status hearing_decode(struct hearing *hearing, struct decode_pool *helpers, double most_seconds)
{
    struct batch *decoded = &hearing->decoded;
    batch_begin(decoded);
    TRY(sound_of(hearing)->form == SOUND_FILE ? decode_file(hearing, helpers, most_seconds)
                                              : copy_samples(hearing, most_seconds));
    batch_cut(decoded, &hearing_extractor(hearing)->setup);
    for (size_t r = 0; r < decoded->n_rows; r++) TRY(check_row(&decoded->rows[r], most_seconds));
    return OK;
}

/* --------------------------------------------------------------------------------------------- telling */

static void tell_of_sound(const struct hearing *hearing, struct heard *heard)
{
    const struct batch *decoded = &hearing->decoded;
    const struct batch_row *first = &decoded->rows[0];
    heard->seconds = (double)first->n_samples / first->sample_rate;
    heard->sample_rate = first->sample_rate;
    heard->n_patches = (int)decoded->n_patches;
    heard->level = first->level;
    for (size_t r = 1; r < decoded->n_rows; r++)
        if (decoded->rows[r].level.rms_dbfs > heard->level.rms_dbfs) heard->level = decoded->rows[r].level;
}

static enum status copy_features(const struct batch *batch, const struct hearing_place *place, int columns,
                                 struct heard *heard)
{
    const size_t n = (size_t)heard->n_patches * (size_t)columns;
    TRY(memory_check(heard->features = memory_new_unset(n, sizeof *heard->features)));
    memcpy(heard->features, batch->features + place->patch * (size_t)columns, n * sizeof *heard->features);
    return OK;
}

/* Of the first channel, where there are several. */
static enum status copy_decibel(const struct hearing *hearing, const struct batch *batch,
                                const struct hearing_place *place, struct heard *heard)
{
    const struct setup *setup = &hearing_extractor(hearing)->setup;
    const struct batch_row *row = &batch->rows[place->row];
    heard->n_mels = setup->settings.n_mels;
    heard->n_frames = (int)row->n_frames;
    TRY(memory_check(heard->decibel = memory_new_unset((size_t)heard->n_mels * (size_t)heard->n_frames,
                                                       sizeof *heard->decibel)));
    batch_row_decibel(batch, setup, row, place->frame, heard->decibel);
    return OK;
}

enum status hearing_tell(const struct hearing *hearing, const struct batch *batch,
                         struct hearing_place *place)
{
    const struct ask *ask = hearing->asking->ask;
    const struct batch *decoded = &hearing->decoded;
    struct heard *heard = &ask->heard[hearing->number];
    const size_t n = decoded->n_patches;
    const struct hearing_place begin = *place;
    place->row += decoded->n_rows;
    place->patch += n;
    place->frame += decoded->n_frames;
    tell_of_sound(hearing, heard);
    TRY(memory_check(heard->start_s = memory_new(n, sizeof *heard->start_s)));
    memcpy(heard->start_s, batch->start_s + begin.patch, n * sizeof *heard->start_s);
    if (ask->wants & ASK_SPECTROGRAM) TRY(copy_decibel(hearing, batch, &begin, heard));
    if (ask->wants & ASK_FEATURES)
        TRY(copy_features(batch, &begin, hearing_extractor(hearing)->setup.columns, heard));
    return OK;
}

/* ------------------------------------------------------------------------------------------ the buffers */

enum { KEPT_BYTES = 4 << 20 };

void hearing_shrink(struct hearing *hearing)
{
    if (hearing_bytes(hearing) > KEPT_BYTES) batch_release(&hearing->decoded);
}

void hearing_free(struct hearing **hearing)
{
    if (!*hearing) return;
    batch_release(&(*hearing)->decoded);
    memory_free(*hearing);
    *hearing = NULL;
}
