# Each is refused with the option, the value, where it came from and what was expected.
earshot extract corpus -o features.h5 --n-fft 3 || echo $?
earshot extract corpus -o features.h5 --pad-mode mirror || echo $?
EARSHOT_N_MELS=none earshot extract corpus -o features.h5 || echo $?
echo 'hop-length: 1.5' >settings.yaml
earshot extract corpus -o features.h5 --config settings.yaml || echo $?
earshot extract corpus -o features.h5 --fmin 9000 || echo $?
earshot extract corpus -o || echo $?
ls
