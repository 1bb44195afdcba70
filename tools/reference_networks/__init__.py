"""Networks of the zoo that no package has, in PyTorch, written from the same tables as the zoo.

`NETWORKS` maps a name of the zoo to a function of the number of classes that makes the module; its
state dictionary has the key names that the zoo expects.
"""
from collections.abc import Callable

import torch

from . import mobilenext, searched, timm_variants

NETWORKS: dict[str, Callable[[int], torch.nn.Module]] = {
    **mobilenext.NETWORKS,
    **timm_variants.NETWORKS,
    **searched.NETWORKS,
}
