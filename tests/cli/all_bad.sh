# Nothing can be used: exit 4, and no file that looks finished.
mkdir recordings
/usr/bin/python3 "$CASES/bad_recordings.py" recordings
earshot extract recordings -o features.h5 --network patch --quiet 2>log.txt || code=$?
grep -c recordings/ log.txt
ls
exit $code
