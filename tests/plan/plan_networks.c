/* Asks the real cuDNN, without a device, for every graph that the networks need on one card:
 *
 *   plan_networks CARD [FILE]    FILE: a CSV line for each plan
 *
 * Plans are built by cuDNN's own heuristics, checks and engines; nothing is executed. A process asks for one
 * card: after a refusal cuDNN 9.19 has been seen to answer for a second card as for the first. */
#include "test.h"

#include "cuda/graph_net.h"
#include "plan_cards.h"

#include <cudnn_graph.h>

/* One patch, the least there is; what `extract` takes at once by default, a recording of ten seconds; and
 * larger chunks that keep a card of a computing centre busy, the last at 14 such recordings. */
static const int batches[] = { 1, 18, 64, 256 };
enum { N_BATCHES = sizeof batches / sizeof *batches };

/* More than a card of 16 GB would want to give beside features, weights and the layers' tensors. */
static const size_t most_workspace = (size_t)512 << 20;

static struct run {
    const struct plan_card *card;
    struct graph_device *device;
    FILE *csv;
} run;

/* All networks at one precision. */
struct sums {
    int plans, tensor_cores, fallbacks, refused;
    size_t workspace;
};

static void write_line(const char *network, const struct graph_conv *conv, const struct graph_report *report)
{
    if (!run.csv) return;
    fprintf(run.csv, "%s,%s,%s,%d,%dx%dx%d/%d,%dx%dx%d/%d,%dx%d/%d,%d,%d,0x%x,%zu,%d,%d\n", run.card->name,
            network, graph_precision_name(conv->precision), conv->n_patches, conv->in_channels,
            conv->in_height, conv->in_width, conv->in_pitch, conv->out_channels, conv->out_height,
            conv->out_width, conv->out_pitch, conv->size, conv->size, conv->stride, conv->residual,
            report->engine, report->notes, report->workspace, report->fallback, report->forbidden);
}

/* All that an engine's arithmetic may be, said a second time: the wrapper rules out, this lets in. */
static unsigned allowed(enum graph_precision precision)
{
    return precision == GRAPH_FP32 ? GRAPH_STRICT_NAN : GRAPH_STRICT_NAN | GRAPH_TENSOR_CORE;
}

static void add(struct sums *sums, const struct graph_report *report)
{
    sums->plans++;
    sums->tensor_cores += (report->notes & GRAPH_TENSOR_CORE) != 0;
    sums->fallbacks += report->fallback;
    sums->refused += report->refused;
    if (report->workspace > sums->workspace) sums->workspace = report->workspace;
}

static void plan(const char *network, const struct graph_conv *conv, struct sums *sums)
{
    struct graph *graph;
    if (graph_open(&graph, run.device, conv, most_workspace) != OK)
        fail_msg("%s, %s, %d patches of %dx%dx%d to %d channels: %s", network,
                 graph_precision_name(conv->precision), conv->n_patches, conv->in_channels, conv->in_height,
                 conv->in_width, conv->out_channels, status_sentence());
    const struct graph_report *report = graph_report(graph);
    assert_int_equal(report->notes & ~allowed(conv->precision), 0);
    assert_true(report->workspace <= most_workspace);
    write_line(network, conv, report);
    add(sums, report);
    graph_close(&graph);
}

static void plan_network(const struct net *net, int n_patches, enum graph_precision precision,
                         struct sums *sums)
{
    struct graph_net table;
    assert_ok(graph_net_plan(&table, net, net->n_layers - 1, n_patches, precision));
    for (int i = 0; i < table.n_convs; i++) plan(net->name, &table.convs[i], sums);
}

static void plan_precision(enum graph_precision precision)
{
    struct sums sums = { 0 };
    const struct net *net;
    for (int n = 0; (net = net_number(n)); n++)
        for (int b = 0; b < N_BATCHES; b++) plan_network(net, batches[b], precision, &sums);
    printf("| %s | %s | %d | %d | %d | %.0f MiB |\n", run.card->title, graph_precision_name(precision),
           sums.plans, sums.tensor_cores, sums.fallbacks, (double)sums.workspace / (1 << 20));
    assert_true(sums.plans > 0);
    /* Where tensor cores are allowed and there are any, a policy that let none through would be wrong. */
    if (precision == GRAPH_FP16) assert_true(sums.tensor_cores > sums.plans / 2);
}

static void fp32_is_strict(void **state)
{
    (void)state;
    plan_precision(GRAPH_FP32);
}

static void tf32_may_use_tensor_cores(void **state)
{
    (void)state;
    plan_precision(GRAPH_TF32);
}

static void fp16_sums_in_float(void **state)
{
    (void)state;
    plan_precision(GRAPH_FP16);
}

static int open_run(void **state)
{
    char json[1024];
    (void)state;
    plan_card_json(run.card, json, sizeof json);
    assert_ok(graph_device_open(&run.device, NULL, json));
    return 0;
}

static int close_run(void **state)
{
    (void)state;
    graph_device_close(&run.device);
    if (run.csv) fclose(run.csv);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fp32_is_strict),
        cmocka_unit_test(tf32_may_use_tensor_cores),
        cmocka_unit_test(fp16_sums_in_float),
    };
    run.card = argc > 1 ? plan_card_find(argv[1]) : NULL;
    if (!run.card) return skipped("name a card of plan_cards.c");
    run.csv = argc > 2 ? fopen(argv[2], "w") : NULL;
    if (run.csv)
        fputs("card,network,precision,patches,in/pitch,out/"
              "pitch,window,residual,engine,notes,workspace,fallback,"
              "forbidden\n",
              run.csv);
    printf("cuDNN %zu, for a card that is only described\n", cudnnGetVersion());
    return cmocka_run_group_tests(tests, open_run, close_run);
}
