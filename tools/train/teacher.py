"""A trained network that another learns from."""
import argparse
import hashlib
import json
import pathlib
from typing import Any

import safetensors.torch
import torch

from .failure import Failure
from .networks import make_network
from .recipe import Teacher


def load_teacher(
    options: argparse.Namespace, classes: list[str], device: torch.device,
) -> tuple[Teacher, torch.nn.Module, dict[str, Any]]:
    """What the recipe says of the teacher, its network for inference, and its own recipe.

    Raises `Failure` where the folder has no training, or one of other classes than `classes`.
    """
    folder: pathlib.Path = options.teacher
    try:
        facts = json.loads((folder / "recipe.json").read_text())
        recipe, taught = facts["recipe"], facts["classes"]
        name, stride = str(recipe["network"]), int(recipe["total_stride"])
        content = (folder / f"{name}.safetensors").read_bytes()
        tensors = safetensors.torch.load(content)
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise Failure(f"{folder}: expected the output of an earlier training, with recipe.json and"
                      f" weights ({error})") from error
    if taught != classes:
        raise Failure(f"{folder}: the teacher's classes are {', '.join(map(str, taught))};"
                      f" expected {', '.join(classes)}")
    model = make_network(name, len(classes), stride, 0)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise Failure(f"{folder}: the weights are not those of {name}: {error}") from error
    model.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    taught_by = Teacher(
        name, stride, hashlib.sha256(content).hexdigest(), options.teacher_weight,
        options.temperature)
    return taught_by, model, recipe
