earshot layers resnet18 --plan | awk '/^layer[24]\.0/ { print $1, $6, $7, $8 }'
echo "one patch"
earshot layers resnet18 --plan --patches 1 | awk '/^layer[24]\.0/ { print $1, $6, $7, $8 }'
echo "direct"
earshot layers resnet18 --plan --conv direct --json | python3 -c '
import json, sys
print(sorted({layer["way"] for layer in json.load(sys.stdin)["layers"]}))'
