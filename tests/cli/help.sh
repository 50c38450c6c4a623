# Help that was asked for goes to stdout: three ways to ask, the same answer; each command is there.
earshot --help >long.txt
earshot -h | cmp - long.txt
earshot help | cmp - long.txt
sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' long.txt
