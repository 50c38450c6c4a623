# The CUDA backend whole, on the simulated card (tests/sim/): features are the CPU's, and nothing stays open.
. "$CASES/tiny_corpus.sh"
tiny_corpus --normal 1 --abnormal 1
export EARSHOT_CUDA_PLUGIN=$SIM_PLUGIN EARSHOT_SIM="timing=shuffled seed=3 memory=512 report=1"
extract_tiny corpus/0dB/fan --segment 2 -o by_card.h5 --backend cuda | without_speed
extract_tiny corpus/0dB/fan --segment 2 -o by_cpu.h5 --backend cpu >/dev/null
earshot extract corpus/0dB/fan --network patch --progress none -o auto.h5 >/dev/null

/usr/bin/python3 - <<'CHECK'
import h5py
import numpy

def features(name):
    with h5py.File(name) as f:
        group = f["standardization/fan/id_00/0dB"]
        return f["features"][:] * group["scale"][:] + group["mean"][:]

card, cpu = features("by_card.h5").astype(float), features("by_cpu.h5").astype(float)
cosine = (card * cpu).sum(1) / numpy.sqrt((card**2).sum(1) * (cpu**2).sum(1))
print(card.shape, "cosine at least 0.999999:", bool((cosine >= 0.999999).all()))
CHECK
