# For cases that compute: small recordings and quick extractions. Sourced.

# corpus/: four kinds of machines, four normal and two abnormal recordings of each; --normal N … change that.
tiny_corpus() {
    earshot synth corpus --seconds 2 --normal 4 --abnormal 2 --quiet "$@" >synth.out
}

# Features of a small network: extract_tiny PATH... -o F.h5 [options]
extract_tiny() {
    earshot extract --network squeezenet1_1 --weights seeded:1 --quiet "$@"
}

# No network at all, for cases that only ask what happens to files: extract_patches PATH... -o F.h5 [options]
extract_patches() {
    earshot extract --network patch --quiet "$@"
}

# What differs from run to run, in what extract prints.
without_speed() {
    sed -E 's/: [0-9.]+ recordings\/s, [0-9.]+ × real time$/: SPEED/; s/\((avx2|generic)\)/(ISA)/'
}
