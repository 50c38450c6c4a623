/* From folders of recordings to a table of them. Machine, id, SNR, label, section, domain and split are read
 * from the whole absolute path (MIMII with every spelling of its SNR folders, DCASE 2020, DCASE 2021–2026,
 * plain folders whose name is the label); what is unknown is "". */
#ifndef DATASET_H
#define DATASET_H

#include "core/status.h"

#include <stddef.h>

struct recording {
    char *path; /* as stored: relative to `root`, or as written; absolute if two would be stored alike */
    /* The folder argument it was found below, absolute; "" for files named themselves or listed. */
    char *root;
    char *file;       /* what to open: the absolute path */
    char *machine;    /* "fan", in lower case */
    char *id;         /* "id_00"; of DCASE 2021–2026 "section_00" */
    char *snr;        /* "-6dB", "0dB", "6dB" */
    char *section;    /* "00" */
    char *domain;     /* "source", "target" */
    char *split;      /* "train", "test" */
    char *label;      /* "normal", "abnormal", or the plain folder's name as written */
    char *attributes; /* as in the file's name or, where that has none, in attributes_00.csv: "m-n_W" */
};

struct dataset {
    struct recording *recordings; /* by byte order of machine, id, snr, label, path */
    size_t count, capacity;
    char **ignored; /* files that were left out, each with its reason */
    size_t n_ignored, ignored_capacity;
};

struct dataset_options {
    const char *list; /* --list FILE: one path a line; NULL: none */
    const char *snr;  /* for recordings whose path does not tell; NULL: "" */
    int limit;        /* recordings a group and label; 0: all */
};

/* paths: files and folders. A PATH that does not exist or holds no recording: ERR_INPUT. Links to files are
 * followed; a dangling one is a recording (it fails when opened), and so is a list's line that names no file.
 * A file named itself is a recording whatever its ending. The same file named twice is taken once. */
enum status dataset_open(struct dataset *dataset, const char *const *paths, size_t n_paths,
                         const struct dataset_options *options) MUST_CHECK;
void dataset_release(struct dataset *dataset);

/* Fills machine … attributes of one recording from its absolute path; used by dataset_open and tests. The
 * strings are owned by `recording`. */
enum status recording_parse(struct recording *recording, const char *absolute_path) MUST_CHECK;
void recording_release(struct recording *recording);

/* Whether a folder's file of that name is taken for a recording: wav, flac, ogg, … */
int recording_has_ending(const char *name);

/* What to open for a recording that a feature file stored: below its root, or its path as it is. The caller
 * owns it; NULL: no memory. */
char *recording_file(const struct recording *recording);

/* Groups as "fan/id_00/0dB": the parts that are known, joined by /; "all" where none is. At most 255 bytes. */
void recording_group(const struct recording *recording, char group[256]);

#endif
