#include "eval/crew_place.h"

enum status crew_open_at(struct crew *crew, const struct place *place, int most)
{
    const struct backend_options options = { .device = place->device,
                                             .device_then = place->device_then,
                                             .conv = (enum conv_choice)place->conv };
    struct backend *whole;
    *crew = (struct crew){ 0 };
    TRY(place_open(&whole, place));
    return crew_open(crew, &whole, &options, most);
}
