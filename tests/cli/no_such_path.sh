earshot extract nowhere -o features.h5 --network patch
