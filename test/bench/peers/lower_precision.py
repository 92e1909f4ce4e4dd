"""A float32 network in float16, and in int8 as quantised by onnxruntime on pictures.

    pip install onnx onnxruntime
    PEER_PYTHON=python npm run bench precision

Arguments: the network, a file of prepared pictures (float32, one behind the other, each of the network's input), the names of
the two files to write.
"""

import logging
import sys
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

logging.disable(logging.WARNING)
source, pictures, narrow, whole = sys.argv[1:5]
model = onnx.load(source)
port = next(port for port in model.graph.input if port.name not in {tensor.name for tensor in model.graph.initializer})
dims = [1, *[dim.dim_value for dim in port.type.tensor_type.shape.dim[1:]]]
onnx.save(convert_float_to_float16(model, keep_io_types=True), narrow)


class Pictures(CalibrationDataReader):
    def __init__(self):
        self.rows = iter(np.fromfile(pictures, np.float32).reshape(-1, *dims))

    def get_next(self):
        row = next(self.rows, None)
        return None if row is None else {port.name: row}


prepared = str(Path(whole).with_suffix(".prepared.onnx"))
quant_pre_process(source, prepared, skip_symbolic_shape=True)
quantize_static(
    prepared,
    whole,
    Pictures(),
    quant_format=QuantFormat.QDQ,
    per_channel=True,
    activation_type=QuantType.QUInt8,
    weight_type=QuantType.QInt8,
)
