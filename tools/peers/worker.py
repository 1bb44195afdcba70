"""One peer in a process of its own. Runs in the environment of the peers.

    python -m peers.worker PEER THREADS

Reads one JSON object a line and answers each with one: {"load": FILE} readies a network and answers
{"settings": TEXT}; {"run": N, "warm_up": W} answers {"milliseconds": [N times]}, each of one inference on
an input that is already in place. A failure answers {"error": TEXT} and the worker goes on. Between
requests it waits for its input, so that it takes no processor time from the others.
"""
import json
import os
import sys
import time
from collections.abc import Callable


def onnxruntime(path: str, threads: int) -> tuple[Callable[[], object], str]:
    import numpy
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (entry,), (result,) = session.get_inputs(), session.get_outputs()
    picture = numpy.random.default_rng(0).standard_normal(entry.shape, numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input(entry.name, ort.OrtValue.ortvalue_from_numpy(picture))
    binding.bind_ortvalue_output(
        result.name, ort.OrtValue.ortvalue_from_shape_and_type(result.shape, numpy.float32))
    return lambda: session.run_with_iobinding(binding), (
        "ORT_ENABLE_ALL, sequential, inputs and outputs bound, intra-op threads spin (default)")


def openvino(path: str, threads: int) -> tuple[Callable[[], object], str]:
    import numpy
    import openvino as ov

    settings = {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.Core().compile_model(path, "CPU", settings)
    request = compiled.create_infer_request()
    shape = tuple(compiled.input(0).shape)
    picture = numpy.random.default_rng(0).standard_normal(shape, numpy.float32)
    request.set_input_tensor(ov.Tensor(picture))
    return request.infer, "latency hint, one stream, precision f32 (no bfloat16)"


def executorch(path: str, threads: int) -> tuple[Callable[[], object], str]:
    import torch
    from executorch.extension.pybindings import portable_lib

    torch.set_num_threads(1)  # its own pool is not used
    portable_lib._unsafe_reset_threadpool(threads)
    module = portable_lib._load_for_executorch(path)
    shape = module.method_meta("forward").input_tensor_meta(0).sizes()
    inputs = (torch.randn(tuple(shape), generator=torch.Generator().manual_seed(0)),)
    return lambda: module.run_method("forward", inputs, clone_outputs=False), (
        f"XNNPACK delegate, pool of {portable_lib._threadpool_get_thread_count()}")


def litert(path: str, threads: int) -> tuple[Callable[[], object], str]:
    import numpy
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    random = numpy.random.default_rng(0)
    if entry["dtype"] == numpy.float32:
        picture = random.standard_normal(entry["shape"], numpy.float32)
    else:
        picture = random.integers(-128, 128, entry["shape"]).astype(entry["dtype"])
    interpreter.set_tensor(entry["index"], picture)
    return interpreter.invoke, "XNNPACK delegate (default)"


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
    infer = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "load" in request:
                infer = None  # the one before goes first
                infer, settings = PEERS[peer](request["load"], threads)
                answer = {"settings": settings}
            else:
                answer = {"milliseconds": measured(infer, request["run"], request["warm_up"])}
        except Exception as error:  # whatever a runtime throws is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
