"""Seeded random weights for a PyTorch network, as the tools of this folder draw them."""
import torch


def draw(key: str, tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """New values for one float tensor of a state dictionary.

    Weights have variance 1 / fan-in, which keeps activations between about 0.01 and 10 in the
    networks tried. Every normalization's statistics, scale and offset are drawn, none stays at its
    default, so that a program that folds one of them wrongly gives other logits.
    """
    noise = torch.randn(tensor.shape, generator=generator).clamp(-3, 3)
    if tensor.dim() >= 2:
        return noise * (tensor.shape[0] / tensor.numel()) ** 0.5
    if key.endswith("running_var"):
        return 1 + 0.2 * noise
    if key.endswith("running_mean"):
        return 0.2 * noise
    if key.endswith("gamma"):  # layer scale
        return 0.5 + 0.1 * noise
    if key.endswith("weight"):
        return 1 + 0.2 * noise
    return 0.2 * noise


def randomize(
    model: torch.nn.Module, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> dict[str, torch.Tensor]:
    """Draws every float tensor of `model`, loads them, and returns the dictionary to save.

    The model computes in float32, which holds the values of the narrower types exactly.
    """
    saved = {}
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor = draw(key, tensor, generator).to(dtype)
        saved[key] = tensor.clone().contiguous()
    model.load_state_dict(saved)
    return saved
