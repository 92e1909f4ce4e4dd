"""Trains a network of the classroom on pictures exported from the TypeScript generator, and writes it as ONNX.

    pip install torch==2.13.0 numpy onnx==1.23.2
    npm run build -- --fast
    python src/classroom/train/train.py honest|shortcut|binary [--seed 0] [--out src/classroom/models/NAME.onnx]

The recipe: three 3x3 stages with max-pools and a final 1x1 convolution (so that the last 8x8 map stays aligned with the
picture), BatchNorm and ReLU, global mean, linear; AdamW with weight decay .01, one cycle to 4e-3, batches of 64, 3,200
pictures, 5 epochs. One thread, so that a seed gives the same network again on the same machine.
"""

import argparse
import pathlib
import subprocess

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZE, COUNT, EPOCHS, BATCH = 64, 3200, 5, 64
MEAN, STD = 0.6, 0.25
STAGES = [(12, 3), "pool", (24, 3), "pool", (48, 3), (48, 3), "pool", (96, 1)]


def exported(lesson: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    command = ["node", str(ROOT / "dist/src/classroom/train/export.js"), lesson, str(COUNT), str(1000 + seed)]
    raw = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, np.uint8)
    assert raw.size == COUNT * (SIZE * SIZE * 3 + 1)
    pictures = raw[: -COUNT].reshape(COUNT, SIZE, SIZE, 3).transpose(0, 3, 1, 2).astype(np.float32) / 255
    return torch.from_numpy((pictures - MEAN) / STD), torch.from_numpy(raw[-COUNT:].astype(np.int64))


class Net(nn.Module):
    def __init__(self, outputs: int):
        super().__init__()
        layers, width = [], 3
        for stage in STAGES:
            if stage == "pool":
                layers.append(nn.MaxPool2d(2))
                continue
            channels, kernel = stage
            layers += [nn.Conv2d(width, channels, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
            width = channels
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(width, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


def train(net: Net, pictures: torch.Tensor, labels: torch.Tensor) -> None:
    steps = EPOCHS * (COUNT // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps, pct_start=0.2)
    binary = net.classifier.out_features == 1
    for epoch in range(EPOCHS):
        for rows in torch.randperm(COUNT).split(BATCH):
            scores = net(pictures[rows])
            if binary:
                loss = nn.functional.binary_cross_entropy_with_logits(scores[:, 0], labels[rows].float())
            else:
                loss = nn.functional.cross_entropy(scores, labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {loss.item():.3f}", flush=True)
    net.eval()


def graph(net: Net, name: str) -> onnx.ModelProto:
    """The network as ONNX, BatchNorm folded into the convolutions; logits, or a sigmoid for a single output."""
    nodes, weights, value = [], [], "image"

    def add(operator: str, output: str, tensors: dict[str, torch.Tensor] | None = None, **attributes) -> None:
        nonlocal value
        for key, tensor in (tensors or {}).items():
            weights.append(numpy_helper.from_array(tensor.detach().numpy().astype(np.float32), key))
        nodes.append(helper.make_node(operator, [value, *(tensors or {})], [output], output, **attributes))
        value = output

    convolutions = pools = 0
    modules = list(net.features)
    for i, module in enumerate(modules):
        if isinstance(module, nn.MaxPool2d):
            pools += 1
            add("MaxPool", f"pool{pools}", kernel_shape=[2, 2], strides=[2, 2])
        elif isinstance(module, nn.Conv2d):
            convolutions += 1
            norm = modules[i + 1]
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            folded = {
                f"conv{convolutions}.weight": module.weight * gain[:, None, None, None],
                f"conv{convolutions}.bias": norm.bias - norm.running_mean * gain,
            }
            pad, kernel = module.padding[0], module.kernel_size[0]
            add("Conv", f"conv{convolutions}", folded, kernel_shape=[kernel] * 2, pads=[pad] * 4, strides=[1, 1])
        elif isinstance(module, nn.ReLU):
            add("Relu", f"relu{convolutions}")
    add("GlobalAveragePool", "pooled")
    add("Flatten", "flat", axis=1)
    linear = {"classifier.weight": net.classifier.weight, "classifier.bias": net.classifier.bias}
    outputs = net.classifier.out_features
    add("Gemm", "logits", linear, transB=1)
    if outputs == 1:
        add("Sigmoid", "probability")
    surface = [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIZE, SIZE]),
        helper.make_tensor_value_info(value, TensorProto.FLOAT, ["n", outputs]),
    ]
    made = helper.make_graph(nodes, f"classroom-{name}", surface[:1], surface[1:], weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], producer_name="sightline-classroom")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("lesson", choices=["honest", "shortcut", "binary"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(options.seed)
    net = Net(1 if options.lesson == "binary" else 8)
    pictures, labels = exported(options.lesson, options.seed)
    train(net, pictures, labels)
    out = options.out or ROOT / f"src/classroom/models/{options.lesson}.onnx"
    onnx.save(graph(net, options.lesson), out)
    weights = sum(parameter.numel() for parameter in net.parameters())
    print(f"{out}: {weights:,} weights in training, {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
