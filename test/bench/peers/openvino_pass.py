"""Passes of an ONNX model in OpenVINO, float32, on as many threads as are named; a line on stdin asks for a round.

    pip install openvino
    PEER_PYTHON=python npm run bench processor

Every line is answered by the milliseconds of a pass, by the clock and of the processor.
"""

import sys
import time

import numpy as np
import openvino

path, threads, passes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
core = openvino.Core()
model = core.read_model(path)
model.reshape([1, *list(model.input(0).partial_shape)[1:]])
compiled = core.compile_model(
    model,
    "CPU",
    {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"},
)
request = compiled.create_infer_request()
picture = np.random.default_rng(0).standard_normal([int(size) for size in compiled.input(0).shape]).astype(np.float32)
for _ in range(3):
    request.infer({0: picture})
print("ready", flush=True)
for _ in sys.stdin:
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(passes):
        request.infer({0: picture})
    spent = time.perf_counter() - clock, time.process_time() - processor
    print(*[part * 1000 / passes for part in spent], flush=True)
