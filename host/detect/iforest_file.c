/* A forest in a model file: `tree_nodes` [trees] and, of all nodes, tree after tree, `feature` (-1: a leaf),
 * `right` and `value`; columns, samples and what fit told are attributes. */
#include "detect/iforest.h"

#include "core/memory.h"
#include "detect/saved.h"

#include <limits.h>

/* The parts of the nodes side by side, as the file has them. */
struct columns_of_nodes {
    int *feature, *right;
    double *value;
};

static enum status columns_init(struct columns_of_nodes *c, size_t n_nodes)
{
    TRY(memory_check(c->feature = memory_new(n_nodes, sizeof *c->feature)));
    TRY(memory_check(c->right = memory_new(n_nodes, sizeof *c->right)));
    return memory_check(c->value = memory_new(n_nodes, sizeof *c->value));
}

static void columns_release(struct columns_of_nodes *c)
{
    memory_free(c->feature);
    memory_free(c->right);
    memory_free(c->value);
}

enum status iforest_describe(const void *model, struct attributes *told)
{
    const struct iforest_model *forest = model;
    TRY(attributes_set_integer(told, "samples", forest->samples));
    return attributes_set_integer(told, "nodes", (long long)forest->n_nodes);
}

static enum status save_nodes(const struct iforest_model *forest, struct store *store, const char *group)
{
    struct columns_of_nodes c = { 0 };
    enum status status;
    TRY_OR_DONE(columns_init(&c, forest->n_nodes));
    for (size_t i = 0; i < forest->n_nodes; i++) {
        c.feature[i] = forest->nodes[i].feature;
        c.right[i] = forest->nodes[i].right;
        c.value[i] = forest->nodes[i].value;
    }
    TRY_OR_DONE(saved_put(store, group, "feature", STORE_INT32, forest->n_nodes, 0, c.feature));
    TRY_OR_DONE(saved_put(store, group, "right", STORE_INT32, forest->n_nodes, 0, c.right));
    TRY_OR_DONE(saved_put(store, group, "value", STORE_DOUBLE, forest->n_nodes, 0, c.value));
done:
    columns_release(&c);
    return status;
}

enum status iforest_save(const void *model, struct store *store, const char *name)
{
    const struct iforest_model *forest = model;
    struct attributes told = { 0 };
    enum status status;
    TRY_OR_DONE(
        saved_put(store, name, "tree_nodes", STORE_INT32, (size_t)forest->trees, 0, forest->tree_nodes));
    TRY_OR_DONE(save_nodes(forest, store, name));
    TRY_OR_DONE(iforest_describe(model, &told));
    TRY_OR_DONE(attributes_set_integer(&told, "columns", forest->columns));
    TRY_OR_DONE(store_set(store, name, &told));
done:
    attributes_release(&told);
    return status;
}

/* ------------------------------------------------------------------------------------------------ load */

static enum status load_told(struct store *store, const char *group, struct iforest_model *forest)
{
    struct attributes told = { 0 };
    enum status status = store_get(store, group, &told);
    const long long samples = attributes_integer(&told, "samples", 0);
    const long long columns = attributes_integer(&told, "columns", 0);
    attributes_release(&told);
    if (status != OK) return status;
    REQUIRE(samples >= 2 && samples <= INT_MAX && columns >= 1 && columns <= INT_MAX, ERR_INPUT,
            "%s: %s: a forest of %lld samples of %lld columns", store_path(store), group, samples, columns);
    forest->samples = (int)samples;
    forest->columns = (int)columns;
    return OK;
}

static enum status load_nodes(struct store *store, const char *group, struct iforest_model *forest)
{
    struct columns_of_nodes c = { 0 };
    enum status status;
    TRY_OR_DONE(columns_init(&c, forest->n_nodes));
    TRY_OR_DONE(saved_integers(store, group, "feature", forest->n_nodes, c.feature));
    TRY_OR_DONE(saved_integers(store, group, "right", forest->n_nodes, c.right));
    TRY_OR_DONE(saved_doubles(store, group, "value", forest->n_nodes, 0, c.value));
    TRY_OR_DONE(memory_check(forest->nodes = memory_new(forest->n_nodes, sizeof *forest->nodes)));
    for (size_t i = 0; i < forest->n_nodes; i++)
        forest->nodes[i] = (struct iforest_node){ c.feature[i], c.right[i], c.value[i] };
done:
    columns_release(&c);
    return status;
}

static int is_leaf(const struct iforest_node *node)
{
    return node->feature == -1 && node->value >= 0;
}

/* Both children come after their parent and within the tree of n: every path ends. */
static int is_split(const struct iforest_node *node, int place, int n, int columns)
{
    return node->feature >= 0 && node->feature < columns && node->right > place + 1 && node->right < n;
}

static enum status check_trees(struct store *store, const char *group, const struct iforest_model *forest)
{
    size_t first = 0;
    for (int t = 0; t < forest->trees; t++) {
        const int n = forest->tree_nodes[t];
        REQUIRE(n >= 1 && (size_t)n <= forest->n_nodes - first, ERR_INPUT,
                "%s: %s: tree %d has %d nodes, there are %zu left", store_path(store), group, t, n,
                forest->n_nodes - first);
        for (int i = 0; i < n; i++)
            REQUIRE(is_leaf(&forest->nodes[first + i]) ||
                        is_split(&forest->nodes[first + i], i, n, forest->columns),
                    ERR_INPUT, "%s: %s: node %d of tree %d is neither a leaf nor a split", store_path(store),
                    group, i, t);
        first += (size_t)n;
    }
    REQUIRE(first == forest->n_nodes, ERR_INPUT, "%s: %s: %zu nodes belong to no tree", store_path(store),
            group, forest->n_nodes - first);
    return OK;
}

enum status iforest_load(void *model, struct store *store, const char *group)
{
    struct iforest_model *forest = model;
    size_t trees, none;
    TRY(load_told(store, group, forest));
    TRY(saved_shape(store, group, "tree_nodes", INT_MAX, &trees, &none));
    TRY(saved_shape(store, group, "value", SIZE_MAX, &forest->n_nodes, &none));
    forest->trees = (int)trees;
    TRY(memory_check(forest->tree_nodes = memory_new(trees, sizeof *forest->tree_nodes)));
    TRY(saved_integers(store, group, "tree_nodes", trees, forest->tree_nodes));
    TRY(load_nodes(store, group, forest));
    return check_trees(store, group, forest);
}
