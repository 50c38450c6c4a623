#include "io/store_internal.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -------------------------------------------------------------------------------------------- failures */

/* HDF5 puts the system's reason into the words of one of its errors: "…, errno = 28, error message = …". */
static herr_t find_reason(unsigned n, const H5E_error2_t *error, void *reason)
{
    (void)n;
    const char *found = error->desc ? strstr(error->desc, "errno = ") : NULL;
    if (found) *(int *)reason = (int)strtol(found + strlen("errno = "), NULL, 10);
    return 0;
}

enum status store_failed(const struct store *store, const char *name)
{
    int reason = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_reason, &reason);
    const char *colon = *name ? ": " : "";
    if (store->temporary)
        return fail(ERR_OUTPUT, "%s%s%s cannot be written: %s", store->path, colon, name,
                    reason ? strerror(reason) : "HDF5 refuses");
    return fail(ERR_INPUT, "%s%s%s cannot be read: %s", store->path, colon, name,
                reason ? strerror(reason) : "the file is damaged");
}

/* ------------------------------------------------------------------------------------ opening, closing */

/* HDF5 neither prints nor follows a foreign file's links to other files. Nor does it clean up when the
 * process ends: stores are closed by then, and it would stumble over a file that could not be flushed to a
 * full disk. */
static void prepare_library(void)
{
    static int is_prepared;
    if (is_prepared) return;
    is_prepared = 1;
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    if (H5Lis_registered(H5L_TYPE_EXTERNAL) > 0) H5Lunregister(H5L_TYPE_EXTERNAL);
}

static hid_t new_text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static enum status new_store(struct store **out, const char *path)
{
    prepare_library();
    struct store *store = memory_new(1, sizeof *store);
    *out = store;
    TRY(memory_check(store));
    store->file = H5I_INVALID_HID;
    store->text = new_text_type();
    store->transfer = H5Pcreate(H5P_DATASET_XFER);
    return memory_check(store->path = memory_text(path));
}

/* One format for every version of the library (that of HDF5 1.8). No locks: a finished file never changes,
 * and not every cluster's file system has them. */
static hid_t file_access(void)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_file_locking(access, 0, 1);
    return access;
}

static enum status create_file(struct store *store)
{
    enum status status = OK;
    const hid_t creation = store_properties(H5P_FILE_CREATE), access = file_access();
    H5Pset_userblock(creation, STORE_USER_BLOCK);
    store->file = H5Fcreate(store->temporary, H5F_ACC_TRUNC, creation, access);
    if (store->file < 0) status = store_failed(store, "");
    H5Pclose(access);
    H5Pclose(creation);
    return status;
}

enum status store_create(struct store **out, const char *path)
{
    enum status status = new_store(out, path);
    if (status == OK) status = store_new_temporary(path, &(*out)->temporary);
    if (status == OK) status = create_file(*out);
    if (status != OK) store_close(out);
    return status;
}

void store_leave_chunks_plain(struct store *store)
{
    store->is_plain = 1;
}

/* Asks the system first: its reasons are clearer than HDF5's. */
static enum status look_at(struct store *store)
{
    struct stat file;
    const int descriptor = open(store->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* pipes must not block */
    REQUIRE(descriptor >= 0, ERR_INPUT, "%s cannot be read: %s", store->path, strerror(errno));
    const int is_known = fstat(descriptor, &file) == 0;
    close(descriptor);
    REQUIRE(is_known && S_ISREG(file.st_mode), ERR_INPUT, "%s is no file", store->path);
    store->size = (size_t)file.st_size;
    return OK;
}

static enum status open_file(struct store *store)
{
    REQUIRE(H5Fis_hdf5(store->path) > 0, ERR_INPUT, "%s is not an HDF5 file", store->path);
    const hid_t access = file_access();
    store->file = H5Fopen(store->path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    REQUIRE(store->file >= 0, ERR_INPUT, "%s is cut off or damaged: HDF5 cannot open it", store->path);
    return OK;
}

/* HDF5 1.10 crashes and hangs on some damaged files, so it only sees those whose checksum is right. */
static enum status check_seal(const struct store *store)
{
    int is_sealed;
    REQUIRE(H5Fis_hdf5(store->path) > 0, ERR_INPUT, "%s is not an HDF5 file", store->path);
    const enum status status = store_verify(store->path, &is_sealed);
    return status == ERR_VERIFY ? fail(ERR_INPUT, "%s", status_sentence()) : status;
}

enum status store_open_sealed(struct store **out, const char *path)
{
    enum status status = new_store(out, path);
    if (status == OK) status = look_at(*out);
    if (status == OK) status = check_seal(*out);
    if (status == OK) status = open_file(*out);
    if (status == OK) H5Pset_edc_check((*out)->transfer, H5Z_DISABLE_EDC);
    if (status != OK) store_close(out);
    return status;
}

enum status store_open(struct store **out, const char *path)
{
    enum status status = new_store(out, path);
    if (status == OK) status = look_at(*out);
    if (status == OK) status = open_file(*out);
    if (status != OK) store_close(out);
    return status;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

enum status store_commit(struct store *store)
{
    if (H5Fflush(store->file, H5F_SCOPE_GLOBAL) < 0) return store_failed(store, "");
    store_close_datasets(store);
    const herr_t closed = H5Fclose(store->file);
    store->file = H5I_INVALID_HID;
    if (closed < 0) return store_failed(store, "");
    TRY(store_seal_and_rename(store->temporary, store->path));
    memory_free(store->temporary); /* the name is free for others now */
    store->temporary = NULL;
    return OK;
}

void store_close(struct store **store)
{
    struct store *s = *store;
    if (!s) return;
    store_close_datasets(s);
    if (s->file >= 0) H5Fclose(s->file);
    H5Tclose(s->text);
    H5Pclose(s->transfer);
    if (s->temporary) unlink(s->temporary);
    memory_free(s->temporary);
    memory_free(s->path);
    memory_free(s);
    *store = NULL;
}
