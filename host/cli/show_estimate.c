#include "cli/show_estimate.h"

#include "cli/cmd.h"
#include "core/log.h"
#include "io/json_text.h"

static double rows_seconds(const struct study_network *network)
{
    double seconds = 0;
    for (int r = 0; r < network->n_rows; r++) seconds += network->rows[r].estimated_s;
    return seconds;
}

void estimate_tell(const struct study *study)
{
    char whole[64], extraction[64], fits[64];
    for (int n = 0; n < study->n_networks; n++) {
        const struct study_network *network = &study->networks[n];
        if (network->reason) continue; /* told already */
        study_duration(network->estimated_s, extraction, sizeof extraction);
        study_duration(rows_seconds(network), fits, sizeof fits);
        log_info("%s: about %s for features, %s for %d detectors; %zu file%s", network->name, extraction,
                 fits, network->n_rows, network->n_files, network->n_files == 1 ? "" : "s");
    }
    study_duration(study_estimated_s(study), whole, sizeof whole);
    log_info("about %s in all, estimated from small trials; cheap rows come first", whole);
}

static json_t *network_json(const struct study_network *network)
{
    json_t *rows = json_array();
    for (int r = 0; r < network->n_rows; r++)
        json_array_append_new(rows,
                              json_pack("{s:s, s:f}", "detector", network->rows[r].contender->detector->name,
                                        "seconds", network->rows[r].estimated_s));
    json_t *json = json_pack("{s:s, s:i, s:f, s:o}", "network", network->name, "files", (int)network->n_files,
                             "extraction_seconds", network->estimated_s, "detectors", rows);
    if (json && network->reason) json_object_set_new(json, "reason", json_text(network->reason));
    return json;
}

static enum status print_json(const struct study *study)
{
    json_t *networks = json_array();
    for (int n = 0; n < study->n_networks; n++)
        json_array_append_new(networks, network_json(&study->networks[n]));
    return command_json(
        json_pack("{s:f, s:o}", "estimated_seconds", study_estimated_s(study), "networks", networks));
}

static void print_words(const struct study *study)
{
    char text[64];
    printf("%-16s %-12s %12s\n", "network", "stage", "about");
    for (int n = 0; n < study->n_networks; n++) {
        const struct study_network *network = &study->networks[n];
        study_duration(network->estimated_s, text, sizeof text);
        printf("%-16s %-12s %12s\n", network->name, "features", network->reason ? "no weights" : text);
        for (int r = 0; r < network->n_rows && !network->reason; r++) {
            study_duration(network->rows[r].estimated_s, text, sizeof text);
            printf("%-16s %-12s %12s\n", network->name, network->rows[r].contender->detector->name, text);
        }
    }
    study_duration(study_estimated_s(study), text, sizeof text);
    printf("%-29s %12s\n", "all", text);
}

enum status estimate_print(const struct study *study, int as_json)
{
    if (as_json) return print_json(study);
    print_words(study);
    return OK;
}
