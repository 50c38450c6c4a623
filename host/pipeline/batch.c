#include "pipeline/batch.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

/* --------------------------------------------------------------------------------------------- reading */

static enum status add_row(struct batch *batch, int recording, int channel, struct batch_row **out)
{
    TRY(memory_grow((void **)&batch->rows, &batch->capacity, batch->n_rows, sizeof *batch->rows));
    struct batch_row *row = &batch->rows[batch->n_rows++];
    const struct samples kept = row->samples;
    *row = (struct batch_row){ .recording = recording, .channel = channel, .samples = kept };
    row->level = (struct level){ .rms_dbfs = (double)NAN, .peak = (double)NAN, .dc = (double)NAN };
    *out = row;
    return OK;
}

static void reject(struct batch_row *row)
{
    snprintf(row->error, sizeof row->error, "%s", status_sentence());
    row->n_patches = 0;
}

static enum status convert_rate(struct batch_row *row, const struct extract_settings *settings,
                                const char *file)
{
    if (row->sample_rate == settings->sample_rate) return OK;
    REQUIRE(settings->resample, ERR_INPUT,
            "%s: %d Hz found, %d Hz expected; --resample converts, --sample-rate expects another", file,
            row->sample_rate, settings->sample_rate);
    const enum status status = samples_resample(&row->samples, settings->sample_rate);
    return status == OK ? OK : fail_within(status, "%s", file);
}

/* Patches of all segments; the last one counts only if a patch fits into it. */
static int count_patches(const struct setup *setup, long long n_samples)
{
    const long long full = n_samples / setup->segment_samples;
    return (int)full * setup->spec.max_patches +
           setup_patches(setup, (int)(n_samples % setup->segment_samples));
}

enum { MOST_SEGMENTS = 100000 };

static enum status check_length(const struct setup *setup, long long found, const char *file)
{
    const struct extract_settings *s = &setup->settings;
    const long long needed = (long long)(s->patch - 1) * s->hop_length;
    REQUIRE(found >= needed, ERR_INPUT,
            "%s: %.3f s found, at least %.3f s expected: one patch of %d frames, one every %d samples", file,
            (double)found / s->sample_rate, (double)needed / s->sample_rate, s->patch, s->hop_length);
    REQUIRE(found / setup->segment_samples < MOST_SEGMENTS, ERR_INPUT,
            "%s: %.0f s found, at most %d segments of %g s expected", file, (double)found / s->sample_rate,
            MOST_SEGMENTS, s->segment);
    return OK;
}

static enum status read_channel(struct batch_row *row, struct wav *wav, const struct setup *setup,
                                const char *file)
{
    TRY(wav_read(wav, row->channel, &row->samples));
    row->level = samples_level(&row->samples);
    memcpy(row->hash, row->samples.hash, sizeof row->hash);
    return convert_rate(row, &setup->settings, file);
}

static enum status read_row(struct batch *batch, int recording, int channel, struct wav *wav,
                            const char *file, const struct setup *setup)
{
    const struct wav_info *info = wav_info(wav);
    struct batch_row *row;
    TRY(add_row(batch, recording, channel, &row));
    row->sample_rate = info->sample_rate;
    row->n_samples = info->n_samples;
    const enum status status = read_channel(row, wav, setup, file);
    if (status == ERR_MEMORY || status == ERR_POISON) return status;
    if (status != OK) reject(row);
    return OK;
}

static enum status read_rows(struct batch *batch, int recording, struct wav *wav, const char *file,
                             const struct setup *setup)
{
    int channel = 0;
    TRY(extract_settings_channel(&setup->settings, &channel));
    if (channel != CHANNEL_ALL) return read_row(batch, recording, channel, wav, file, setup);
    for (int c = 0; c < wav_info(wav)->channels; c++) TRY(read_row(batch, recording, c, wav, file, setup));
    return OK;
}

static double file_bytes(const char *file)
{
    struct stat there;
    return stat(file, &there) == 0 ? (double)there.st_size : 0;
}

static enum status reject_recording(struct batch *batch, const struct setup *setup, int recording)
{
    struct batch_row *row;
    int channel = 0;
    TRY(extract_settings_channel(&setup->settings, &channel));
    TRY(add_row(batch, recording, channel == CHANNEL_ALL ? 0 : channel, &row));
    reject(row);
    return OK;
}

static enum status read_file(struct batch *batch, const struct setup *setup, int recording, const char *file,
                             struct quarantine *quarantine)
{
    struct wav *wav = NULL;
    enum status status = wav_open_apart(&wav, file, quarantine ? quarantine_helpers(quarantine) : NULL);
    if (status == OK) {
        status = read_rows(batch, recording, wav, file, setup);
        wav_close(&wav);
        if (status == OK) batch->bytes += file_bytes(file);
        return status;
    }
    return status == ERR_INPUT ? reject_recording(batch, setup, recording) : status;
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
            return status == ERR_INPUT ? reject_recording(batch, setup, recording) : status;
        status = read_file(batch, setup, recording, file, quarantine);
        if (status == ERR_POISON) TRY(quarantine_note(quarantine, recording, file, status_sentence()));
    } while (status == ERR_POISON);
    return status;
}

enum status batch_decode(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                         int first, int count, struct quarantine *quarantine)
{
    batch->first = first;
    batch->count = count;
    batch->n_rows = batch->n_patches = 0;
    batch->audio_s = batch->bytes = 0;
    for (int i = 0; i < count; i++) TRY(read_recording(batch, setup, dataset, first + i, quarantine));
    return OK;
}

/* How many patches each row has under this setup, or why none. */
static void cut_rows(struct batch *batch, const struct setup *setup, const struct dataset *dataset)
{
    batch->n_patches = 0;
    batch->audio_s = 0;
    for (size_t r = 0; r < batch->n_rows; r++) {
        struct batch_row *row = &batch->rows[r];
        if (row->error[0]) continue;
        if (check_length(setup, row->samples.n_samples, dataset->recordings[row->recording].file) != OK) {
            reject(row);
            continue;
        }
        row->n_patches = count_patches(setup, row->samples.n_samples);
        batch->n_patches += (size_t)row->n_patches;
        batch->audio_s += (double)row->n_samples / row->sample_rate;
    }
}

enum status batch_borrow(struct batch *batch, const struct batch *decoded, const struct setup *setup,
                         const struct dataset *dataset)
{
    batch->is_borrowed = 1;
    batch->first = decoded->first;
    batch->count = decoded->count;
    batch->bytes = decoded->bytes;
    batch->n_rows = 0;
    for (size_t r = 0; r < decoded->n_rows; r++) {
        TRY(memory_grow((void **)&batch->rows, &batch->capacity, batch->n_rows, sizeof *batch->rows));
        batch->rows[batch->n_rows++] = decoded->rows[r];
    }
    cut_rows(batch, setup, dataset);
    return OK;
}

enum status batch_read(struct batch *batch, const struct setup *setup, const struct dataset *dataset,
                       int first, int count, struct quarantine *quarantine)
{
    TRY(batch_decode(batch, setup, dataset, first, count, quarantine));
    cut_rows(batch, setup, dataset);
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
    memory_free(batch->clips);
    *batch = (struct batch){ 0 };
}
