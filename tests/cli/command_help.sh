# Every command teaches with an example, and tells its options.
for command in $(earshot --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    earshot "$command" --help >help.txt
    grep -q "^Usage: earshot $command" help.txt || echo "$command: no usage"
    grep -A1 '^Example:' help.txt | grep -q '^  earshot' || echo "$command: no example"
    grep -q '^  --json' help.txt || echo "$command: no --json"
    awk 'length > 130 { print FILENAME ": a long line: " $0 }' help.txt
done
