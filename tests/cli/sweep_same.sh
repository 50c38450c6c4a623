# A sweep gives what single runs give, byte for byte; what is there is used by a larger one; its numbers hold together.
. "$CASES/tiny_corpus.sh"
tiny_corpus --machines fan,valve
cat >spec.yaml <<'YAML'
recordings: corpus
network: [squeezenet1_1, patch]
offset: [16, 32]
detector: [knn, iforest]
weights: seeded:1
trees: 8
YAML
earshot sweep spec.yaml -o sweep --seeds 2 --quiet >first.txt
grep -vE '(knn|iforest) ' first.txt | sed -E 's/ +/ /g; s/^[0-9]+ of 8/N of 8/'

echo "each by itself:"
for network in squeezenet1_1 patch; do
    for offset in 16 32; do
        earshot extract corpus -o alone.h5 --network $network --weights seeded:1 --offset $offset --overwrite --quiet >/dev/null
        for file in sweep/features/$network-*.h5; do cmp -s alone.h5 "$file" && name=$(basename "$file" .h5); done
        earshot eval alone.h5 -o alone --detector knn,iforest --trees 8 --seeds 2 --overwrite --quiet >/dev/null
        # the axis stands between the features' name and the columns of results.csv
        grep ",$name,$offset," sweep/results.csv | cut -d, -f4- | sort >of_sweep
        cmp of_sweep <(tail -n +2 alone/results.csv | sort) && echo "$network $offset: the same features and results"
    done
done

echo "layers that come with one pass of the network:"
layers=(avgpool2x2 features.11.squeeze features.9.squeeze)
earshot sweep corpus/0dB/fan -o layers --network squeezenet1_1 --weights seeded:1 --layer "$(IFS=,; echo "${layers[*]}")" --offset 24,48 \
    --detector knn --seeds 1 2>layers.err >layers.txt
grep -oE '[0-9]+ of them with others' layers.err
for layer in "${layers[@]}"; do
    for offset in 24 48; do
        extract_tiny corpus/0dB/fan -o alone.h5 --layer "$layer" --offset $offset --overwrite >/dev/null
        for file in layers/features/*.h5; do cmp -s alone.h5 "$file" && echo "$layer $offset: the same features"; done
    done
done

echo "larger, with another split, offset and detector option:"
earshot sweep spec.yaml -o sweep --seeds 3 --offset 16,32,48 --k 1,2 --detector knn --json >second.txt 2>second.err
grep -oE '[0-9]+ settings of .*' second.err
grep -oE '[0-9]+ splits computed.*' second.err | sort | uniq -c | sed 's/^ *//'
/usr/bin/python3 - <<'PY'
import csv, json, math, xml.dom.minidom
def value(row, name): return float(row[name])
rows = list(csv.DictReader(open("sweep/results.csv")))
summary = list(csv.DictReader(open("sweep/summary.csv")))
told = json.loads(open("second.txt").read().splitlines()[-1])
print(len(rows), "rows,", len(summary), "settings,", len(told["settings"]), "told, random:", told["random_weights"])
def means(setting):
    by_seed = {}
    for row in rows:
        if row["setting"] == setting: by_seed.setdefault(int(row["seed"]), []).append(float(row["auc"]))
    return [sum(v) / len(v) for _, v in sorted(by_seed.items())]
def around(v):
    m = sum(v) / len(v)
    half = 4.303 * math.sqrt(sum((x - m) ** 2 for x in v) / 2 / 3)  # t of 2 degrees of freedom, 3 splits
    return m, m - half, m + half
best = means(summary[0]["setting"])
for row in summary:
    own = means(row["setting"])
    m, low, high = around(own)
    assert abs(value(row, "auc") - m) < 1e-9 and m <= value(summary[0], "auc") + 1e-9
    assert abs(value(row, "auc_low_splits") - max(low, 0)) < 1e-9 and abs(value(row, "auc_high_splits") - min(high, 1)) < 1e-9
    m, low, high = around([b - o for b, o in zip(best, own)])
    assert abs(value(row, "behind_best") - m) < 1e-9 and abs(value(row, "behind_low") - low) < 1e-9
    assert row["apart_from_best"] == ("1" if low > 0 else "0")
    assert value(row, "auc_low_recordings") <= value(row, "auc") <= value(row, "auc_high_recordings")
page = open("sweep/report.html").read()
xml.dom.minidom.parseString(page.replace("<!DOCTYPE html>", ""))
print("heat map" if 'class="heatmap"' in page else "no heat map", "· RANDOM WEIGHTS" if "RANDOM WEIGHTS" in page else "")
PY

echo "again:"
cp sweep/results.csv before.csv
earshot sweep spec.yaml -o sweep --seeds 3 --offset 16,32,48 --k 1,2 --detector knn 2>&1 >/dev/null | grep -oE '[0-9]+ splits computed.*' | sort | uniq -c | sed 's/^ *//'
cmp before.csv sweep/results.csv && echo "the same results"
