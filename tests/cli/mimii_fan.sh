# MIMII's fan with ImageNet's weights: normal and abnormal recordings are told apart (an independent Python
# reference has a mean AUC of 0.866 ± 0.025 on these files); id_02 has two recordings, too few.
if [[ ! -d $SHARED/data/mimii || ! -f $SHARED/weights/resnet18.safetensors ]]; then
    echo "SKIPPED: MIMII's recordings and ResNet18's weights are not in $SHARED"
    exit 77
fi
earshot extract "$SHARED/data/mimii/0dB/fan" -o fan.h5 --weights "$SHARED/weights/resnet18.safetensors" --quiet \
    >/dev/null
earshot eval fan.h5 -o results --held-out 4 --seeds 20 --detector gmm --components 8 --reg-covar 1e-3 --quiet \
    >table.txt || code=$?
/usr/bin/python3 - <<'END'
import csv
rows = list(csv.DictReader(open("results/results.csv")))
print({row["id"] for row in rows}, len(rows), sum(float(row["auc"]) for row in rows) / len(rows) >= 0.80)
END
exit $code
