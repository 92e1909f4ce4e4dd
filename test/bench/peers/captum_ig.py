"""Median milliseconds, and those of the processor, of Captum's integrated gradients on EfficientNet-Lite0, 224 px, one thread.

    pip install torch timm captum
    PEER_PYTHON=python npm run bench gradients

Weights are random: they do not change what a pass costs. The steps go one by one, as ours do.
"""

import sys
import time

import timm
import torch
from captum.attr import IntegratedGradients

steps = int(sys.argv[1])
torch.set_num_threads(1)
model = timm.create_model("efficientnet_lite0", pretrained=False).eval()
explain = IntegratedGradients(model)
x = torch.randn(1, 3, 224, 224)
times = []
for _ in range(4):
    start = (time.perf_counter(), time.process_time())
    explain.attribute(x, target=3, n_steps=steps, internal_batch_size=1)
    times.append([(end - begin) * 1000 for end, begin in zip((time.perf_counter(), time.process_time()), start)])
print(*[sorted(kind)[1] for kind in zip(*times[1:])])
