#!/bin/sh
# The main job, as a person types it: docs/demo.sh FOLDER, with earshot in the PATH. `make demo` runs it, and so does a test.
# Four synthetic machines → features → a model and scores → AUCs of several detectors side by side, and a report with pictures.
set -eux
cd "$1"
earshot synth corpus
earshot extract corpus -o features.h5 --network squeezenet1_1 --weights seeded:1
earshot fit features.h5 -o model.h5 --detector gmm --components 4 --reg-covar 1e-2
earshot score model.h5 features.h5 > scores.csv
earshot eval features.h5 -o results --detector gmm,bgmm,iforest,ocsvm,kde,knn,level --components 4 --reg-covar 1e-2
cp results/report.html report.html
