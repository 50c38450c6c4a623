#include "eval/paper_table.h"

#include <string.h>

const struct paper_column paper_columns[PAPER_COLUMNS] = {
    { "fan", "id_00", "M0" },    { "fan", "id_02", "M2" },    { "fan", "id_04", "M4" },
    { "fan", "id_06", "M6" },    { "pump", "id_00", "M0" },   { "pump", "id_02", "M2" },
    { "pump", "id_04", "M4" },   { "pump", "id_06", "M6" },   { "slider", "id_00", "M0" },
    { "slider", "id_02", "M2" }, { "slider", "id_04", "M4" }, { "slider", "id_06", "M6" },
    { "valve", "id_00", "M0" },  { "valve", "id_02", "M2" },  { "valve", "id_04", "M4" },
    { "valve", "id_06", "M6" }
};

/* clang-format off */
const struct paper_row paper_rows[PAPER_ROWS] = {
    { "AlexNet", "GMM", "alexnet", "gmm", { 57.7, 61.7, 53.9, 94.5, 84.1, 70.8, 81.6, 66.0, 98.3, 80.9, 61.4, 57.5, 60.2, 69.2, 59.9, 53.5 } },
    { "AlexNet", "B-GMM", "alexnet", "bgmm", { 50.9, 61.4, 47.7, 82.2, 71.8, 60.2, 73.4, 53.3, 83.2, 65.0, 50.0, 57.0, 55.2, 62.7, 51.4, 48.3 } },
    { "AlexNet", "IF", "alexnet", "iforest", { 53.1, 59.7, 48.9, 84.6, 75.9, 62.4, 75.0, 55.9, 89.4, 69.0, 51.9, 56.2, 50.1, 63.4, 53.3, 49.8 } },
    { "AlexNet", "KDE", "alexnet", "kde", { 55.7, 59.1, 50.5, 90.3, 76.4, 65.9, 74.8, 61.0, 97.8, 79.3, 59.7, 55.0, 54.6, 64.4, 57.1, 51.4 } },
    { "AlexNet", "OC-SVM", "alexnet", "ocsvm", { 51.0, 73.1, 59.7, 93.2, 77.5, 56.4, 81.1, 60.1, 96.2, 81.4, 53.6, 56.5, 61.6, 73.6, 48.3, 48.9 } },
    { "ResNet18", "GMM", "resnet18", "gmm", { 62.6, 64.1, 59.3, 94.4, 84.5, 71.3, 84.0, 68.3, 99.1, 85.8, 68.8, 65.6, 58.3, 73.3, 60.2, 56.9 } },
    { "ResNet18", "B-GMM", "resnet18", "bgmm", { 59.2, 60.5, 54.8, 91.0, 79.1, 69.7, 79.4, 59.5, 98.3, 77.7, 61.4, 61.2, 70.1, 71.7, 56.1, 50.3 } },
    { "ResNet18", "IF", "resnet18", "iforest", { 58.0, 60.5, 55.3, 86.5, 70.8, 59.0, 77.3, 54.6, 97.7, 72.7, 60.6, 61.2, 56.5, 69.8, 58.2, 47.5 } },
    { "ResNet18", "KDE", "resnet18", "kde", { 57.9, 59.1, 55.6, 85.9, 76.6, 56.5, 76.7, 62.2, 98.1, 77.0, 61.2, 60.9, 57.6, 62.9, 56.8, 49.7 } },
    { "ResNet18", "OC-SVM", "resnet18", "ocsvm", { 55.0, 68.8, 57.4, 87.7, 71.6, 55.2, 78.6, 60.6, 96.7, 79.6, 69.3, 66.2, 61.1, 76.1, 56.8, 43.1 } },
    { "ResNet34", "GMM", "resnet34", "gmm", { 58.7, 65.6, 57.0, 90.9, 78.4, 66.8, 87.9, 63.2, 99.6, 90.4, 82.5, 69.1, 73.0, 79.1, 60.1, 61.9 } },
    { "ResNet34", "B-GMM", "resnet34", "bgmm", { 55.7, 61.8, 52.3, 85.8, 71.5, 61.1, 84.5, 55.2, 99.2, 85.4, 72.3, 63.6, 70.8, 76.2, 59.3, 57.9 } },
    { "ResNet34", "IF", "resnet34", "iforest", { 53.9, 62.0, 49.9, 82.2, 52.3, 48.3, 79.3, 49.4, 98.6, 83.1, 69.5, 60.2, 65.9, 71.2, 60.3, 54.0 } },
    { "ResNet34", "KDE", "resnet34", "kde", { 55.0, 62.6, 52.3, 83.1, 62.0, 51.8, 82.8, 58.3, 99.0, 84.0, 68.2, 62.2, 67.5, 71.9, 53.9, 58.2 } },
    { "ResNet34", "OC-SVM", "resnet34", "ocsvm", { 50.1, 67.4, 57.5, 83.0, 64.9, 51.5, 81.2, 60.2, 96.8, 85.0, 71.4, 64.3, 75.6, 77.8, 64.3, 53.1 } },
    { "SqueezeNet", "GMM", "squeezenet", "gmm", { 56.1, 60.4, 49.4, 83.4, 72.1, 46.4, 87.6, 60.8, 96.7, 76.8, 52.1, 62.9, 62.8, 75.3, 53.3, 57.3 } },
    { "SqueezeNet", "B-GMM", "squeezenet", "bgmm", { 54.4, 59.8, 47.0, 84.5, 72.3, 48.2, 86.2, 69.0, 95.0, 78.8, 55.8, 65.0, 63.8, 74.0, 52.4, 56.8 } },
    { "SqueezeNet", "IF", "squeezenet", "iforest", { 53.2, 64.0, 44.8, 84.6, 76.1, 45.5, 85.3, 60.2, 98.9, 78.2, 53.1, 70.6, 56.6, 68.7, 51.5, 56.6 } },
    { "SqueezeNet", "KDE", "squeezenet", "kde", { 54.4, 60.5, 47.0, 84.3, 74.5, 45.2, 86.5, 61.4, 98.7, 80.8, 56.4, 69.2, 65.0, 74.5, 52.8, 57.7 } },
    { "SqueezeNet", "OC-SVM", "squeezenet", "ocsvm", { 55.6, 64.8, 46.2, 86.7, 78.8, 49.4, 88.4, 62.3, 99.2, 81.5, 59.4, 71.6, 69.0, 71.3, 53.1, 58.2 } },
    { "LeNet-DCAE", "", "patch", "lenet_dcae", { 49.1, 57.0, 53.2, 66.9, 65.3, 54.4, 76.0, 66.6, 95.9, 70.4, 56.2, 50.6, 42.3, 55.6, 51.2, 45.5 } },
    { "Small-DCAE", "", "patch", "small_dcae", { 48.3, 54.1, 49.3, 63.7, 69.9, 52.9, 73.1, 69.2, 95.3, 68.4, 55.7, 53.3, 36.6, 57.2, 51.2, 45.4 } },
};
/* clang-format on */

const struct paper_count paper_extractor_counts[] = { { "ResNet34", 6, 6 },     { "ResNet18", 3, 5 },
                                                      { "AlexNet", 3, 2 },      { "SqueezeNet", 2, 2 },
                                                      { "Autoencoders", 1, 0 }, { 0 } };
const struct paper_count paper_detector_counts[] = { { "GMM", 9, 8 },
                                                     { "OC-SVM", 6, 2 },
                                                     { "Autoencoders", 1, 0 },
                                                     { "B-GMM", 0, 3 },
                                                     { "IF", 0, 2 },
                                                     { "KDE", 0, 0 },
                                                     { 0 } };

int paper_row_of(const char *network, const char *detector)
{
    for (int r = 0; r < PAPER_ROWS; r++)
        if (strncmp(paper_rows[r].network, network, strlen(paper_rows[r].network)) == 0 &&
            strcmp(paper_rows[r].our_detector, detector) == 0)
            return r;
    return -1;
}

int paper_column_of(const char *machine, const char *id)
{
    for (int c = 0; c < PAPER_COLUMNS; c++)
        if (strcmp(paper_columns[c].machine, machine) == 0 && strcmp(paper_columns[c].id, id) == 0) return c;
    return -1;
}
