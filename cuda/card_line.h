/* A line on a card: one stream, and all that it needs taken when it opens. */
#ifndef CARD_LINE_H
#define CARD_LINE_H

#include "backend/backend.h"

/* `ops` is the line's table, `number` the card's. */
enum status card_line_open(const struct backend_ops *ops, int number, const struct line_spec *spec,
                           struct line **out) MUST_CHECK;
void card_line_close(struct line **line);

/* The steps of backend.h. Each puts its work into the stream and returns; a batch waits once, in sync. */
enum status card_line_upload(struct line *line, const struct clip *clips, int n_clips) MUST_CHECK;
enum status card_line_logmel(struct line *line) MUST_CHECK;
enum status card_line_picture(struct line *line, int first_patch, int n_patches) MUST_CHECK;
enum status card_line_net(struct line *line, int first_patch, int n_patches) MUST_CHECK;
enum status card_line_download(struct line *line, float *features) MUST_CHECK;
enum status card_line_download_decibel(struct line *line, float *decibel) MUST_CHECK;
enum status card_line_sync(struct line *line) MUST_CHECK;

#endif
