"""net_<network>.h5: what torchvision's networks say of picture.h5's two patches, computed in float64.

/seeded, /real                 attributes: weights, sha256 (of seeded ones), layer
  features                     [2][columns] of the paper's layer
  means/<layer>                [2][channels] means over the picture of two layers on the way (seeded only)
"""

import os

import safetensors.torch
import torch
import torchvision

import golden_picture
import golden_seeded
from golden_file import GoldenFile

WEIGHTS = os.environ.get("EARSHOT_SHARED", os.path.join(os.path.dirname(__file__), "../../../shared")) + "/weights"

# network: the paper's layer, and two on the way
LAYERS = {
    "alexnet": ("classifier.5", ["features.2", "features.9"]),
    "resnet18": ("avgpool", ["layer2.0", "layer3.1"]),
    "resnet34": ("avgpool", ["layer2.3", "layer4.0"]),
    "squeezenet1_0": ("avgpool2x2", ["features.5", "features.11"]),
    "squeezenet1_1": ("avgpool2x2", ["features.5", "features.11"]),
}


def watch(model, names):
    """What the modules put out, by name, filled when the model runs."""
    seen = {}
    for name in names:
        keep = lambda module, given, out, name=name: seen.__setitem__(name, out.detach().clone())
        model.get_submodule(name).register_forward_hook(keep)
    return seen


def run(model, network, images, precision=torch.float64):
    """The paper's feature, and the two layers' means."""
    feature_layer, others = LAYERS[network]
    source = "features" if feature_layer == "avgpool2x2" else feature_layer
    seen = watch(model, [source, *others])
    with torch.no_grad():
        model.to(precision).eval()(images)
    feature = seen[source]
    if feature_layer == "avgpool2x2":
        feature = torch.nn.functional.adaptive_avg_pool2d(feature, 2)
    return feature.flatten(1).numpy(), {name: seen[name].mean((2, 3)).numpy() for name in others}


def new_model(network):
    return getattr(torchvision.models, network)(weights=None)


def put_seeded(golden, network, images):
    model = new_model(network)
    sha256 = golden_seeded.seed_network(model, network, 1)
    features, means = run(model, network, images)
    golden.set("/seeded", weights="seeded:1", sha256=sha256, layer=LAYERS[network][0])
    golden.put("/seeded/features", features)
    for name, values in means.items():
        golden.put(f"/seeded/means/{name}", values)


def put_real(golden, network, images):
    path = f"{WEIGHTS}/{network}.safetensors"
    if not os.path.exists(path):
        print(f"no real weights for {network}: {path} is not there")
        return
    model = new_model(network)
    tensors = {name: tensor.float() for name, tensor in safetensors.torch.load_file(path).items()}
    model.load_state_dict(tensors)
    features, _ = run(model, network, images)
    golden.set("/real", weights=os.path.basename(path), layer=LAYERS[network][0])
    golden.put("/real/features", features)


def main():
    torch.set_num_threads(1)
    index = golden_picture.two_patches()
    rgb = golden_picture.viridis_table()[index]
    images = torch.from_numpy(golden_picture.normalized(rgb, 224, "bilinear"))
    for network in LAYERS:
        with GoldenFile(f"net_{network}.h5") as golden:
            put_seeded(golden, network, images)
            put_real(golden, network, images)
