# What a person sees of the main job.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_tiny corpus -o features.h5 | without_speed
ls
