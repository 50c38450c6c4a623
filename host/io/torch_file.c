#include "io/torch_file.h"

#include "core/memory.h"
#include "io/torch_pickle.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

/* ResNet34's pickle has 25 kB. Reading one takes at most some hundred bytes of memory per byte. */
enum { LARGEST_PICKLE = 1 << 20, ARCHIVE_SIZE = 256 };

struct loading {
    struct tensor_file *file;
    char archive[ARCHIVE_SIZE]; /* "resnet18/", what every entry's name begins with */
};

/* --------------------------------------------------------------------------------------------- entries */

/* Only stored entries are taken, as torch.save writes them: so none is larger than the file. */
static enum status check_entry(const struct tensor_file *file, zip_uint64_t entry, struct zip_stat *about)
{
    const zip_uint64_t wanted = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    REQUIRE(zip_stat_index(file->zip, entry, 0, about) == 0 && (about->valid & wanted) == wanted, ERR_INPUT,
            "zip entry %llu cannot be read: %s", (unsigned long long)entry, zip_strerror(file->zip));
    REQUIRE(about->comp_method == ZIP_CM_STORE, ERR_INPUT,
            "entry %s is compressed; torch.save stores its entries as they are", about->name);
    REQUIRE(about->size <= file->size, ERR_INPUT, "entry %s of %llu bytes in a file of %llu: cut off",
            about->name, (unsigned long long)about->size, (unsigned long long)file->size);
    return OK;
}

static enum status find_entry(const struct loading *loading, const char *name, struct zip_stat *about)
{
    char full[ARCHIVE_SIZE + 64];
    snprintf(full, sizeof full, "%s%s", loading->archive, name);
    const zip_int64_t entry = zip_name_locate(loading->file->zip, full, 0);
    REQUIRE(entry >= 0, ERR_INPUT, "has no entry %s", full);
    return check_entry(loading->file, (zip_uint64_t)entry, about);
}

static enum status read_stream(zip_file_t *stream, size_t size, void *bytes)
{
    for (size_t done = 0; done < size;) {
        const zip_int64_t got = zip_fread(stream, (char *)bytes + done, size - done);
        REQUIRE(got > 0, ERR_INPUT, "an entry is cut off or damaged: %s", zip_file_strerror(stream));
        done += (size_t)got;
    }
    return OK;
}

/* Reads on to the end, where libzip compares the checksum. */
static enum status read_rest(zip_file_t *stream)
{
    char rest[4096];
    zip_int64_t got;
    while ((got = zip_fread(stream, rest, sizeof rest)) > 0) continue;
    REQUIRE(got == 0, ERR_INPUT, "an entry is damaged: %s", zip_file_strerror(stream));
    return OK;
}

static enum status skip(zip_file_t *stream, uint64_t size)
{
    char skipped[4096];
    while (size > 0) {
        const size_t step = size < sizeof skipped ? (size_t)size : sizeof skipped;
        TRY(read_stream(stream, step, skipped));
        size -= step;
    }
    return OK;
}

static enum status read_entry(struct tensor_file *file, zip_uint64_t entry, uint64_t offset, size_t size,
                              void *bytes)
{
    zip_file_t *stream = zip_fopen_index(file->zip, entry, 0);
    enum status status;
    REQUIRE(stream, ERR_INPUT, "zip entry %llu cannot be opened: %s", (unsigned long long)entry,
            zip_strerror(file->zip));
    TRY_OR_DONE(skip(stream, offset));
    TRY_OR_DONE(read_stream(stream, size, bytes));
    TRY_OR_DONE(read_rest(stream));
done:
    zip_fclose(stream);
    return status;
}

enum status torch_file_bytes(struct tensor_file *file, const struct tensor *tensor, size_t size, void *bytes)
{
    return read_entry(file, tensor->source, tensor->offset, size, bytes);
}

/* --------------------------------------------------------------------------------------------- loading */

static enum status open_zip(struct tensor_file *file)
{
    zip_error_t error;
    int code = 0;
    const int copy = dup(file->descriptor);
    REQUIRE(copy >= 0, ERR_INPUT, "too many open files");
    file->zip = zip_fdopen(copy, 0, &code); /* owns the copy where it succeeds */
    if (file->zip) return OK;
    close(copy);
    zip_error_init_with_code(&error, code);
    const enum status status = fail(ERR_INPUT, "no zip archive, or cut off: %s", zip_error_strerror(&error));
    zip_error_fini(&error);
    return status;
}

/* The archive's name is free; its pickle tells it. */
static enum status find_archive(struct loading *loading)
{
    static const char pickle[] = "data.pkl";
    const struct tensor_file *file = loading->file;
    for (zip_int64_t i = 0; i < zip_get_num_entries(file->zip, 0); i++) {
        const char *name = zip_get_name(file->zip, (zip_uint64_t)i, 0),
                   *slash = name ? strchr(name, '/') : NULL;
        if (!slash || strcmp(slash + 1, pickle) != 0 || slash - name >= ARCHIVE_SIZE - 1) continue;
        snprintf(loading->archive, ARCHIVE_SIZE, "%.*s/", (int)(slash - name), name);
        return OK;
    }
    return fail(ERR_INPUT, "a zip archive without ARCHIVE/%s: not written by torch.save", pickle);
}

/* The entry is there only in files of newer versions. */
static enum status check_byte_order(const struct loading *loading)
{
    struct zip_stat about;
    char full[ARCHIVE_SIZE + 16], order[7] = "";
    snprintf(full, sizeof full, "%sbyteorder", loading->archive);
    if (zip_name_locate(loading->file->zip, full, 0) < 0) return OK;
    TRY(find_entry(loading, "byteorder", &about));
    if (about.size == 6) TRY(read_entry(loading->file, about.index, 0, 6, order));
    REQUIRE(strcmp(order, "little") == 0, ERR_INPUT, "entry byteorder does not say little, as was expected");
    return OK;
}

static enum status locate(struct loading *loading, const struct pickled_tensor *pickled,
                          struct tensor *tensor)
{
    struct zip_stat about;
    char name[STORAGE_KEY_SIZE + 8];
    snprintf(name, sizeof name, "data/%s", pickled->storage);
    TRY(find_entry(loading, name, &about));
    const uint64_t expected = (uint64_t)pickled->storage_count * tensor_type_size(tensor->type);
    REQUIRE(about.size == expected, ERR_INPUT, "entry %s has %llu bytes, %llu expected", about.name,
            (unsigned long long)about.size, (unsigned long long)expected);
    tensor->source = about.index;
    return OK;
}

static enum status take_tensor(void *context, const struct pickled_tensor *pickled)
{
    struct loading *loading = context;
    struct tensor tensor = pickled->tensor;
    const enum status status = locate(loading, pickled, &tensor);
    if (status == OK) return tensor_file_add(loading->file, &tensor);
    memory_free(tensor.name);
    return status;
}

static enum status read_pickle(struct loading *loading)
{
    struct tensor_file *file = loading->file;
    struct zip_stat about;
    TRY(find_entry(loading, "data.pkl", &about));
    REQUIRE(about.size <= LARGEST_PICKLE, ERR_INPUT, "data.pkl has %llu bytes, at most %d expected",
            (unsigned long long)about.size, LARGEST_PICKLE);
    unsigned char *bytes = memory_new((size_t)about.size, 1);
    enum status status = memory_check(bytes);
    if (status == OK) status = read_entry(file, about.index, 0, (size_t)about.size, bytes);
    if (status == OK) status = torch_pickle_read(bytes, (size_t)about.size, take_tensor, loading);
    memory_free(bytes);
    return status;
}

enum status torch_file_load(struct tensor_file *file)
{
    struct loading loading = { .file = file };
    TRY(open_zip(file));
    TRY(find_archive(&loading));
    TRY(check_byte_order(&loading));
    return read_pickle(&loading);
}

void torch_file_release(struct tensor_file *file)
{
    if (file->zip) zip_discard(file->zip);
    file->zip = NULL;
}
