/* What is done to rows of features before a detector sees them, learned from the training rows alone:
 *
 *   standardise       x' = (x - mean) / scale per column (core/scaler.h)
 *   --scale-floor F   columns that vary have at least F times the median of their scales, so that those that
 *                     hardly vary are not blown up
 *   --reduce pca:D    x'' = W'(x' - m), the D leading principal components of the standardised training rows,
 *                     not whitened, as the paper's section 6.2 makes features equally long. Signs are
 *                     scikit-learn's: a component's entry of largest size is positive.
 *
 * Cells are neither scaled nor reduced. The same rows give the same bits, whatever the threads and whichever
 * rows are prepared with them. */
#ifndef PREPARATION_H
#define PREPARATION_H

#include "core/scaler.h"
#include "detect/pca.h"

struct preparation_settings {
    double scale_floor;
    const char *reduce; /* "none" or "pca:D"; NULL: none. All zero are the standard settings */
};

extern const struct option preparation_options[]; /* of struct preparation_settings */

struct preparation {
    struct scaler scaler;
    struct pca_model plane; /* plane.kept is 0 where rows keep their columns */
};

/* ERR_USAGE: words that are none of --reduce's; ERR_INPUT: --reduce for a detector that takes cells. */
enum status preparation_check(const struct preparation_settings *settings, int takes_cells) MUST_CHECK;

/* Of settings that were checked: D of --reduce, 0 where rows keep their columns; and how many columns rows of
 * `columns` will have. */
int preparation_components(const struct preparation_settings *settings);
int preparation_columns(const struct preparation_settings *settings, int columns);

/* From raw rows, which stay as they are. ERR_INPUT: --reduce asks for more components than the rows have.
 * `preparation` is zeroed; release it whatever came. */
enum status preparation_fit(struct preparation *preparation, struct backend *backend,
                            const struct preparation_settings *settings, const struct rows *rows,
                            int takes_cells) MUST_CHECK;
void preparation_release(struct preparation *preparation);

/* Raw rows → prepared ones in the same memory; rows->x.columns may shrink. */
enum status preparation_apply(const struct preparation *preparation, struct rows *rows) MUST_CHECK;

/* "variance_kept", the share of it that the components hold; nothing where rows keep their columns. */
enum status preparation_describe(const struct preparation *preparation, struct attributes *told) MUST_CHECK;

/* Settings → attributes "scale_floor" and "reduce", and back: both must be there (preparation_record of
 * settings that are all zero puts the standard ones in), and a text is borrowed from them. ERR_INPUT. */
enum status preparation_record(const struct preparation_settings *settings,
                               struct attributes *told) MUST_CHECK;
enum status preparation_restore(struct preparation_settings *settings,
                                const struct attributes *told) MUST_CHECK;

/* `mean` and `scale` [columns], and the group `reduction` where rows are reduced, in the group `name` of a
 * store. Files are hostile: ERR_INPUT. */
enum status preparation_save(const struct preparation *preparation, struct store *store,
                             const char *name) MUST_CHECK;
enum status preparation_load(struct preparation *preparation, const struct preparation_settings *settings,
                             struct store *store, const char *name) MUST_CHECK;

#endif
