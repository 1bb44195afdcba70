#!/usr/bin/env python3
"""Compares logits with PyTorch's, network by network, on seeded random weights.

    python tools/compare_pytorch.py                          # every network of the zoo
    python tools/compare_pytorch.py mobilenetv4_conv_small 'mobilenext_*' --size 96

For each network: makes PyTorch's (timm's where timm has the name, else that of
tools/reference_networks), draws its weights, saves them, converts the file with mnv4-convert, runs
one random picture through mnv4-run on each backend, and prints max |difference| / max |logit|. The
exit status is 1 where a ratio exceeds 1e-3 or a program fails, else 0.

Networks of torchvision are named `torchvision/…`; theirs is saved as a `.pth` file, and mnv4-convert is
left to recognise it.

Needs timm, torch, torchvision, numpy and safetensors, and the two programs (`swift build -c release
--product mnv4-run`, then mnv4-convert).
"""
import argparse
import fnmatch
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import timm
import torch
import torchvision
from safetensors.torch import save_file

from random_weights import randomize
from reference_networks import NETWORKS

ROOT = pathlib.Path(__file__).resolve().parents[1]
BACKENDS = ("swift", "xnnpack", "microkernels")
TOLERANCE = 1e-3
TORCHVISION = "torchvision/"
TORCHVISION_NETWORKS = (
    "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_b0")


def make_network(name: str, classes: int) -> torch.nn.Module:
    """PyTorch's network of the zoo's name, ready for inference."""
    if name.startswith(TORCHVISION):
        model = torchvision.models.get_model(
            name.removeprefix(TORCHVISION), weights=None, num_classes=classes)
    elif name in NETWORKS:
        model = NETWORKS[name](classes)
    elif timm.is_model(name):
        model = timm.create_model(name, pretrained=False, num_classes=classes)
    else:
        raise SystemExit(f"{name}: neither timm nor tools/reference_networks has it")
    return model.eval()


def zoo(programs: pathlib.Path) -> dict[str, int]:
    """The zoo's networks, and torchvision's of them, with the side of their input."""
    listing = subprocess.run(
        [programs / "mnv4-convert", "--list-archs"], check=True, capture_output=True, text=True)
    rows = [line.split() for line in listing.stdout.splitlines()]
    # name  parameters  MACs  side×side  source…; the heading has no ×.
    sides = {row[0]: int(row[3].split("×")[0]) for row in rows if len(row) > 3 and "×" in row[3]}
    return sides | {TORCHVISION + name: 224 for name in TORCHVISION_NETWORKS}


def run(command: list[str | pathlib.Path]) -> str | None:
    """Runs a program; its complaint where it fails."""
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


def compare(
    name: str, side: int, arguments: argparse.Namespace, folder: pathlib.Path
) -> tuple[list[str], bool]:
    """One row of the table, and whether it is as it should be."""
    generator = torch.Generator().manual_seed(arguments.seed)
    model = make_network(name, arguments.classes)
    weights = randomize(model, generator)
    if name.startswith(TORCHVISION):
        checkpoint, architecture = folder / "network.pth", []
        torch.save(weights, checkpoint)
    else:
        checkpoint, architecture = folder / "network.safetensors", ["--arch", name]
        save_file(weights, checkpoint)
    picture = torch.randn((1, side, side, 3), generator=generator)
    np.save(folder / "input.npy", picture.numpy())
    with torch.inference_mode():
        logits = model(picture.permute(0, 3, 1, 2).contiguous()).numpy()
    greatest = float(np.abs(logits).max())
    row = [name, f"{side}", f"{greatest:.3g}"]
    # Logits that are all alike or out of range would compare nothing.
    if not (np.isfinite(logits).all() and 1e-3 < logits.std() and greatest < 1e4):
        return [*row, "the logits test nothing"], False

    converted = folder / "network.mnv4"
    complaint = run(
        [arguments.programs / "mnv4-convert", checkpoint, *architecture,
         "--input-size", str(side), "-o", converted])
    if complaint:
        return [*row, complaint], False
    passed = True
    for backend in arguments.backend or BACKENDS:
        complaint = run(
            [arguments.programs / "mnv4-run", converted, "--backend", backend, "--input-npy",
             folder / "input.npy", "--output-npy", folder / "output.npy"])
        if complaint:
            return [*row, complaint], False
        output = np.load(folder / "output.npy")
        if output.shape != logits.shape:
            return [*row, f"shape {output.shape}, expected {logits.shape}"], False
        ratio = float(np.abs(output.astype(np.float64) - logits).max()) / greatest
        passed = passed and ratio <= TOLERANCE  # NaN fails
        row.append(f"{ratio:.1e}")
    return row, passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", default=["*"], help="names or patterns of the zoo's")
    parser.add_argument("--size", type=int, help="side of the picture (default: the network's)")
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backend", action="append", help="may be repeated (default: all)")
    parser.add_argument(
        "--programs", type=pathlib.Path, default=ROOT / ".build/release",
        help="the folder of mnv4-convert and mnv4-run")
    arguments = parser.parse_args()

    sides = zoo(arguments.programs)
    names = [
        name for name in sides
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in arguments.networks)]
    for pattern in arguments.networks:
        if not fnmatch.filter(sides, pattern):
            sys.exit(f"{pattern}: no network of the zoo has that name")
    width = max(map(len, names))
    heading = [f"{'network':{width}}", "input", "max |logit|"]
    print("  ".join(heading + [f"{name:>9}" for name in arguments.backend or BACKENDS]))
    failures = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            row, passed = compare(name, arguments.size or sides[name], arguments, pathlib.Path(folder))
        failures += not passed
        print("  ".join(
            [f"{row[0]:{width}}", f"{row[1]:>5}", f"{row[2]:>11}"] + [f"{x:>9}" for x in row[3:]]
            + ([] if passed else ["FAILED"])), flush=True)
    print(f"{len(names) - failures} of {len(names)} within {TOLERANCE:g}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
