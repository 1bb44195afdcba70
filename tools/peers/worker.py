"""One peer in a process of its own. Runs in the environment of the peers.

    python -m peers.worker PEER THREADS

Reads one JSON object a line and answers each with one: {"load": FILE, "reference": FILE} readies a
network, runs it on the reference's input and answers {"settings": TEXT, "correlation": R}, R with the
reference's logits; {"run": N, "warm_up": W} answers {"milliseconds": [N times]}, each of one inference on
an input that is already in place. A failure answers {"error": TEXT} and the worker goes on. Between
requests it waits for its input, so that it takes no processor time from the others.
"""
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy


@dataclass
class Loaded:
    """`infer` runs once on the input that is in place; `logits` are those of the last run."""
    settings: str
    infer: Callable[[], object]
    logits: Callable[[], numpy.ndarray]


def onnxruntime(path: str, threads: int, picture: numpy.ndarray) -> Loaded:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (entry,), (result,) = session.get_inputs(), session.get_outputs()
    logits = ort.OrtValue.ortvalue_from_shape_and_type(result.shape, numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input(entry.name, ort.OrtValue.ortvalue_from_numpy(picture))
    binding.bind_ortvalue_output(result.name, logits)
    return Loaded(
        "ORT_ENABLE_ALL, sequential, inputs and outputs bound, threads spin within and shortly after "
        "a run (default)", lambda: session.run_with_iobinding(binding), logits.numpy)


def openvino(path: str, threads: int, picture: numpy.ndarray) -> Loaded:
    import openvino as ov

    compiled = ov.Core().compile_model(path, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    request.set_input_tensor(ov.Tensor(picture))
    return Loaded(
        "latency hint, one stream, precision f32 (no bfloat16)", request.infer,
        lambda: request.get_output_tensor().data)


def executorch(path: str, threads: int, picture: numpy.ndarray) -> Loaded:
    import torch
    from executorch.extension.pybindings import portable_lib

    torch.set_num_threads(1)  # its own pool is not used
    portable_lib._unsafe_reset_threadpool(threads)
    found = portable_lib._threadpool_get_thread_count()
    if found != threads:
        raise RuntimeError(f"expected {threads} threads, found {found}")
    module = portable_lib._load_for_executorch(path)
    inputs = (torch.from_numpy(picture),)

    def infer() -> list:
        return module.run_method("forward", inputs, clone_outputs=False)

    return Loaded("XNNPACK delegate", infer, lambda: infer()[0].numpy())


def litert(path: str, threads: int, picture: numpy.ndarray) -> Loaded:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    interpreter.allocate_tensors()
    (entry,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    if entry["dtype"] == numpy.int8:
        scale, zero_point = entry["quantization"]
        quantized = numpy.round(picture / scale) + zero_point
        picture = quantized.clip(-128, 127).astype(numpy.int8)
    interpreter.set_tensor(entry["index"], picture)

    def logits() -> numpy.ndarray:
        values = interpreter.get_tensor(result["index"])
        if result["dtype"] == numpy.float32:
            return values
        scale, zero_point = result["quantization"]
        return (values.astype(numpy.float32) - zero_point) * scale

    return Loaded("XNNPACK delegate (default)", interpreter.invoke, logits)


PEERS = {
    "onnxruntime": onnxruntime, "openvino": openvino, "executorch": executorch, "litert": litert}


def measured(infer: Callable[[], object], count: int, warm_up: int) -> list[float]:
    """Milliseconds of each of `count` inferences."""
    for _ in range(warm_up):
        infer()
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        infer()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times


def main() -> None:
    peer, threads = sys.argv[1], int(sys.argv[2])
    # What the runtimes print goes to standard error; answers keep the original standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    loaded = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "load" in request:
                loaded = None  # the one before goes first
                with numpy.load(request["reference"]) as reference:
                    picture, expected = reference["input"], reference["logits"]
                loaded = PEERS[peer](request["load"], threads, picture)
                loaded.infer()
                correlation = numpy.corrcoef(loaded.logits().ravel(), expected.ravel())[0, 1]
                answer = {"settings": loaded.settings, "correlation": float(correlation)}
            else:
                times = measured(loaded.infer, request["run"], request["warm_up"])
                answer = {"milliseconds": times}
        except Exception as error:  # whatever a runtime throws is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
