"""Seconds that torch takes to train the classroom's network on one thread, for `npm run bench train`."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "src/classroom/train"))

import torch
import train as recipe

torch.set_num_threads(1)
torch.manual_seed(0)
pictures, labels = recipe.exported("honest", 0)
network = recipe.Net(8)
recipe.print = lambda *_, **__: None
start = time.perf_counter()
recipe.train(network, pictures, labels)
print(time.perf_counter() - start)
