/* extract --dry-run: what would be done, and how long it would take. */
#ifndef DRY_RUN_H
#define DRY_RUN_H

#include "io/dataset.h"
#include "pipeline/setup.h"

/* Machines × ids × SNRs × labels found (against MIMII's known counts, where the SNR is known), files that
 * are left out and why, the output's size and the time, estimated from three recordings, or the reason why
 * there is no estimate (no weights are here, say); a table, or one JSON object. */
enum status dry_run(const struct extract_settings *settings, const struct compute_options *compute,
                    const struct dataset *dataset, int as_json) MUST_CHECK;

#endif
