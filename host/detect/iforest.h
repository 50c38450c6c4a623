/* Isolation forests with scikit-learn's names and semantics (IsolationForest; Liu, Ting, Zhou: Isolation
 * Forest, 2008). A tree halves a sample of rows at random, until a row is alone or the depth is
 * ceil(log2(samples)):
 *
 *   split        a column, uniform among those that are not constant in the node; a threshold, uniform
 *                between its least and its largest value there; rows at or below it go left
 *   h(row)       depth of the row's leaf + c(rows of the sample in that leaf)
 *   c(n)         2 (ln(n - 1) + gamma) - 2 (n - 1) / n, c(2) = 1, c(1) = 0: what a search in a random binary
 *                tree of n takes on average
 *   score(row)   2^(-mean over trees of h(row) / c(samples)), which is scikit-learn's -score_samples */
#ifndef IFOREST_H
#define IFOREST_H

#include "detect/detector.h"

struct iforest_settings {
    int trees;
    const char *max_samples; /* "auto" or a number */
    int seed;
};

/* Nodes of a tree stand in the order in which they were grown: the left child follows its parent. */
struct iforest_node {
    int feature;  /* -1: a leaf */
    int right;    /* child, counted from the tree's root; leaf: 0 */
    double value; /* threshold; leaf: h */
};

struct iforest_model {
    int columns, trees, samples; /* samples: rows that each tree was grown on */
    int *tree_nodes;             /* [trees] how many nodes each has */
    struct iforest_node *nodes;  /* [n_nodes] tree after tree */
    size_t n_nodes, capacity;
};

double iforest_average_path(int n); /* c(n) */

/* h(row) in the tree whose root is given. */
double iforest_path(const struct iforest_node *root, const float *row);

void iforest_model_release(struct iforest_model *model);
enum status iforest_describe(const void *model, struct attributes *told) MUST_CHECK;
enum status iforest_save(const void *model, struct store *store, const char *name) MUST_CHECK;
enum status iforest_load(void *model, struct store *store, const char *name) MUST_CHECK;

#endif
