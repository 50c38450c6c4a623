#include "bench_save.h"

static enum status write_array(struct store *store, const struct bench_array *array)
{
    const size_t rows = (size_t)array->rows, columns = (size_t)array->columns;
    TRY(store_new(store, array->name, array->type, rows, columns, 0));
    return store_write(store, array->name, 0, rows, array->data);
}

enum status bench_save(const char *path, const struct bench_array *arrays, int n)
{
    struct store *store = NULL;
    enum status status;
    TRY_OR_DONE(store_create(&store, path));
    for (int i = 0; i < n; i++) TRY_OR_DONE(write_array(store, &arrays[i]));
    TRY_OR_DONE(store_commit(store));
done:
    store_close(&store);
    return status;
}
