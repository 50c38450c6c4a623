/* The library that stand_in_plugin.c needs and the loader does not find. */
int stand_in_lost(void);

int stand_in_lost(void)
{
    return 0;
}
