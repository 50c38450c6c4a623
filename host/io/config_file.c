#include "io/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* One file on its way through the parser: the next event, and where it began. */
struct reading {
    const char *path;
    int is_spec; /* 1: lists are values, too */
    yaml_parser_t parser;
    yaml_event_t event;
};

static int line_of(const struct reading *reading)
{
    return (int)reading->event.start_mark.line + 1;
}

/* Replaces the event by the next one. */
static enum status next(struct reading *reading)
{
    yaml_event_delete(&reading->event);
    if (yaml_parser_parse(&reading->parser, &reading->event)) return OK;
    return fail(ERR_INPUT, "%s:%d: %s", reading->path, (int)reading->parser.problem_mark.line + 1,
                reading->parser.problem ? reading->parser.problem : "not YAML");
}

static enum status expect_scalar(const struct reading *reading, const char *name)
{
    const char *found = reading->event.type == YAML_MAPPING_START_EVENT ? "nested values"
                        : reading->event.type == YAML_SEQUENCE_START_EVENT
                            ? "a list (only a sweep takes lists)"
                            : "a reference";
    REQUIRE(reading->event.type == YAML_SCALAR_EVENT, ERR_USAGE, "%s:%d: %s%s%s found, expected one value",
            reading->path, line_of(reading), name, *name ? ": " : "", found);
    return OK;
}

static const char *scalar(const struct reading *reading)
{
    return (const char *)reading->event.data.scalar.value;
}

static enum status expect_value(const struct reading *reading, const char *name)
{
    TRY(expect_scalar(reading, name));
    REQUIRE(reading->event.data.scalar.length > 0, ERR_USAGE, "%s:%d: %s has no value", reading->path,
            line_of(reading), name);
    return OK;
}

static enum status collect(const struct reading *reading, const char *name, const char *value,
                           struct options *options)
{
    const char *where = reading->is_spec ? "SPEC" : "--config file";
    const enum status status = options_collect(options, name, value, OPTION_FROM_CONFIG, where);
    return status == OK ? OK : fail_within(status, "%s:%d", reading->path, line_of(reading));
}

static enum status expect_item(const struct reading *reading, const char *name)
{
    REQUIRE(reading->event.type != YAML_SEQUENCE_START_EVENT, ERR_USAGE,
            "%s:%d: %s: a list within a list found, expected values", reading->path, line_of(reading), name);
    TRY(expect_value(reading, name));
    REQUIRE(!strchr(scalar(reading), ','), ERR_USAGE, "%s:%d: %s: a comma within a value of a list found: %s",
            reading->path, line_of(reading), name, scalar(reading));
    return OK;
}

/* The values of a list, which has begun, into `text`, with commas between. */
static enum status join_list(struct reading *reading, const char *name, char *text, size_t size)
{
    size_t length = 0;
    TRY(next(reading));
    while (reading->event.type != YAML_SEQUENCE_END_EVENT) {
        TRY(expect_item(reading, name));
        length += (size_t)snprintf(text + length, size - length, "%s%s", length ? "," : "", scalar(reading));
        REQUIRE(length < size, ERR_USAGE, "%s:%d: %s: the list is longer than %zu letters", reading->path,
                line_of(reading), name, size - 1);
        TRY(next(reading));
    }
    REQUIRE(length > 0, ERR_USAGE, "%s:%d: %s: an empty list", reading->path, line_of(reading), name);
    return OK;
}

/* The value of the option `name`, whose key was the event before. */
static enum status collect_value(struct reading *reading, const char *name, struct options *options)
{
    char list[4096];
    TRY(next(reading));
    if (reading->is_spec && reading->event.type == YAML_SEQUENCE_START_EVENT) {
        TRY(join_list(reading, name, list, sizeof list));
        return collect(reading, name, list, options);
    }
    TRY(expect_value(reading, name));
    return collect(reading, name, scalar(reading), options);
}

static enum status read_pairs(struct reading *reading, struct options *options)
{
    for (;;) {
        char name[64];
        TRY(next(reading));
        if (reading->event.type == YAML_MAPPING_END_EVENT) return next(reading);
        TRY(expect_scalar(reading, ""));
        REQUIRE(strlen(scalar(reading)) < sizeof name, ERR_USAGE, "%s:%d: %.40s… is no option", reading->path,
                line_of(reading), scalar(reading));
        snprintf(name, sizeof name, "%s", scalar(reading));
        TRY(collect_value(reading, name, options));
    }
}

/* STREAM-START (DOCUMENT-START mapping DOCUMENT-END)? STREAM-END */
static enum status read_document(struct reading *reading, struct options *options)
{
    TRY(next(reading));
    TRY(next(reading));
    if (reading->event.type == YAML_STREAM_END_EVENT) return OK;
    TRY(next(reading));
    REQUIRE(reading->event.type == YAML_MAPPING_START_EVENT, ERR_USAGE,
            "%s:%d: expected lines like \"n-fft: 2048\"", reading->path, line_of(reading));
    TRY(read_pairs(reading, options));
    TRY(next(reading));
    REQUIRE(reading->event.type == YAML_STREAM_END_EVENT, ERR_USAGE,
            "%s:%d: a second document found, expected one", reading->path, line_of(reading));
    return OK;
}

static enum status read_file(const char *path, int is_spec, struct options *options)
{
    struct reading reading = { .path = path, .is_spec = is_spec };
    FILE *file = fopen(path, "rb");
    REQUIRE(file, ERR_INPUT, "%s cannot be read: %s", path, strerror(errno));
    enum status status = fail(ERR_MEMORY, "%s: no memory for the YAML reader", path);
    if (yaml_parser_initialize(&reading.parser)) {
        yaml_parser_set_input_file(&reading.parser, file);
        status = read_document(&reading, options);
        yaml_event_delete(&reading.event);
        yaml_parser_delete(&reading.parser);
    }
    fclose(file);
    return status;
}

enum status config_file_read(const char *path, struct options *options)
{
    return read_file(path, 0, options);
}

enum status config_file_read_spec(const char *path, struct options *options)
{
    return read_file(path, 1, options);
}
