# For cases about protocols: synthetic recordings under the names of official data sets. Sourced, after tiny_corpus.sh.

# place FROM TO: data/TO is the recording corpus/0dB/FROM, whose number has 8 digits.
place() {
    mkdir -p "data/$(dirname "$2")"
    cp "corpus/0dB/${1%/*}/$(printf %08d "${1##*/}").wav" "data/$2.wav"
}

# DCASE 2020: ToyCar and fan with two ids, and ToyConveyor of the evaluation set, whose test recordings have no label.
dcase2020_layout() {
    local i
    for i in {0..5}; do
        place fan/id_00/normal/$i dev_data/fan/train/normal_id_00_$(printf %08d $i)
        place pump/id_00/normal/$i dev_data/fan/train/normal_id_02_$(printf %08d $i)
        place slider/id_00/normal/$i dev_data/ToyCar/train/normal_id_01_$(printf %08d $i)
        place valve/id_00/normal/$i eval_data/ToyConveyor/train/normal_id_05_$(printf %08d $i)
    done
    for i in {0..3}; do
        place fan/id_00/normal/$((6 + i)) dev_data/fan/test/normal_id_00_$(printf %08d $i)
        place fan/id_00/abnormal/$i dev_data/fan/test/anomaly_id_00_$(printf %08d $i)
        place pump/id_00/normal/$((6 + i)) dev_data/fan/test/normal_id_02_$(printf %08d $i)
        place pump/id_00/abnormal/$i dev_data/fan/test/anomaly_id_02_$(printf %08d $i)
        place slider/id_00/normal/$((6 + i)) dev_data/ToyCar/test/normal_id_01_$(printf %08d $i)
        place slider/id_00/abnormal/$i dev_data/ToyCar/test/anomaly_id_01_$(printf %08d $i)
        place valve/id_00/normal/$((6 + i)) eval_data/ToyConveyor/test/id_05_$(printf %08d $((2 * i)))
        place valve/id_00/abnormal/$i eval_data/ToyConveyor/test/id_05_$(printf %08d $((2 * i + 1)))
    done
    find data -name '*.wav' | sort >list
}

# dcase_layout YEAR: sections of fan and ToyTrain with both domains; of 2021 each domain has a test folder.
# From 2022 on also ToyDrone of an evaluation set.
dcase_layout() {
    local i domain machine from to section test=test
    for domain in source target; do
        [[ $1 != 2021 ]] || test=${domain}_test
        for machine in fan pump slider; do
            from=$machine/id_00 to=dev_data/fan section=section_00
            [[ $machine != pump ]] || section=section_01
            [[ $machine != slider ]] || to=dev_data/ToyTrain
            for i in $([[ $domain == source ]] && echo {0..4} || echo 5); do
                place $from/normal/$i $to/train/${section}_${domain}_train_normal_000${i}_strength_1
            done
            for i in $([[ $domain == source ]] && echo 0 1 || echo 2 3); do
                place $from/normal/$((6 + i)) $to/$test/${section}_${domain}_test_normal_000${i}_strength_1
                place $from/abnormal/$i $to/$test/${section}_${domain}_test_anomaly_000${i}_strength_1
            done
        done
    done
    [[ $1 == 2021 ]] || dcase_evaluation_set
    find data -name '*.wav' | sort >list
}

dcase_evaluation_set() {
    local i
    for i in {0..5}; do
        place valve/id_00/normal/$i eval_data/ToyDrone/train/section_00_source_train_normal_000${i}_noAttribute
    done
    for i in {0..3}; do
        place valve/id_00/normal/$((6 + i)) eval_data/ToyDrone/test/section_00_000$((2 * i))
        place valve/id_00/abnormal/$i eval_data/ToyDrone/test/section_00_000$((2 * i + 1))
    done
}

# Files as the public evaluators read them: judge KIND DIR
judge() {
    /usr/bin/python3 "$CASES/../official.py" "$1" "$2" list
}
