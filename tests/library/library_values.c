/* Prints what a compiled program has of earshot.h inside it: enum values, their sizes, the interface's number. These may never
 * change under one soname. */
#include "earshot.h"

#include <stdio.h>

#define PRINT(name) printf("%s %d\n", #name, (int)(name))

int main(void)
{
    PRINT(EARSHOT_ABI);
    PRINT(EARSHOT_OK);
    PRINT(EARSHOT_INTERNAL);
    PRINT(EARSHOT_MEMORY);
    PRINT(EARSHOT_USAGE);
    PRINT(EARSHOT_INPUT);
    PRINT(EARSHOT_POISON);
    PRINT(EARSHOT_DEVICE);
    PRINT(EARSHOT_BUSY);
    PRINT(EARSHOT_TIMEOUT);
    PRINT(EARSHOT_END);
    PRINT(EARSHOT_UNDECIDED);
    PRINT(EARSHOT_NORMAL);
    PRINT(EARSHOT_NOT_NORMAL);
    printf("sizes %zu %zu\n", sizeof(enum earshot_status), sizeof(enum earshot_verdict));
    /* All codes have names, so the list above is the whole of it. */
    int named = 0;
    while (earshot_status_name((enum earshot_status)named)[0] == 'E') named++;
    printf("codes %d, interface %d\n", named, earshot_abi());
    return 0;
}
