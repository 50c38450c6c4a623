mkdir recordings
touch recordings/notes.txt
earshot extract recordings -o features.h5 --network patch
