/* What a path says about a recording. The file's name is read first (DCASE), then the folders from the file
 * upwards: label, split and id in any order, then the machine; the SNR may stand in any folder. */
#include "io/dataset.h"

#include "core/memory.h"
#include "io/snr.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORD = NAME_MAX + 1 };

struct facts {
    char machine[WORD], id[WORD], snr[WORD], section[WORD], domain[WORD], split[WORD], label[WORD],
        attributes[WORD];
};

/* The folders of a path, the file's own first. */
struct folders {
    char *text; /* owned: the path, its slashes replaced by ends */
    char **names;
    int count;
};

/* Keeps the first value that was found: `length` bytes of `text`, or all of it. */
static void keep_part(char field[WORD], const char *text, int length)
{
    if (!field[0]) snprintf(field, WORD, "%.*s", length, text);
}

static void keep(char field[WORD], const char *text)
{
    keep_part(field, text, NAME_MAX);
}

static void keep_lower(char field[WORD], const char *text, int length)
{
    if (field[0]) return;
    keep_part(field, text, length);
    for (char *c = field; *c; c++) *c = (char)tolower((unsigned char)*c);
}

/* ----------------------------------------------------------------------------------------------- words */

static const char *label_of(const char *word)
{
    if (strcasecmp(word, "normal") == 0) return "normal";
    if (strcasecmp(word, "abnormal") == 0 || strcasecmp(word, "anomaly") == 0) return "abnormal";
    return NULL;
}

/* "train", "source_test" … (DCASE 2021 had folders of both) */
static int read_split(struct facts *facts, const char *word)
{
    static const char *const domains[] = { "source", "target" }, *const splits[] = { "train", "test",
                                                                                     "supplemental" };
    const char *domain = "", *split = word;
    for (int i = 0; i < 2; i++) {
        const size_t length = strlen(domains[i]);
        if (strncasecmp(word, domains[i], length) != 0 || word[length] != '_') continue;
        domain = domains[i];
        split = word + length + 1;
    }
    for (int i = 0; i < 3; i++) {
        if (strcasecmp(split, splits[i]) != 0) continue;
        keep(facts->domain, domain);
        keep(facts->split, splits[i]);
        return 1;
    }
    return 0;
}

/* The length of "id_00" at the beginning of `word`, 0 if there is none. */
static int id_length(const char *word)
{
    if (strncasecmp(word, "id_", 3) != 0) return 0;
    const int digits = (int)strspn(word + 3, "0123456789");
    return digits ? 3 + digits : 0;
}

/* -------------------------------------------------------------------------------------- names of files */

static void read_section_word(struct facts *facts, const char *word)
{
    const char *label = label_of(word);
    if (label)
        keep(facts->label, label);
    else if (strcmp(word, "source") == 0 || strcmp(word, "target") == 0)
        keep(facts->domain, word);
    else if (strcmp(word, "train") == 0 || strcmp(word, "test") == 0)
        keep(facts->split, word);
}

/* section_00_source_train_normal_0000_<attributes>, some of it left out in evaluation sets: words up to the
 * number, then attributes. */
static int read_section(struct facts *facts, char *stem)
{
    static const char prefix[] = "section_";
    const size_t start = sizeof prefix - 1;
    if (strncmp(stem, prefix, start) != 0) return 0;
    const size_t digits = strspn(stem + start, "0123456789");
    char *rest = stem + start + digits;
    if (digits == 0 || *rest != '_') return 0;
    keep_part(facts->section, stem + start, (int)digits);
    keep_part(facts->id, stem, (int)(start + digits));
    rest++;
    for (char *word; (word = strsep(&rest, "_")) != NULL;) {
        if (word[0] && word[strspn(word, "0123456789")] == '\0') break;
        read_section_word(facts, word);
    }
    if (rest) keep(facts->attributes, rest);
    return 1;
}

/* normal_id_01_00000000, anomaly_id_01_00000000, id_05_00000000 */
static int read_dcase2020(struct facts *facts, const char *stem)
{
    const char *id = stem, *end = strchr(stem, '_');
    char word[16];
    const char *label = NULL;
    if (end && !id_length(stem)) {
        snprintf(word, sizeof word, "%.*s", (int)(end - stem), stem);
        label = label_of(word);
        id = end + 1;
    }
    const int length = id_length(id);
    if ((id != stem && !label) || !length || id[length] != '_') return 0;
    if (label) keep(facts->label, label);
    keep_lower(facts->id, id, length);
    return 1;
}

/* Whether the name told something; else the folders must. */
static int read_name(struct facts *facts, char *name)
{
    char *ending = strrchr(name, '.');
    if (ending) *ending = '\0';
    return read_dcase2020(facts, name) || read_section(facts, name);
}

/* ------------------------------------------------------------------------------------ names of folders */

static int read_folder(struct facts *facts, const char *name)
{
    const char *label = label_of(name);
    const int length = id_length(name);
    if (label) {
        keep(facts->label, label);
        return 1;
    }
    if (length && !name[length]) {
        keep_lower(facts->id, name, length);
        return 1;
    }
    return read_split(facts, name);
}

/* The folder above label, split and id is the machine, whatever its name, in the layouts of MIMII and DCASE;
 * in others only where it is called like one of MIMII's. */
static void read_machine(struct facts *facts, const struct folders *folders, int first)
{
    const int is_known_layout = facts->id[0] || facts->split[0];
    for (int i = first; i < folders->count; i++) {
        const char *name = folders->names[i], *known = snr_machine_of(name);
        const int has_snr = snr_of(name) != NULL;
        if (known && (has_snr || strcasecmp(known, name) == 0)) {
            keep(facts->machine, known);
            return;
        }
        if (has_snr) continue;
        if (is_known_layout && i == first) keep_lower(facts->machine, name, NAME_MAX);
        return;
    }
}

static void read_folders(struct facts *facts, const struct folders *folders, int name_told)
{
    int above = 0;
    while (above < folders->count && read_folder(facts, folders->names[above])) above++;
    if (!name_told && above == 0 && folders->count > 0 && !snr_of(folders->names[0]))
        keep(facts->label, folders->names[above++]);
    read_machine(facts, folders, above);
    for (int i = 0; i < folders->count; i++) {
        const char *snr = snr_of(folders->names[i]);
        if (snr) keep(facts->snr, snr);
    }
}

static void folders_release(struct folders *folders)
{
    memory_free(folders->text);
    memory_free(folders->names);
}

/* The last part is the file's name and goes to *name, which `folders` owns. */
static enum status folders_init(struct folders *folders, const char *path, char **name)
{
    TRY(memory_check(folders->text = memory_text(path)));
    TRY(memory_check(folders->names = memory_new(strlen(path) / 2 + 1, sizeof *folders->names)));
    char *slash = strrchr(folders->text, '/');
    *name = slash ? slash + 1 : folders->text;
    while (slash) {
        *slash = '\0';
        slash = strrchr(folders->text, '/');
        char *folder = slash ? slash + 1 : folders->text;
        if (*folder) folders->names[folders->count++] = folder;
    }
    return OK;
}

/* ---------------------------------------------------------------------------------------------- public */

static enum status copy_facts(struct recording *recording, const struct facts *facts)
{
    TRY(memory_check(recording->machine = memory_text(facts->machine)));
    TRY(memory_check(recording->id = memory_text(facts->id)));
    TRY(memory_check(recording->snr = memory_text(facts->snr)));
    TRY(memory_check(recording->section = memory_text(facts->section)));
    TRY(memory_check(recording->domain = memory_text(facts->domain)));
    TRY(memory_check(recording->split = memory_text(facts->split)));
    TRY(memory_check(recording->label = memory_text(facts->label)));
    return memory_check(recording->attributes = memory_text(facts->attributes));
}

enum status recording_parse(struct recording *recording, const char *absolute_path)
{
    enum status status;
    struct facts facts = { 0 };
    struct folders folders = { 0 };
    char *name;
    TRY_OR_DONE(folders_init(&folders, absolute_path, &name));
    read_folders(&facts, &folders, read_name(&facts, name));
    TRY_OR_DONE(copy_facts(recording, &facts));
done:
    folders_release(&folders);
    return status;
}

void recording_release(struct recording *recording)
{
    char *const texts[] = { recording->path,  recording->root,  recording->file,      recording->machine,
                            recording->id,    recording->snr,   recording->section,   recording->domain,
                            recording->split, recording->label, recording->attributes };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) memory_free(texts[i]);
    *recording = (struct recording){ 0 };
}

void recording_group(const struct recording *recording, char group[256])
{
    const char *const parts[] = { recording->machine, recording->id, recording->snr };
    size_t length = 0;
    group[0] = '\0';
    for (int i = 0; i < 3; i++) {
        if (!parts[i] || !parts[i][0] || length >= 255) continue;
        length += (size_t)snprintf(group + length, 256 - length, "%s%s", length ? "/" : "", parts[i]);
    }
    if (!group[0]) strcpy(group, "all");
}

char *recording_file(const struct recording *recording)
{
    if (recording->path[0] == '/' || !recording->root[0]) return memory_text(recording->path);
    return memory_print("%s/%s", recording->root, recording->path);
}
