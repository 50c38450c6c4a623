/* The folder F.h5.parts: where its files are, and joining them into F.h5. */
#ifndef PARTS_H
#define PARTS_H

#include "io/features.h"

#include <jansson.h>
#include <stdatomic.h>

enum { PLAN_VERSION = 1, MOST_PARTS = 1000000 };

/* Names beside the output F.h5; owned by the caller, NULL without memory. */
char *parts_folder(const char *output);
char *parts_plan_path(const char *output);
char *parts_path(const char *output, int part);

/* plan.json, checked for format and version; release with json_decref. ERR_INPUT: it is not there, or no plan
 * of ours. */
enum status parts_read_plan(const char *output, json_t **plan) MUST_CHECK;

/* The device that the CPU's parts of the output were begun on (instruction set and --conv), "" where nothing was
 * begun: a more capable machine goes on with that one. */
void parts_device(const char *output, char *device, size_t size);

/* Joins all parts that the plan counts into the output, standardises it, and removes the folder. ERR_INPUT
 * names the first part that is missing, and how many are; where no recording could be used the folder is
 * removed too, since nobody wants to go on from failures alone. ERR_STOPPED: *stop became non-zero, the parts are as
 * they were. NULL: never. */
enum status parts_join(const char *output, const atomic_int *stop, int *n_parts,
                       struct merge_result *result) MUST_CHECK;

/* Whether the plan is there, and all parts that it counts. */
int parts_all_there(const char *output);

/* Whether the folder holds any part. */
int parts_are_there(const char *output);

/* Removes what killed processes of this machine left half-written, in the folder and beside the output. */
void parts_remove_left(const char *output);

/* Removes the folder and the files in it, the plan last, so that parts are never there without one; it holds
 * no other folders. */
void parts_remove(const char *output);

#endif
