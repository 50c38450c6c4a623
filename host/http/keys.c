#include "http/keys.h"

#include "core/memory.h"
#include "io/sha256.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHORTEST_KEY = 16, LONGEST_KEY = 512, HASH_BYTES = 65 };

struct hash {
    char hex[HASH_BYTES];
};

struct hashes {
    struct hash *items;
    size_t count, capacity;
};

struct keys {
    char *path;
    pthread_mutex_t lock; /* of the hashes */
    struct hashes hashes;
};

static enum status hash_key(const char *key, size_t length, struct hash *out)
{
    struct sha256 *sum = NULL;
    enum status status;
    TRY_OR_DONE(sha256_open(&sum));
    TRY_OR_DONE(sha256_add(sum, key, length));
    TRY_OR_DONE(sha256_finish(sum, out->hex));
done:
    sha256_close(&sum);
    return status;
}

static enum status add_line(struct hashes *hashes, const char *path, int line_number, char *line)
{
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line || *line == '#') return OK;
    const size_t length = strlen(line);
    REQUIRE(length >= SHORTEST_KEY && length <= LONGEST_KEY, ERR_INPUT,
            "%s: line %d: a key of %zu letters found, %d to %d expected", path, line_number, length,
            SHORTEST_KEY, LONGEST_KEY);
    TRY(memory_grow((void **)&hashes->items, &hashes->capacity, hashes->count, sizeof *hashes->items));
    return hash_key(line, length, &hashes->items[hashes->count++]);
}

static enum status read_keys(const char *path, struct hashes *hashes)
{
    char line[LONGEST_KEY + 8];
    int n = 0;
    enum status status = OK;
    FILE *file = fopen(path, "re");
    REQUIRE(file, ERR_INPUT, "%s: no keys can be read: %s", path, strerror(errno));
    while (status == OK && fgets(line, sizeof line, file)) status = add_line(hashes, path, ++n, line);
    fclose(file);
    explicit_bzero(line, sizeof line);
    if (status == OK && hashes->count == 0) status = fail(ERR_INPUT, "%s: no key found", path);
    return status;
}

enum status keys_reload(struct keys *keys)
{
    struct hashes fresh = { 0 };
    const enum status status = read_keys(keys->path, &fresh);
    if (status == OK) {
        pthread_mutex_lock(&keys->lock);
        const struct hashes old = keys->hashes;
        keys->hashes = fresh;
        fresh = old;
        pthread_mutex_unlock(&keys->lock);
    }
    memory_free(fresh.items);
    return status;
}

enum status keys_open(struct keys **out, const char *path)
{
    struct keys *keys = memory_new(1, sizeof *keys);
    *out = NULL;
    TRY(memory_check(keys));
    pthread_mutex_init(&keys->lock, NULL);
    keys->path = memory_text(path);
    enum status status = memory_check(keys->path);
    if (status == OK) status = keys_reload(keys);
    if (status != OK)
        keys_close(&keys);
    else
        *out = keys;
    return status;
}

void keys_close(struct keys **keys)
{
    if (!*keys) return;
    memory_free((*keys)->path);
    memory_free((*keys)->hashes.items);
    pthread_mutex_destroy(&(*keys)->lock);
    memory_free(*keys);
    *keys = NULL;
}

/* All letters are looked at, whichever differ. */
static int is_same(const struct hash *a, const struct hash *b)
{
    unsigned difference = 0;
    for (int i = 0; i < HASH_BYTES; i++) difference |= (unsigned char)a->hex[i] ^ (unsigned char)b->hex[i];
    return difference == 0;
}

static int is_known(struct keys *keys, const char *key)
{
    struct hash hash = { 0 };
    int found = 0;
    const size_t length = strlen(key);
    if (length > LONGEST_KEY || hash_key(key, length, &hash) != OK) return 0;
    pthread_mutex_lock(&keys->lock);
    for (size_t i = 0; i < keys->hashes.count; i++) found |= is_same(&hash, &keys->hashes.items[i]);
    pthread_mutex_unlock(&keys->lock);
    return found;
}

int keys_allow(struct keys *keys, const char *authorization, const char *api_key)
{
    static const char scheme[] = "Bearer ";
    if (api_key) return is_known(keys, api_key);
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0) return 0;
    return is_known(keys, authorization + sizeof scheme - 1);
}
