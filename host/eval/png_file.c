#include "eval/png_file.h"

#include "core/memory.h"
#include "core/output.h"

#include <png.h>

enum status png_encode(const uint8_t *rgb, int width, int height, uint8_t **png, size_t *size)
{
    *png = NULL;
    REQUIRE(width > 0 && height > 0, ERR_INTERNAL, "a picture of %d x %d pixels cannot be written", width,
            height);
    png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    TRY(memory_check(*png = memory_new(bytes, 1)));
    if (!png_image_write_to_memory(&image, *png, &bytes, 0, rgb, 0, NULL)) {
        memory_free(*png);
        *png = NULL;
        return fail(ERR_INTERNAL, "a picture of %d x %d pixels: %s", width, height, image.message);
    }
    *size = bytes;
    return OK;
}

enum status png_write(const char *path, const uint8_t *rgb, int width, int height)
{
    uint8_t *png;
    size_t size;
    struct output *output = NULL;
    TRY(png_encode(rgb, width, height, &png, &size));
    enum status status = output_open(&output, path);
    if (status == OK) {
        fwrite(png, 1, size, output_stream(output));
        status = output_commit(&output);
    }
    memory_free(png);
    return status;
}
