"""Exports one network in the forms that the peers read. Runs in the environment of the peers.

    python -m peers.export NAME SIZE FOLDER FORM...

FORM is float32 or int8, a dot, and onnx (ONNX Runtime, OpenVINO), pte (ExecuTorch) or tflite (LiteRT);
each becomes the file FOLDER/FORM. int8.onnx and int8.tflite are made from the float files, and so make
those too. reference.npz is an input and PyTorch's logits of it, for a peer to be checked with. Forms
that are there are left as they
are. Where a form fails, the reason is written to FOLDER/FORM.error, and the others go on.
"""
import os
import pathlib
import sys
import traceback
import warnings

import numpy
import torch

from .networks import example_input, make_network

CALIBRATION_INPUTS = 2  # ranges do not matter to time
OPSET = 18


def has_byte_dot_product() -> bool:
    """Whether the processor multiplies bytes without saturating in between (VNNI)."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    return "avx512_vnni" in text or "avx_vnni" in text


class Exporter:
    def __init__(self, name: str, size: int, folder: pathlib.Path) -> None:
        self.name, self.size, self.folder = name, size, folder
        self.inputs = (example_input(size),)
        self._program = None

    @property
    def program(self) -> torch.export.ExportedProgram:
        """The network as torch.export traces it."""
        if self._program is None:
            self._program = torch.export.export(make_network(self.name), self.inputs)
        return self._program

    def make(self, form: str) -> None:
        path = self.folder / form
        if path.exists():
            return
        temporary = path.with_name(f"new-{form}")
        getattr(self, form.replace(".", "_"))(temporary)
        os.replace(temporary, path)

    def reference_npz(self, path: pathlib.Path) -> None:
        with torch.inference_mode():
            logits = make_network(self.name)(*self.inputs)
        with path.open("wb") as sink:
            numpy.savez(sink, input=self.inputs[0].numpy(), logits=logits.numpy())

    def float32_onnx(self, path: pathlib.Path) -> None:
        """Static shapes; the exporter folds batch normalization into convolutions."""
        torch.onnx.export(
            self.program, (), path, input_names=["input"], output_names=["logits"],
            opset_version=OPSET, external_data=False, verbose=False)
        import onnx
        left = [n.name for n in onnx.load(path).graph.node if n.op_type == "BatchNormalization"]
        # MobileNetV4-Hybrid normalizes before attention, where there is nothing to fold into.
        if left and "hybrid" not in self.name:
            raise RuntimeError(f"batch normalization is not folded: {', '.join(left)}")

    def int8_onnx(self, path: pathlib.Path) -> None:
        """Quantize and dequantize nodes around the float operators: weights int8, a scale a channel;
        activations uint8, a scale and a zero point a tensor.

        Unsigned activations with signed weights are the operands of VNNI's instruction. Without VNNI
        the instructions add pairs of products in 16 bits, which saturate; weights of seven bits
        avoid that, at the same speed.
        """
        from onnxruntime import quantization
        from onnxruntime.quantization import shape_inference

        self.make("float32.onnx")
        inputs = [
            {"input": example_input(self.size, seed).numpy()}
            for seed in range(1, CALIBRATION_INPUTS + 1)]

        class Reader(quantization.CalibrationDataReader):
            def get_next(self):
                return inputs.pop() if inputs else None

        prepared = path.with_name("new-prepared.onnx")
        shape_inference.quant_pre_process(self.folder / "float32.onnx", prepared)
        quantization.quantize_static(
            prepared, path, Reader(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8, reduce_range=not has_byte_dot_product())
        prepared.unlink()

    def float32_tflite(self, path: pathlib.Path) -> None:
        import litert_torch

        litert_torch.convert(make_network(self.name), self.inputs).export(str(path))

    def int8_tflite(self, path: pathlib.Path) -> None:
        """Weights symmetric int8, a scale a channel; activations int8, a scale and a zero point a
        tensor; the input int8, too.
        """
        from ai_edge_litert.interpreter import Interpreter
        from ai_edge_quantizer import quantizer, recipe

        self.make("float32.tflite")
        source = str(self.folder / "float32.tflite")
        (signature, tensors), = Interpreter(model_path=source).get_signature_list().items()
        entry, = tensors["inputs"]
        pictures = [
            {entry: example_input(self.size, seed).numpy()}
            for seed in range(1, CALIBRATION_INPUTS + 1)]
        made = quantizer.Quantizer(source, recipe.static_wi8_ai8())
        ranges = made.calibrate({signature: pictures})
        made.quantize(ranges).export_model(str(path), overwrite=True)

    def float32_pte(self, path: pathlib.Path) -> None:
        self._lower(self.program, path)

    def int8_pte(self, path: pathlib.Path) -> None:
        """Weights symmetric int8, a scale a channel; activations int8, a scale and zero point a
        tensor.
        """
        from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
            XNNPACKQuantizer, get_symmetric_quantization_config)
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

        quantizer = XNNPACKQuantizer()
        quantizer.set_global(get_symmetric_quantization_config(is_per_channel=True))
        prepared = prepare_pt2e(self.program.module(), quantizer)
        for seed in range(1, CALIBRATION_INPUTS + 1):
            prepared(example_input(self.size, seed))
        self._lower(torch.export.export(convert_pt2e(prepared), self.inputs), path)

    def _lower(self, program: torch.export.ExportedProgram, path: pathlib.Path) -> None:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import to_edge_transform_and_lower

        lowered = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
        path.write_bytes(lowered.to_executorch().buffer)


def main() -> None:
    warnings.filterwarnings("ignore")
    name, size, folder, *forms = sys.argv[1:]
    exporter = Exporter(name, int(size), pathlib.Path(folder))
    for form in forms:
        complaint = exporter.folder / f"{form}.error"
        try:
            exporter.make(form)
            complaint.unlink(missing_ok=True)
        except Exception as error:  # whatever an exporter throws concerns this form alone
            traceback.print_exc()
            complaint.write_text(f"{type(error).__name__}: {error}".splitlines()[0])


if __name__ == "__main__":
    main()
