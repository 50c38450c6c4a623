/* fuzz_seeds FOLDER: the honest stores as files there, for make_seeds.py. */
#include "fuzz_stores.h"

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    fuzz_stores_make(argv[1]);
    return 0;
}
