earshot networks | awk 'NF > 3 && NR > 1 && $3 ~ /^[0-9]+$/ { print $1, $2, $3 }'
earshot layers squeezenet1_1 | grep -c 'features\.'
earshot layers resnet15 || echo $?
earshot layers resnet18 --json | python3 -c '
import json, sys
table = json.load(sys.stdin)
print(table["input_size"], [(l["name"], l["reads"], l["weights"]) for l in table["layers"][:4]])'
