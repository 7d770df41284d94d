"""What each choice of training and of labelling is worth: a row for each, all else the same.

Run from a checkout, with vosdesk[train] installed::

    python -m tests.benchmarks.ablations DAVIS_ROOT --work FOLDER --json figures.json

A row is a training run with one choice changed, or the same network labelling in another way; J
and F are those of the first mask's protocol on the split ``val``. Rows with the same seed see the
same frames and anchors, so their difference is the choice. What is finished stays in FOLDER (the
trunk's features, networks, figures), and a run that was stopped goes on; ``--rows`` names the rows
that are wanted, ``--help`` shows them all. With few ``--steps`` a row takes minutes and tells
less: every figure says with how many it was made.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from vosdesk.embedding.backbones import build_backbone
from vosdesk.embedding.checkpoint import load_checkpoint
from vosdesk.evaluation.davis import object_ids, read_annotation
from vosdesk.evaluation.truth import score_frame
from vosdesk.jobs import run_to_end
from vosdesk.labelling.settings import LabellingSettings
from vosdesk.training.config import TrainingConfig
from vosdesk.training.dataset import load_videos
from vosdesk.training.features import trunk_cache
from vosdesk.training.train import train
from vosdesk.training.validation import retrieve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vosdesk.training.dataset import Video

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Row:
    """One choice.

    Attributes:
        name: For the command line and the table.
        what: What is different from the first row.
        training: Fields of TrainingConfig.
        labelling: Fields of LabellingSettings.
    """

    name: str
    what: str
    training: Mapping[str, Any] = field(default_factory=dict)
    labelling: Mapping[str, Any] = field(default_factory=dict)


FINE_TUNED = {"trunk_learning_rate": 2e-5, "augment": True}

ROWS = (
    Row("base", "the defaults"),
    Row("start", "no training: the projection that training starts from", {"iterations": 1}),
    Row("relaxed", "the paper's relaxed triplet loss", {"loss": "relaxed"}),
    Row("standard", "the standard triplet loss", {"loss": "standard"}),
    Row("neighbours-1", "one neighbour decides, not five", labelling={"neighbours": 1}),
    Row("coordinates-off", "no coordinates", {"coordinates": "off"}),
    Row("coordinates-xy", "x and y, not t", {"coordinates": "xy"}),
    Row("dimensions-64", "64 dimensions", {"dimensions": 64}),
    Row("dimensions-32", "32 dimensions", {"dimensions": 32}),
    Row("scale-0.05", "coordinates times 0.05", {"coordinate_scale": 0.05}),
    Row("scale-0.3", "coordinates times 0.3", {"coordinate_scale": 0.3}),
    Row("level-14", "block 14 (stride 16) alone", {"levels": ("14",)}),
    Row("level-20", "block 20 (stride 32) alone", {"levels": ("20",)}),
    Row("level-6", "block 6 (stride 8) alone", {"levels": ("6",)}),
    Row("level-10", "block 10 (stride 16) alone", {"levels": ("10",)}),
    Row("level-19", "block 19 (stride 32) alone", {"levels": ("19",)}),
    Row("stills", "half of the steps take synthetic videos of --stills", {"synthetic": 0.5}),
    Row("lite0", "the smaller trunk", {"backbone": "efficientnet_lite0"}),
    Row("fine-tuned", "the trunk trained too, on 352-pixel views", FINE_TUNED),
)


@dataclass(frozen=True)
class Bench:
    """What all rows share.

    Attributes:
        root: The folder of DAVIS.
        work: Where networks and features are kept.
        steps: Of training.
        every: Every so many frames of a sequence is labelled and scored.
        mirror: Whether training sees the videos in a mirror as well.
        stills: Still images, for the row of that name.
    """

    root: Path
    work: Path
    steps: int
    every: int
    mirror: bool
    stills: Path | None

    def figures(self, row: Row, seed: int, videos: Sequence[Video]) -> dict[str, Any]:
        """Train, unless that was done before, and measure."""
        begun = time.perf_counter()
        network = load_checkpoint(self._trained(row, seed)).network
        cache = None
        if not row.training.get("trunk_learning_rate"):
            # the published trunk's, not that of the file, where it is rounded to half precision:
            # what training has left in the cache serves here too
            usual = TrainingConfig.model_fields["backbone"].default
            trunk = row.training.get("backbone", usual)
            published = build_backbone(trunk, pretrained=True)
            cache = trunk_cache(self.work / "features", published)
        settings = LabellingSettings(**row.labelling)
        scores = {}
        for video in videos:
            asked = video[self.every : -1 : self.every]
            wanted = object_ids(read_annotation(video[0].annotation))
            found = retrieve(network, video[0], asked, cache, CPU, settings)
            values = [
                score_frame(label_map, read_annotation(frame.annotation), wanted)
                for label_map, frame in zip(found, asked, strict=True)
            ]
            scores[video[0].image.parent.name] = (100 * np.mean(values, axis=(0, 2))).tolist()
        region, contour = np.mean(list(scores.values()), axis=0)
        return {
            "J": round(float(region), 2),
            "F": round(float(contour), 2),
            "seconds": round(time.perf_counter() - begun),
            "sequences": scores,
        }

    def _trained(self, row: Row, seed: int) -> Path:
        choices = {"iterations": self.steps, "mirror": self.mirror, "seed": seed, **row.training}
        digest = hashlib.sha256(json.dumps(choices, sort_keys=True).encode()).hexdigest()[:12]
        path = self.work / "networks" / f"{digest}.safetensors"
        if not path.exists():
            frozen = not row.training.get("trunk_learning_rate")
            features = self.work / "features" if frozen else None
            config = TrainingConfig(
                davis_root=self.root,
                out=path,
                stills=self.stills if "synthetic" in row.training else None,
                feature_cache=features,
                device="cpu",
                upsampler=0,  # J and F of the grid, brought up as every row is
                validation_every=0,
                save_every=25,
                **choices,
            )
            run_to_end(train(config))
        return path


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the figures as Markdown: the mean over the seeds and, of several, the spread."""
    lines = ["| row | what is different | J | F | seeds |", "| --- | --- | --- | --- | --- |"]
    for name, row in rows.items():
        seeds = list(row["seeds"].values())
        cells = [_mean_and_spread([figures[key] for figures in seeds]) for key in ("J", "F")]
        lines.append(f"| `{name}` | {row['what']} | {' | '.join(cells)} | {len(seeds)} |")
    return "\n".join(lines)


def _mean_and_spread(values: Sequence[float]) -> str:
    spread = f" ± {(max(values) - min(values)) / 2:.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="\n".join(["rows:", *(f"  {row.name:16} {row.what}" for row in ROWS)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("davis_root", type=Path, metavar="DAVIS_ROOT")
    parser.add_argument("--work", type=Path, required=True, help="where results are kept")
    parser.add_argument("--json", type=Path, required=True, help="the figures; earlier ones stay")
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--every", type=int, default=4, help="score every so many frames")
    parser.add_argument("--stills", type=Path, metavar="DIR", help="for the row stills")
    parser.add_argument("--no-mirror", dest="mirror", action="store_false")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    return parser.parse_args()


def main() -> int:
    """Measure the rows that are not measured yet, and show the table."""
    asked = _arguments()
    if asked.rows and "stills" in asked.rows and asked.stills is None:
        sys.exit("The row stills needs --stills DIR.")
    torch.set_num_threads(asked.threads)
    bench = Bench(
        asked.davis_root, asked.work, asked.steps, asked.every, asked.mirror, asked.stills
    )
    made_with = {"steps": asked.steps, "every": asked.every, "mirror": asked.mirror}
    report: dict[str, Any] = {"made_with": made_with, "rows": {}}
    if asked.json.exists():
        report = json.loads(asked.json.read_text(encoding="utf-8"))
        if report["made_with"] != made_with:
            sys.exit(f"{asked.json} was made with {report['made_with']}: give another file.")
    videos = load_videos(asked.davis_root, "val", mirror=False)
    for seed in asked.seeds:
        for row in ROWS:
            wanted = row.name in asked.rows if asked.rows else row.name != "stills" or asked.stills
            if not wanted:
                continue
            entry = report["rows"].setdefault(row.name, {"what": row.what, "seeds": {}})
            if str(seed) not in entry["seeds"]:
                entry["seeds"][str(seed)] = bench.figures(row, seed, videos)
                asked.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table(report["rows"]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
