# Help after a mistake goes to stderr.
earshot 2>help.txt || code=$?
grep -c '^  extract ' help.txt
tail -1 help.txt
exit $code
