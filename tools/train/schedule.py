"""Optimizers, and the learning rate of each step."""
import math

import torch

from .recipe import Recipe

START = 1 / 25  # of the peak, where warm-up begins
END = 1 / 250_000  # of the peak, where the schedule ends
MOMENTUM = 0.9
BETAS = (0.9, 0.999)


def make_optimizer(recipe: Recipe, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Weights of convolutions and of the classifier decay; biases and normalization do not."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0}]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=BETAS, fused=True)
    return torch.optim.SGD(
        groups, lr=recipe.learning_rate, momentum=MOMENTUM, nesterov=True, fused=True)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Of one step of `steps`.

    Both schedules fall along half a cosine from the peak to almost nothing. one-cycle rises along
    half a cosine before, cosine along a line; both from a twenty-fifth of the peak, for the share
    of the steps that the recipe's warm-up is.
    """
    rise = recipe.warm_up * steps
    if step < rise:
        share = step / rise
        if recipe.schedule == "one-cycle":
            share = (1 - math.cos(math.pi * share)) / 2
        return recipe.learning_rate * (START + (1 - START) * share)
    share = (step - rise) / max(steps - 1 - rise, 1)
    return recipe.learning_rate * (END + (1 - END) * (1 + math.cos(math.pi * min(share, 1))) / 2)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
