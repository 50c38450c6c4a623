"""earshot's networks for the peers: torchvision's, with the weights that `seeded:1` means, and as an ONNX file.

Each gives the numbers of one layer, flattened: ResNet's global average, of AlexNet and SqueezeNet the output of
`features`, or with `pooled` 2 that output averaged over a 2 × 2 grid, which is what `extract` takes of SqueezeNet.
"""

import os
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests/golden"))


def torch_model(network, pooled=0):
    import torch
    import torchvision
    from golden_seeded import seed_network

    model = getattr(torchvision.models, network)(weights=None)
    seed_network(model, network, 1)
    if network.startswith("resnet"):
        model.fc = torch.nn.Identity()
        return model.eval()
    pool = [torch.nn.AdaptiveAvgPool2d(pooled)] if pooled else []
    return torch.nn.Sequential(model.features, *pool, torch.nn.Flatten()).eval()


def folded(model):
    """Batch norm inside the convolutions."""
    from torch.fx.experimental.optimization import fuse

    return fuse(model).eval()


def onnx_file(network, folder, pooled=0):
    """Made once; batches of any size."""
    path = pathlib.Path(folder) / f"{network}-{pooled}.onnx"
    if not path.exists():
        import torch

        torch.onnx.export(folded(torch_model(network, pooled)), (torch.zeros(2, 3, 224, 224),), f"{path}.new",
                          input_names=["images"], output_names=["features"], dynamo=True, external_data=False,
                          dynamic_shapes=({0: torch.export.Dim("n", min=1, max=64)},), verbose=False)
        os.rename(f"{path}.new", path)
    return str(path)


def onnx_session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
