# Features → model → scores: from the feature file and from the recordings themselves, the same numbers.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_tiny corpus -o features.h5 >/dev/null
earshot fit features.h5 -o model.h5 --detector gmm --components 2 --reg-covar 1e-2 --quiet >fit.txt
grep RANDOM fit.txt
earshot score model.h5 features.h5 --quiet >a.csv
earshot score model.h5 corpus --quiet >b.csv
cut -d, -f1-5 a.csv
/usr/bin/python3 - <<'END'
import csv
a, b = (list(csv.DictReader(open(name))) for name in ["a.csv", "b.csv"])
pairs = [(float(x["score"]), float(y["score"])) for x, y in zip(a, b)]
print(len(a), len(b), all(abs(x - y) <= 1e-4 * max(1, abs(x)) for x, y in pairs))
END
