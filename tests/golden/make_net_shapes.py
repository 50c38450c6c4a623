#!/usr/bin/env python3
"""Makes tests/golden/net_shapes.txt: what torchvision's modules put out for a 224 x 224 picture.

    /path/to/venv/bin/python tests/golden/make_net_shapes.py

One line a module that is a layer here: network, module, channels, height, width; then one line a network:
its multiply-adds up to the paper's feature. Pooling and activation count none.
"""
import pathlib

import torch
import torchvision

OUT = pathlib.Path(__file__).parent / "net_shapes.txt"
FEATURES = {"alexnet": "classifier.5", "squeezenet1_0": "features", "squeezenet1_1": "features"}


def is_layer(network, name, module):
    """The modules after which a layer ends: see the tops of host/nets/*_rows.h."""
    if network.startswith("resnet"):
        last = name.rsplit(".", 1)[-1]
        block = isinstance(module, torchvision.models.resnet.BasicBlock)
        return block or last in ("conv1", "downsample") and "." in name or name in ("relu", "maxpool", "avgpool")
    if isinstance(module, torch.nn.Conv2d):
        return name.count(".") > 1
    if isinstance(module, torch.nn.ReLU):
        return name.count(".") == 1
    return isinstance(module, (torch.nn.MaxPool2d, torchvision.models.squeezenet.Fire))


def outputs(network):
    """(module's name, its shape) in the order of the forward pass, and the multiply-adds up to the feature."""
    model = getattr(torchvision.models, network)(weights=None).eval()
    feature = FEATURES.get(network, "avgpool")
    rows, work, done = [], 0, False

    def hook(name):
        def after(module, given, out):
            nonlocal work, done
            if done:
                return
            if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
                work += module.weight.numel() * (out[0].numel() // out.shape[1])
            if is_layer(network, name, module):
                rows.append((name, tuple(out.shape[1:]) + (1, 1) * (out.dim() == 2)))
            done = name == feature
        return after

    for name, module in model.named_modules():
        module.register_forward_hook(hook(name))
    with torch.no_grad():
        model(torch.zeros(1, 3, 224, 224))
    return rows, work


def main():
    with OUT.open("w") as out:
        for network in ("alexnet", "resnet18", "resnet34", "squeezenet1_0", "squeezenet1_1"):
            rows, work = outputs(network)
            for name, shape in rows:
                print(network, name, *shape, file=out)
            print(network, "multiply-adds", work, file=out)


if __name__ == "__main__":
    main()
