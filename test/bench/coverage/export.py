"""Networks of timm with random weights as ONNX files, and torch's gradients of them.

    echo '{"name": "resnet10t", "size": 96, "settings": {}, "folder": "/tmp/resnet10t"}' | python export.py

Reads one line of JSON for each network and answers with one: what was made of it, or what kept it from being made. Each is made
in a process of its own, which `seconds` and `gigabytes` bound. Into `folder` go model.onnx, picture.png, input.f32 (the picture as
timm gives it to the network) and gradient.f64: the gradient of the likeliest class's logit, in double precision.

Random weights as torch draws them leave whole branches at zero, and signals that grow or die with depth. So every vector of
parameters and every one that is constant gets some noise, and the running statistics of batch normalisation are measured on
eight smooth pictures.
"""

import contextlib
import copy
import io
import json
import os
import resource
import signal
import sys
import time
import warnings
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
sys.path.insert(0, str(Path(__file__).parent))
warnings.filterwarnings("ignore")

import numpy as np
import onnx
import timm
import torch
from PIL import Image
from torch import nn

PICTURE = Path(__file__).parents[3] / "notebooks/images/coffee.png"
CLASSES = 10
OWN_BATCH_NORM = nn.functional.batch_norm


def smooth_pictures(count, size):
    return nn.functional.interpolate(torch.randn(count, 3, 8, 8), size=size, mode="bicubic")


def build(name, size, settings):
    torch.manual_seed(0)
    net = timm.create_model(name, num_classes=CLASSES, exportable=True, **settings).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.numel() == 0:
                continue
            vector = parameter.numel() == max(parameter.shape, default=1)
            if vector:
                parameter += 0.1 * torch.randn_like(parameter)
            elif parameter.min() == parameter.max():
                parameter += 0.02 * torch.randn_like(parameter)
        norms = [part for part in net.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
        kept = [(part, part.momentum) for part in norms if part.track_running_stats]
        for part, _ in kept:
            part.reset_running_stats()
            part.momentum = None
            part.train()
        if kept:
            net(smooth_pictures(8, size))
        for part, momentum in kept:
            part.momentum = momentum
            part.eval()
    return net


def affine(x, mean, variance, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Batch normalisation in use, written out: torch's own gradient of it (2.14.1, processor) is another where what it is
    given lies transposed in memory, as behind LambdaLayer's values."""
    if training:  # weights are standardised with it
        return OWN_BATCH_NORM(x, mean, variance, weight, bias, training, momentum, eps)
    scale = torch.rsqrt(variance + eps) * (1 if weight is None else weight)
    shift = (0 if bias is None else bias) - mean * scale
    axes = (1, -1, *[1] * (x.dim() - 2))
    return x * scale.view(axes) + shift.view(axes)


def gradient(net, x):
    nn.functional.batch_norm = affine
    try:
        x = x.clone().requires_grad_()
        scores = net(x)
        best = int(scores[0].argmax())
        (slope,) = torch.autograd.grad(scores[0, best], x)
        return scores.detach()[0], best, slope.detach()
    finally:
        nn.functional.batch_norm = OWN_BATCH_NORM


def differences(net, x, best, slope):
    """By how much central differences along the gradient are off it: what torch says is checked, too."""
    way = slope / slope.norm()
    with torch.no_grad():
        ahead, behind = (float(net(x + step * way)[0, best]) for step in (1e-5, -1e-5))
    return abs((ahead - behind) / 2e-5 / float(slope.norm()) - 1)


def relative(found, expected):
    return float((found.double() - expected).norm() / expected.norm())


def export(net, size, path, exporter):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        names = {"input_names": ["image"], "output_names": ["logits"]}
        example = (smooth_pictures(2, size),)
        if exporter == "dynamo":
            shapes = ({0: torch.export.Dim.DYNAMIC},)
            torch.onnx.export(net, example, path, dynamo=True, dynamic_shapes=shapes, external_data=False, **names)
        else:
            axes = {"image": {0: "n"}, "logits": {0: "n"}}
            torch.onnx.export(net, example, path, dynamo=False, opset_version=17, dynamic_axes=axes, **names)
        onnx.checker.check_model(path)  # an exporter may write what is no graph


def exported(net, size, path):
    """The exporter that makes it: torchscript as a rule, as its graphs are older ones; where that fails dynamo."""
    try:
        export(net, size, path, "torchscript")
        return "torchscript"
    except Exception as error:
        try:
            export(net, size, path, "dynamo")
            return "dynamo"
        except Exception as other:
            raise RuntimeError(f"{first_line(error)}; dynamo: {first_line(other)}") from None


def first_line(error):
    return f"{type(error).__name__}: {error}".splitlines()[0]


# Ways to turn the picture: in some networks one of them lies beside a kink, where the gradient of either side is right.
TURNS = (None, Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM)
SMOOTH = 1e-5
# What rounding does to values within a network.
ROUNDING = 3e-6


def standardised(picture, config):
    pixels = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)[None].double() / 255
    shift, scale = (torch.tensor(config[key]).double().view(1, 3, 1, 1) for key in ("mean", "std"))
    return ((pixels - shift) / scale).float()


def slopes(net, size):
    """Of the picture the first turn at which differences give torch's gradient, which stays what it is beside it; else the nearest."""
    whole = Image.open(PICTURE).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    precise = copy.deepcopy(net).double()
    nearest = None
    for turn in TURNS:
        picture = whole if turn is None else whole.transpose(turn)
        x = standardised(picture, net.pretrained_cfg)
        scores, best, slope = gradient(precise, x.double())
        off = differences(precise, x.double(), best, slope)
        beside = x.double() + ROUNDING * torch.randn(x.shape, dtype=torch.double)
        noise = relative(gradient(precise, beside)[2], slope)
        if nearest is None or max(off, noise) < max(nearest["off"], nearest["noise"]):
            nearest = {"picture": picture, "x": x, "scores": scores, "best": best, "slope": slope, "off": off, "noise": noise}
        if max(off, noise) <= SMOOTH:
            break
    return nearest


def make(name, size, settings, folder):
    started = time.monotonic()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    net = build(name, size, settings)
    config = net.pretrained_cfg
    at = slopes(net, size)
    x, best, slope = at["x"], at["best"], at["slope"]
    single = gradient(net, x)
    exporter = exported(net, size, str(folder / "model.onnx"))
    opset = max(entry.version for entry in onnx.load(folder / "model.onnx", load_external_data=False).opset_import if entry.domain in ("", "ai.onnx"))
    at["picture"].save(folder / "picture.png")
    x.numpy().tofile(folder / "input.f32")
    slope.numpy().tofile(folder / "gradient.f64")
    return {
        "family": type(net).__module__.removeprefix("timm.models."),
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "mean": [float(value) for value in config["mean"]],
        "std": [float(value) for value in config["std"]],
        "target": best,
        "scores": at["scores"].tolist(),
        "float32": relative(single[2], slope) if single[1] == best else None,
        "differences": at["off"],
        "noise": at["noise"],
        "opset": opset,
        "exporter": exporter,
        "seconds": round(time.monotonic() - started, 1),
    }


def bounded(request):
    """The answer of a process that may crash, run out of memory or never end."""
    seconds, gigabytes = request.pop("seconds", 300), request.pop("gigabytes", 8)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (gigabytes << 30,) * 2)
        try:
            answer = make(**request)
        except BaseException as error:
            answer = {"error": f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"[:300]}
        with os.fdopen(writing, "w") as pipe:
            json.dump(answer, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    if text:
        return json.loads(text)
    reason = os.waitstatus_to_exitcode(status)
    return {"error": f"no result within {seconds} s" if reason == -signal.SIGALRM else f"the process ended with {reason}"}


if __name__ == "__main__":
    # Answers alone go to standard output: torch's exporter prints graphs there when it fails.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print(json.dumps({"torch": torch.__version__, "timm": timm.__version__, "onnx": onnx.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(bounded(json.loads(line))), file=answers, flush=True)
