# Nobody answers: what to download and where to put it (4). A file that is not the published one: refused (7), not kept.
export EARSHOT_WEIGHTS_DIR=$PWD/weights
mkdir weights mirror
earshot weights fetch squeezenet1_1 --mirror "file://$PWD/nowhere" 2>offline.txt || echo $?
grep -o "squeezenet1_1-b8a52dc0.pth" offline.txt | sort -u
grep -o "$PWD/weights" offline.txt | sort -u
echo "not the weights" >mirror/squeezenet1_1-b8a52dc0.pth
earshot weights fetch squeezenet1_1 --mirror "file://$PWD/mirror" || echo $?
ls weights
