"""The options of ``vosdesk train``; imports nothing heavy, so that --help is answered at once."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every option that is a choice of ``TrainingConfig``, under the choice's own name.

    What is not given is not there, or is None, and then takes the configuration's default.
    """
    add = parser.add_argument
    add("davis_root", type=Path, metavar="DAVIS_ROOT")
    add("--out", type=Path, required=True, metavar="FILE", help="*.safetensors")
    add("--split", help="list of sequences to train on; train")
    add("--seed", type=int)
    add("--backbone", help="the trunk: efficientnet_lite2, or the faster efficientnet_lite0")
    add("--from-scratch", action="store_true", help="start with a trunk of random weights")
    add("--levels", nargs="+", metavar="NAME", help="of the trunk's; all of them")
    add("--dimensions", type=int, help="numbers to an embedding")
    add("--coordinates", choices=("off", "xy", "xyt"), help="that the head sees")
    add("--coordinate-scale", type=float, help="factor on them")
    add("--loss", choices=("smooth", "relaxed", "standard"), help="of triplets")
    add("--iterations", type=int, help="steps of the optimiser")
    add("--learning-rate", type=float, help="of the head")
    add("--trunk-learning-rate", type=float, help="0 leaves the trunk as it is")
    add("--augment", action="store_true", help="show views: cut out, scaled and relit")
    add("--crop", type=int, metavar="PIXELS", help="side of those views")
    add("--quarter-head", type=int, metavar="CHANNELS", help="inside it")
    add("--quarter-iterations", type=int, help="steps of its training, after the head's")
    add("--upsampler", type=int, metavar="CHANNELS", help="inside it; 0: nor a quarter head")
    add("--upsampler-iterations", type=int, help="steps of its training, the last part")
    add("--upsampler-crop", type=int, metavar="PIXELS", help="side of the views that it sees")
    add("--stills", type=Path, metavar="DIR", help="images and masks of other objects")
    add("--synthetic", type=float, metavar="PART", help="of the steps: videos made of the stills")
    add("--feature-cache", type=Path, metavar="DIR", help="for a trunk that stays as it is")
    add("--validation-split", metavar="SPLIT", help="list of sequences to watch J on; val")
    add("--validation-every", type=int, metavar="STEPS", help="0 for never")
    add("--save-every", type=int, metavar="STEPS", help="to go on from after a kill")
    add(
        "--mixed-precision",
        action=argparse.BooleanOptionalAction,
        help="compute in half precision; without a word it does on CUDA",
    )
