# The same seed gives the same bytes, another one others.
earshot synth a --seconds 1 --normal 2 --abnormal 1 >/dev/null
earshot synth b --seconds 1 --normal 2 --abnormal 1 >/dev/null
earshot synth c --seconds 1 --normal 2 --abnormal 1 --seed 2 >/dev/null
diff -r a b && echo the same
cmp -s a/0dB/fan/id_00/normal/00000000.wav c/0dB/fan/id_00/normal/00000000.wav || echo another
