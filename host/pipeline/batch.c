#include "pipeline/batch.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* --------------------------------------------------------------------------------------------- reading */

static enum status add_row(struct batch *batch, int recording, const char *name, int channel,
                           struct batch_row **out)
{
    TRY(memory_grow((void **)&batch->rows, &batch->capacity, batch->n_rows, sizeof *batch->rows));
    struct batch_row *row = &batch->rows[batch->n_rows++];
    const struct samples kept = row->samples;
    *row = (struct batch_row){ .recording = recording, .name = name, .channel = channel, .samples = kept };
    row->level = (struct level){ .rms_dbfs = (double)NAN, .peak = (double)NAN, .dc = (double)NAN };
    *out = row;
    return OK;
}

static void reject(struct batch_row *row)
{
    snprintf(row->error, sizeof row->error, "%s", status_sentence());
    row->n_patches = 0;
}

static enum status convert_rate(struct batch_row *row, const struct extract_settings *settings, int resamples)
{
    if (row->sample_rate == settings->sample_rate) return OK;
    REQUIRE(resamples, ERR_INPUT,
            "%s: %d Hz found, %d Hz expected; --resample converts, --sample-rate expects another", row->name,
            row->sample_rate, settings->sample_rate);
    const enum status status = samples_resample(&row->samples, settings->sample_rate);
    return status == OK ? OK : fail_within(status, "%s", row->name);
}

/* Patches of all segments; the last one counts only if a patch fits into it. */
static void count_patches(struct batch_row *row, const struct setup *setup)
{
    const int full = (int)(row->samples.n_samples / setup->segment_samples);
    const int left = (int)(row->samples.n_samples % setup->segment_samples);
    const int of_left = setup_patches(setup, left);
    row->n_patches = full * setup->spec.max_patches + of_left;
    row->n_frames = (long long)full * setup_frames(setup, setup->segment_samples);
    if (of_left > 0) row->n_frames += setup_frames(setup, left);
}

enum { MOST_SEGMENTS = 100000 };

static enum status check_length(const struct setup *setup, const struct batch_row *row)
{
    const long long found = row->samples.n_samples;
    const struct extract_settings *s = &setup->settings;
    const long long needed = (long long)(s->patch - 1) * s->hop_length;
    REQUIRE(found >= needed, ERR_INPUT,
            "%s: %.3f s found, at least %.3f s expected: one patch of %d frames, one every %d samples",
            row->name, (double)found / s->sample_rate, (double)needed / s->sample_rate, s->patch,
            s->hop_length);
    REQUIRE(found / setup->segment_samples < MOST_SEGMENTS, ERR_INPUT,
            "%s: %.0f s found, at most %d segments of %g s expected", row->name,
            (double)found / s->sample_rate, MOST_SEGMENTS, s->segment);
    return OK;
}

static enum status read_channel(struct batch_row *row, struct wav *wav, const struct setup *setup,
                                int resamples)
{
    TRY(wav_read(wav, row->channel, &row->samples));
    row->level = samples_level(&row->samples);
    memcpy(row->hash, row->samples.hash, sizeof row->hash);
    return convert_rate(row, &setup->settings, resamples);
}

/* A recording that cannot be used is its row's misfortune, anything else the batch's. */
static enum status settle(struct batch_row *row, enum status status)
{
    if (status == ERR_MEMORY || status == ERR_POISON) return status;
    if (status != OK) reject(row);
    return OK;
}

/* Who reads, and under which name. */
struct reading {
    const struct setup *setup;
    int recording;
    const char *name;
    int resamples;
};

static enum status read_row(struct batch *batch, const struct reading *reading, struct wav *wav, int channel)
{
    const struct wav_info *info = wav_info(wav);
    struct batch_row *row;
    TRY(add_row(batch, reading->recording, reading->name, channel, &row));
    row->sample_rate = info->sample_rate;
    row->n_samples = info->n_samples;
    return settle(row, read_channel(row, wav, reading->setup, reading->resamples));
}

static enum status read_rows(struct batch *batch, const struct reading *reading, struct wav *wav)
{
    int channel = 0;
    TRY(extract_settings_channel(&reading->setup->settings, &channel));
    if (channel != CHANNEL_ALL) return read_row(batch, reading, wav, channel);
    for (int c = 0; c < wav_info(wav)->channels; c++) TRY(read_row(batch, reading, wav, c));
    return OK;
}

static double file_bytes(const char *file)
{
    struct stat there;
    return stat(file, &there) == 0 ? (double)there.st_size : 0;
}

static enum status reject_recording(struct batch *batch, const struct setup *setup, int recording,
                                    const char *file)
{
    struct batch_row *row;
    int channel = 0;
    TRY(extract_settings_channel(&setup->settings, &channel));
    TRY(add_row(batch, recording, file, channel == CHANNEL_ALL ? 0 : channel, &row));
    reject(row);
    return OK;
}

static enum status read_file(struct batch *batch, const struct setup *setup, int recording, const char *file,
                             struct quarantine *quarantine)
{
    struct wav *wav = NULL;
    enum status status = wav_open_apart(&wav, file, quarantine ? quarantine_helpers(quarantine) : NULL);
    if (status == OK) {
        const struct reading reading = { setup, recording, file, setup->settings.resample };
        status = read_rows(batch, &reading, wav);
        wav_close(&wav);
        if (status == OK) batch->bytes += file_bytes(file);
        return status;
    }
    return status == ERR_INPUT ? reject_recording(batch, setup, recording, file) : status;
}

/* Again and again while it ends its helper, until it is in quarantine. */
static enum status read_recording(struct batch *batch, const struct setup *setup,
                                  const struct dataset *dataset, int recording, struct quarantine *quarantine)
{
    const char *file = dataset->recordings[recording].file;
    const size_t n_rows = batch->n_rows;
    enum status status;
    do {
        batch->n_rows = n_rows;
        if (quarantine && (status = quarantine_admit(quarantine, recording, file)) != OK)
            return status == ERR_INPUT ? reject_recording(batch, setup, recording, file) : status;
        status = read_file(batch, setup, recording, file, quarantine);
        if (status == ERR_POISON) TRY(quarantine_note(quarantine, recording, file, status_sentence()));
    } while (status == ERR_POISON);
    return status;
}

void batch_begin(struct batch *batch)
{
    batch->first = batch->count = 0;
    batch->n_rows = batch->n_patches = batch->n_frames = 0;
    batch->audio_s = batch->bytes = 0;
}

enum status batch_decode(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                         int first, int count, struct quarantine *quarantine)
{
    batch_begin(batch);
    batch->first = first;
    batch->count = count;
    for (int i = 0; i < count; i++) TRY(read_recording(batch, setup, dataset, first + i, quarantine));
    return OK;
}

/* Counts what is there of a row that can be used. */
static void count_row(struct batch *batch, const struct batch_row *row)
{
    if (row->error[0]) return;
    batch->n_patches += (size_t)row->n_patches;
    batch->n_frames += (size_t)row->n_frames;
    batch->audio_s += (double)row->n_samples / row->sample_rate;
}

void batch_cut(struct batch *batch, const struct setup *setup)
{
    batch->n_patches = batch->n_frames = 0;
    batch->audio_s = 0;
    for (size_t r = 0; r < batch->n_rows; r++) {
        struct batch_row *row = &batch->rows[r];
        if (row->error[0]) continue;
        if (check_length(setup, row) != OK)
            reject(row);
        else
            count_patches(row, setup);
        count_row(batch, row);
    }
}

static enum status copy_rows(struct batch *batch, const struct batch *from)
{
    batch->is_borrowed = 1;
    for (size_t r = 0; r < from->n_rows; r++) {
        TRY(memory_grow((void **)&batch->rows, &batch->capacity, batch->n_rows, sizeof *batch->rows));
        batch->rows[batch->n_rows++] = from->rows[r];
    }
    return OK;
}

enum status batch_borrow(struct batch *batch, const struct batch *decoded, const struct setup *setup)
{
    batch->first = decoded->first;
    batch->count = decoded->count;
    batch->bytes = decoded->bytes;
    batch->n_rows = 0;
    TRY(copy_rows(batch, decoded));
    batch_cut(batch, setup);
    return OK;
}

enum status batch_append(struct batch *batch, const struct batch *decoded)
{
    TRY(copy_rows(batch, decoded));
    for (size_t r = 0; r < decoded->n_rows; r++) count_row(batch, &decoded->rows[r]);
    return OK;
}

enum status batch_add_wav(struct batch *batch, const struct setup *setup, int recording, struct wav *wav,
                          const char *name, int resamples)
{
    const struct reading reading = { setup, recording, name, resamples };
    return read_rows(batch, &reading, wav);
}

static enum status copy_samples(struct batch_row *row, const struct samples *given, const struct setup *setup)
{
    const size_t size = given->format == SAMPLE_INT16 ? sizeof(int16_t) : sizeof(float);
    const size_t bytes = (size_t)given->n_samples * size;
    struct samples *own = &row->samples;
    TRY(samples_reserve(own, bytes));
    if (bytes > 0) memcpy(own->buffer, given->buffer, bytes);
    own->format = given->format;
    own->n_samples = given->n_samples;
    own->sample_rate = given->sample_rate;
    row->level = samples_level(own);
    REQUIRE(isfinite(row->level.dc) && isfinite(row->level.peak), ERR_INPUT,
            "%s: a sample is NaN or infinite; samples must be finite", row->name);
    return convert_rate(row, &setup->settings, 1);
}

enum status batch_add_samples(struct batch *batch, const struct setup *setup, int recording,
                              const struct samples *samples, const char *name)
{
    struct batch_row *row;
    int channel = 0;
    TRY(extract_settings_channel(&setup->settings, &channel));
    TRY(add_row(batch, recording, name, channel < 0 ? 0 : channel, &row));
    row->sample_rate = samples->sample_rate;
    row->n_samples = samples->n_samples;
    if (channel > 0)
        return settle(row,
                      fail(ERR_INPUT, "%s: channel %d was asked for, the recording has 1 (counted from 0)",
                           name, channel));
    return settle(row, copy_samples(row, samples, setup));
}

enum status batch_read(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                       int first, int count, struct quarantine *quarantine)
{
    TRY(batch_decode(batch, setup, dataset, first, count, quarantine));
    batch_cut(batch, setup);
    return OK;
}

/* --------------------------------------------------------------------------------------------- writing */

/* Copies of a recording's texts, owned by the row of the table. */
static enum status copy_recording(const struct recording *from, struct recording *to)
{
    const char *const texts[] = { from->path,    from->root,   from->machine, from->id,    from->snr,
                                  from->section, from->domain, from->split,   from->label, from->attributes };
    char **const copies[] = { &to->path,    &to->root,   &to->machine, &to->id,    &to->snr,
                              &to->section, &to->domain, &to->split,   &to->label, &to->attributes };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(memory_check(*copies[i] = memory_text(texts[i] ? texts[i] : "")));
    return OK;
}

static enum status fill_table_row(const struct batch_row *row, const struct dataset *dataset,
                                  struct feature_recording *out)
{
    *out = (struct feature_recording){
        .channel = row->channel,
        .sample_rate = row->sample_rate,
        .samples = row->n_samples,
        .level = row->level,
        .status = row->error[0] ? RECORDING_FAILED : RECORDING_OK,
    };
    TRY(copy_recording(&dataset->recordings[row->recording], &out->of));
    TRY(memory_check(out->error = memory_text(row->error)));
    return memory_check(out->hash = memory_text(row->hash));
}

enum status batch_write(const struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                        struct part *part)
{
    size_t done = 0;
    for (size_t r = 0; r < batch->n_rows; r++) {
        const struct batch_row *row = &batch->rows[r];
        struct feature_recording table_row;
        enum status status = fill_table_row(row, dataset, &table_row);
        if (status == OK)
            status = part_append(part, &table_row, row->n_patches,
                                 batch->features + done * (size_t)setup->columns, batch->start_s + done);
        feature_recording_release(&table_row);
        if (status != OK) return status;
        done += (size_t)row->n_patches;
    }
    return OK;
}

void batch_release(struct batch *batch)
{
    for (size_t r = 0; r < batch->capacity && !batch->is_borrowed; r++)
        samples_release(&batch->rows[r].samples);
    memory_free(batch->rows);
    memory_free(batch->features);
    memory_free(batch->start_s);
    memory_free(batch->decibel);
    memory_free(batch->clips);
    *batch = (struct batch){ 0 };
}
