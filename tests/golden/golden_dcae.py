"""dcae.h5: what PyTorch's modules and Adam make of the two autoencoders, in float64, from a given start.

/<architecture>     attributes: learning_rate, seed, pick. Not stored: the start, which is
                    host/detect/autoencoder.h's rule, and the 16 patches, of which patches() is the rule
  batches           [20][8] rows that a step takes, of 16
  losses            [20] each before its step
  after_1, after_5, after_20
    picked          [n] every pick-th number of every tensor, in the order of struct autoencoder's parameters
    statistics      running means and variances (LeNet)
    errors          [16] mean squared reconstruction error of each patch, as after training
"""

import numpy
import torch
from torch import nn

from golden_file import GoldenFile
from golden_seeded import stream_values

N_PATCHES, BATCH, STEPS, SEED = 16, 8, 20, 7
LEARNING_RATE = 1e-4
PICK = 499  # prime, so that no column of a weight is met again and again


class Autoencoder(nn.Module):
    def __init__(self, channels, kernel, pad, code, activation, is_normed):
        super().__init__()
        sizes = [1, *channels]
        extra = kernel % 2  # 2 n cells come back from n in either case
        self.linear, self.norms, self.activation = nn.ModuleList(), nn.ModuleList(), activation
        rows = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            rows.append((nn.Conv2d(inputs, outputs, kernel, 2, pad, bias=not is_normed), outputs))
        if code:
            rows.append((nn.Linear(64 * sizes[-1], code), None))
            rows.append((nn.Linear(code, 64 * sizes[-1], bias=not is_normed), sizes[-1]))
        for outputs, inputs in reversed(list(zip(sizes, sizes[1:]))):
            last = outputs == 1
            layer = nn.ConvTranspose2d(inputs, outputs, kernel, 2, pad, extra, bias=last or not is_normed)
            rows.append((layer, None if last else outputs))
        for layer, normed in rows:
            self.linear.append(layer)
            self.norms.append(nn.BatchNorm2d(normed) if normed and is_normed else nn.Identity())
        self.is_active = [normed is not None for _, normed in rows]

    def forward(self, x):
        for layer, norm, is_active in zip(self.linear, self.norms, self.is_active):
            x = layer(x.flatten(1) if isinstance(layer, nn.Linear) else x)
            if isinstance(layer, nn.Linear) and is_active:
                x = x.reshape(len(x), -1, 8, 8)
            x = norm(x)
            x = self.activation(x) if is_active else x
        return x


def fan_in(layer):
    return nn.init._calculate_fan_in_and_fan_out(layer.weight)[0]


def is_from_code(layer):
    return isinstance(layer, nn.Linear) and layer.out_features > layer.in_features


def start(model):
    for number, layer in enumerate(model.linear):
        bound = numpy.float32(1 / numpy.sqrt(fan_in(layer)))
        values = stream_values(SEED, 2 * number, layer.weight.numel(), bound)
        if is_from_code(layer):  # ours is [in][out]
            values = values.reshape(layer.in_features, layer.out_features).T
        layer.weight.data = torch.from_numpy(values.reshape(layer.weight.shape).copy()).double()
        if layer.bias is not None:
            layer.bias.data = torch.from_numpy(
                stream_values(SEED, 2 * number + 1, layer.bias.numel(), bound)).double()


def tensors(model):
    """The parameters in our order and layout."""
    for layer, norm in zip(model.linear, model.norms):
        weight = layer.weight.data
        yield weight.T if is_from_code(layer) else weight
        if layer.bias is not None:
            yield layer.bias.data
        if isinstance(norm, nn.BatchNorm2d):
            yield norm.weight.data
            yield norm.bias.data


def put_state(golden, group, model, x):
    picked = [t.numpy().ravel()[::PICK] for t in tensors(model)]
    golden.put(f"{group}/picked", numpy.concatenate(picked))
    norms = [n for n in model.norms if isinstance(n, nn.BatchNorm2d)]
    if norms:
        running = [numpy.concatenate([n.running_mean.numpy(), n.running_var.numpy()]) for n in norms]
        golden.put(f"{group}/statistics", numpy.concatenate(running))
    model.eval()
    with torch.no_grad():
        errors = ((model(x) - x) ** 2).mean((1, 2, 3))
    model.train()
    golden.put(f"{group}/errors", errors.numpy())


def patches():
    """Slanted ramps with noise on them, 0 … 1, exact in float32; golden_dcae.c makes the same."""
    y, x = numpy.mgrid[0:64, 0:64]
    rows = []
    for p in range(N_PATCHES):
        ramp = (y * (p % 5 + 1) + x * (p % 3)) % 64
        noise = stream_values(SEED, 100 + p, 64 * 64, numpy.float32(0.25)).reshape(64, 64)
        rows.append(ramp.astype(numpy.float32) / numpy.float32(128) + (noise + numpy.float32(0.25)))
    return numpy.array(rows)


def put_architecture(golden, name, model, cells):
    random = numpy.random.default_rng(45)
    x = torch.from_numpy(cells[:, None]).double()
    batches = numpy.array([random.permutation(N_PATCHES)[:BATCH] for _ in range(STEPS)])
    model = model.double()
    start(model)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    golden.set(f"/{name}", learning_rate=LEARNING_RATE, seed=SEED, pick=PICK)
    golden.put(f"/{name}/batches", batches)
    losses = []
    for step, batch in enumerate(batches, 1):
        adam.zero_grad()
        loss = nn.functional.mse_loss(model(x[batch]), x[batch])
        loss.backward()
        adam.step()
        losses.append(loss.item())
        if step in (1, 5, STEPS):
            put_state(golden, f"/{name}/after_{step}", model, x)
    golden.put(f"/{name}/losses", numpy.array(losses))


def main():
    cells = patches()
    with GoldenFile("dcae.h5") as golden:
        lenet = Autoencoder((32, 64, 128), 5, 2, 128, nn.functional.elu, True)
        put_architecture(golden, "lenet_dcae", lenet, cells)
        small = Autoencoder((12, 24, 48), 4, 1, 0, nn.functional.relu, False)
        put_architecture(golden, "small_dcae", small, cells)


if __name__ == "__main__":
    main()
