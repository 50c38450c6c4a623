#include "detect/iforest.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AUTO_SAMPLES = 256, MOST_SAMPLES = 1 << 20, MOST_TREES = 1 << 16 };

/* scikit-learn's FEATURE_THRESHOLD: a column whose values are this near to each other is constant. */
static const float CONSTANT_WITHIN = 1e-7f;

static const double EULER_GAMMA = 0.57721566490153286061;

static const struct option options[] = {
    { .name = "trees",
      .type = OPTION_INTEGER,
      .offset = offsetof(struct iforest_settings, trees),
      .standard = "128",
      .low = 1,
      .high = MOST_TREES,
      .alias = "n-estimators",
      .metavar = "N",
      .help = "trees in the forest",
      .shapes = 1 },
    { .name = "max-samples",
      .type = OPTION_TEXT,
      .offset = offsetof(struct iforest_settings, max_samples),
      .standard = "auto",
      .metavar = "N",
      .help = "patches that each tree is grown on; auto: 256, or all where there are fewer",
      .shapes = 1 },
    DETECTOR_SEED(struct iforest_settings),
    { 0 },
};

/* -------------------------------------------------------------------------------------------- settings */

static enum status parse_samples(const char *text, int *most)
{
    char *end;
    *most = AUTO_SAMPLES;
    if (strcmp(text, "auto") == 0) return OK;
    errno = 0;
    const long number = strtol(text, &end, 10);
    REQUIRE(errno == 0 && end != text && !*end && number >= 2 && number <= MOST_SAMPLES, ERR_USAGE,
            "--max-samples %s: expected auto or a whole number from 2 to %d", text, (int)MOST_SAMPLES);
    *most = (int)number;
    return OK;
}

static enum status check(const void *settings, int rows, int columns)
{
    const struct iforest_settings *s = settings;
    int most;
    (void)columns;
    TRY(parse_samples(s->max_samples, &most));
    REQUIRE(rows >= 2, ERR_INPUT, "%d patch%s to learn from, at least 2 are needed", rows,
            rows == 1 ? "" : "es");
    return OK;
}

void iforest_model_release(struct iforest_model *model)
{
    memory_free(model->tree_nodes);
    memory_free(model->nodes);
    *model = (struct iforest_model){ 0 };
}

static void release(void *model)
{
    iforest_model_release(model);
}

/* --------------------------------------------------------------------------------------------- growing */

double iforest_average_path(int n)
{
    if (n <= 1) return 0;
    if (n == 2) return 1;
    return 2 * (log(n - 1.0) + EULER_GAMMA) - 2 * (n - 1.0) / n;
}

struct growing {
    const struct matrix *x;
    struct rng rng;
    int max_depth;
    int *order;   /* [rows] the first `samples` of them are the tree's; a node has a run of these */
    int *columns; /* [columns] those that may still be split on stand first */
    struct iforest_model *model;
    size_t root; /* of the tree that grows */
};

struct node_rows {
    int *rows; /* [n] in the tree's order */
    int n, depth;
    int n_live; /* columns that were not found to be constant in a node above */
};

static void find_range(const struct matrix *x, const struct node_rows *node, int column, float *least,
                       float *largest)
{
    *least = *largest = matrix_row(x, node->rows[0])[column];
    for (int i = 1; i < node->n; i++) {
        const float value = matrix_row(x, node->rows[i])[column];
        if (value < *least) *least = value;
        if (value > *largest) *largest = value;
    }
}

static void swap(int *a, int *b)
{
    const int kept = *a;
    *a = *b;
    *b = kept;
}

/* 0: all columns are constant in this node. What is constant here stays so below: it leaves the live ones. */
static int draw_split(struct growing *g, struct node_rows *node, struct iforest_node *split)
{
    while (node->n_live > 0) {
        float least, largest;
        const int drawn = (int)rng_below(&g->rng, (uint64_t)node->n_live);
        split->feature = g->columns[drawn];
        find_range(g->x, node, split->feature, &least, &largest);
        if (largest > least + CONSTANT_WITHIN) {
            const double from = (double)least, to = (double)largest;
            split->value = from + rng_uniform(&g->rng) * (to - from);
            if (split->value >= to) split->value = from; /* rounded up: the right side must not be empty */
            return 1;
        }
        swap(&g->columns[drawn], &g->columns[--node->n_live]);
    }
    return 0;
}

/* Rows that go left are put first; how many they are. */
static int part_rows(const struct matrix *x, const struct node_rows *node, const struct iforest_node *split)
{
    int n_left = 0;
    for (int i = 0; i < node->n; i++)
        if ((double)matrix_row(x, node->rows[i])[split->feature] <= split->value)
            swap(&node->rows[i], &node->rows[n_left++]);
    return n_left;
}

static enum status new_node(struct iforest_model *model, size_t *place)
{
    TRY(memory_grow((void **)&model->nodes, &model->capacity, model->n_nodes, sizeof *model->nodes));
    *place = model->n_nodes++;
    return OK;
}

/* A node and all below it; at most 20 deep, see MOST_SAMPLES. */
static enum status grow(struct growing *g, struct node_rows node)
{
    size_t place;
    struct iforest_node split = { .right = 0 };
    TRY(new_node(g->model, &place));
    if (node.depth >= g->max_depth || node.n < 2 || !draw_split(g, &node, &split)) {
        const double path = node.depth + iforest_average_path(node.n);
        g->model->nodes[place] = (struct iforest_node){ .feature = -1, .value = path };
        return OK;
    }
    const int n_left = part_rows(g->x, &node, &split);
    const int depth = node.depth + 1;
    TRY(grow(g, (struct node_rows){ node.rows, n_left, depth, node.n_live }));
    split.right = (int)(g->model->n_nodes - g->root);
    g->model->nodes[place] = split;
    return grow(g, (struct node_rows){ node.rows + n_left, node.n - n_left, depth, node.n_live });
}

/* `samples` different rows, each set of them equally likely, whatever order they stand in before. */
static void draw_rows(struct rng *rng, int *order, int rows, int samples)
{
    for (int i = 0; i < samples; i++) swap(&order[i], &order[i + (int)rng_below(rng, (uint64_t)(rows - i))]);
}

static enum status grow_tree(struct growing *g, int seed, int tree)
{
    g->rng = rng_seeded((uint64_t)seed, (uint64_t)tree);
    g->root = g->model->n_nodes;
    draw_rows(&g->rng, g->order, g->x->rows, g->model->samples);
    TRY(grow(g, (struct node_rows){ g->order, g->model->samples, 0, g->x->columns }));
    g->model->tree_nodes[tree] = (int)(g->model->n_nodes - g->root);
    return OK;
}

static enum status growing_init(struct growing *g, const struct matrix *x, struct iforest_model *model)
{
    *g = (struct growing){ .x = x, .model = model };
    while (1 << g->max_depth < model->samples) g->max_depth++;
    TRY(memory_check(g->order = memory_new((size_t)x->rows, sizeof *g->order)));
    TRY(memory_check(g->columns = memory_new((size_t)x->columns, sizeof *g->columns)));
    for (int n = 0; n < x->rows; n++) g->order[n] = n;
    for (int j = 0; j < x->columns; j++) g->columns[j] = j;
    return OK;
}

static void growing_release(struct growing *g)
{
    memory_free(g->order);
    memory_free(g->columns);
}

static enum status fit(struct backend *backend, const void *settings, const struct rows *rows, void *out)
{
    const struct iforest_settings *s = settings;
    struct iforest_model *model = out;
    struct growing g = { 0 };
    enum status status;
    (void)backend;
    TRY(rows_check(rows, rows->x.columns));
    TRY(parse_samples(s->max_samples, &model->samples));
    if (model->samples > rows->x.rows && strcmp(s->max_samples, "auto") != 0)
        log_warning("--max-samples %d: there are %d patches, all are taken", model->samples, rows->x.rows);
    if (model->samples > rows->x.rows) model->samples = rows->x.rows;
    model->columns = rows->x.columns;
    model->trees = s->trees;
    TRY(memory_check(model->tree_nodes = memory_new((size_t)s->trees, sizeof *model->tree_nodes)));
    TRY_OR_DONE(growing_init(&g, &rows->x, model));
    for (int t = 0; t < s->trees; t++) TRY_OR_DONE(grow_tree(&g, s->seed, t));
done:
    growing_release(&g);
    return status;
}

/* ----------------------------------------------------------------------------------------------- score */

double iforest_path(const struct iforest_node *root, const float *row)
{
    const struct iforest_node *node = root;
    while (node->feature >= 0)
        node = (double)row[node->feature] <= node->value ? node + 1 : root + node->right;
    return node->value;
}

static double mean_path(const struct iforest_model *model, const float *row)
{
    const struct iforest_node *root = model->nodes;
    double sum = 0;
    for (int t = 0; t < model->trees; t++) {
        sum += iforest_path(root, row);
        root += model->tree_nodes[t];
    }
    return sum / model->trees;
}

static enum status score(struct backend *backend, const void *model, const struct rows *rows, double *score)
{
    const struct iforest_model *forest = model;
    const double average = iforest_average_path(forest->samples);
    (void)backend;
    TRY(rows_check(rows, forest->columns));
    for (int n = 0; n < rows->x.rows; n++)
        score[n] = exp2(-mean_path(forest, matrix_row(&rows->x, n)) / average);
    return OK;
}

const struct detector detector_iforest = {
    .name = "iforest",
    .summary = "isolation forest; a patch's score is high where random cuts part it from others early",
    .options = options,
    .settings_size = sizeof(struct iforest_settings),
    .model_size = sizeof(struct iforest_model),
    .check = check,
    .fit = fit,
    .score = score,
    .save = iforest_save,
    .load = iforest_load,
    .release = release,
    .describe = iforest_describe,
};
