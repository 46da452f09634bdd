"""Answers lines as `signwave run --stdin jsonl` does, with ONNX Runtime: python onnx_lines.py MODEL.onnx < lines

The peer of bench/scripts/scale.mjs. Images are prepared as torchvision does it for ImageNet: the shorter side to 256, the centre of 224, mean and
deviation. One thread, as signwave has.
"""

import json
import sys

import numpy
import onnxruntime
from PIL import Image

MEAN = numpy.float32([0.485, 0.456, 0.406])
DEVIATION = numpy.float32([0.229, 0.224, 0.225])

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
(name,) = [it.name for it in session.get_inputs()]

for line in sys.stdin:
    request = json.loads(line)
    image = Image.open(request["path"]).convert("RGB")
    width, height = image.size
    scale = 256 / min(width, height)
    image = image.resize((int(width * scale), int(height * scale)), Image.Resampling.BILINEAR)
    left, top = round((image.width - 224) / 2), round((image.height - 224) / 2)
    pixels = numpy.asarray(image.crop((left, top, left + 224, top + 224)), numpy.float32) / 255
    logits = session.run(None, {name: ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1)[None]})[0][0]
    best = numpy.argsort(-logits, kind="stable")[:5]
    print(json.dumps({"id": request["id"], "predictions": [{"index": int(i), "logit": float(logits[i])} for i in best]}), flush=True)
