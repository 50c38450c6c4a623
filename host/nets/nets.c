#include "nets/net.h"

static const struct net *const nets[] = {
    &net_alexnet, &net_resnet18, &net_resnet34, &net_squeezenet1_0, &net_squeezenet1_1,
};

const struct net *net_number(int i)
{
    return i >= 0 && i < (int)(sizeof nets / sizeof *nets) ? nets[i] : NULL;
}
