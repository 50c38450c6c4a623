# The protocol: one row a split in results.csv, the number held out is printed, random weights are said aloud.
. "$CASES/tiny_corpus.sh"
tiny_corpus
extract_tiny corpus -o features.h5 >/dev/null
earshot eval features.h5 -o results --detector gmm --components 2 --reg-covar 1e-2 --seeds 3 --quiet >table.txt
grep -o 'RANDOM WEIGHTS' table.txt
head -1 results/results.csv
cut -d, -f1-9 results/results.csv | sed -n 2,4p
wc -l <results/results.csv
grep -c '<svg' results/report.html | sed 's/[1-9][0-9]*/some pictures/'
grep -oE 'https?://[^"<]*' results/report.html | grep -v w3.org || true
