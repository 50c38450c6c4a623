#!/bin/bash
# docker/Dockerfile.cuda on a Debian base with this machine's CUDA mounted: cuda_image.sh REPOSITORY CACHE CUDA, the last a folder
# with nvcc and cuDNN 9. NVIDIA's own images cannot be had here, and there is no card: what is tested is that the plug-in is
# built, found and loaded, and that the image asks for cards. As in NVIDIA's images, cuDNN lies apart from the toolkit.
REPOSITORY=$(realpath "$1") CACHE=$(realpath -m "$2") cuda=$3
. "$REPOSITORY/tests/images/image_words.sh"
[[ -x $cuda/bin/nvcc ]] || skip "no CUDA toolkit here"
cuda=$(realpath "$cuda")
image=localhost/earshot:tested-cuda
make_base
can_run

# The toolkit without cuDNN, and cuDNN where Debian's libraries are, both by links into the one folder that is mounted.
mkdir toolkit toolkit/include toolkit/lib64 cudnn cudnn/include cudnn/lib
link() { # pattern folder
    local file
    for file in $1; do ln -s "/opt/cuda/${file#"$cuda"/}" "$2/$(basename "$file")"; done
}
for folder in bin nvvm targets; do [[ ! -e $cuda/$folder ]] || ln -s "/opt/cuda/$folder" toolkit/; done
link "$cuda/include/*" toolkit/include
link "$cuda/lib64/*" toolkit/lib64
rm -f toolkit/include/cudnn* toolkit/lib64/*cudnn*
link "$cuda/include/cudnn*" cudnn/include
link "$cuda/lib64/*cudnn*" cudnn/lib
mounts=(-v "$cuda:/opt/cuda:ro" -v "$work/toolkit:/usr/local/cuda:ro"
    -v "$work/cudnn/include:/opt/include:ro" -v "$work/cudnn/lib:/opt/lib:ro")
build $image Dockerfile.cuda --build-arg "BUILD_BASE=$base" --build-arg "BASE=$base" --build-arg ARCHITECTURES=75 "${mounts[@]}"
at_most_above_base $image 150

echo "--- what the image asks for"
variables=$(pods image inspect $image --format '{{range .Config.Env}}{{println .}}{{end}}')
for wanted in NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility; do
    grep -x "$wanted" <<<"$variables"
done

echo "--- without a card"
contain $image --version
contain $image devices
# Named, the plug-in is loaded though no driver is there: its libraries are found, and it is CUDA that misses the driver.
contain "${mounts[@]}" -e EARSHOT_CUDA_PLUGIN=/usr/local/lib/libearshot_cuda.so $image devices >devices.txt 2>&1 || true
cat devices.txt
if grep -q 'cannot be loaded' devices.txt; then exit 1; fi
grep -q 'driver' devices.txt
missing=$(contain "${mounts[@]}" --entrypoint ldd $image /usr/local/lib/libearshot_cuda.so | grep 'not found' || true)
[[ -z $missing ]] || { echo "$missing"; exit 1; }
