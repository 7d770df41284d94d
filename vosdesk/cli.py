"""The command line: every command drives the same Session as the window.

Arguments are parsed before torch, faiss or Qt are imported, so that a mistyped option is answered
at once.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vosdesk import __version__, process
from vosdesk.assets import asset_folder
from vosdesk.errors import VosdeskError
from vosdesk.training.arguments import add_arguments as add_training_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vosdesk.session import Session

COMMANDS = ("gui", "demo", "embed", "segment", "export", "train", "evaluate", "doctor")
FORMATS = ("indexed", "binary", "overlay", "contact")
PROTOCOLS = ("semi", "interactive", "clicks")
DEVICES = ("auto", "cuda", "mps", "cpu")

_DESCRIPTION = """\
Cut objects out of video: touch one frame, and every frame follows at once.

  vosdesk [VIDEO | FOLDER | PROJECT]    open the window
  vosdesk demo                          try it on a clip that comes along
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: The words after the program's name; None for the process's own.

    Returns:
        0 where it succeeded, 1 where it failed and told why in one sentence, 130 where the user
        stopped it. Bad usage leaves with SystemExit(2), as argparse does.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not _names_a_command(words):
        words.insert(0, "gui")
    process.let_output_hold_any_name()
    process.need_a_home()
    arguments = _parser().parse_args(words)
    process.start_log(arguments.debug)
    process.keep_freed_memory()
    process.multiply_in_one_thread()
    try:
        run: Any = arguments.run
        code = int(run(arguments) or 0)
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk or a closed pipe shows here at the latest
        return code
    except BrokenPipeError:
        process.give_up_output()  # ``| head`` has read enough, which is no failure of ours
        return 0
    except KeyboardInterrupt:
        print("vosdesk: stopped; what was finished is kept.", file=sys.stderr)
        return 130
    except Exception as error:
        if arguments.debug:
            raise
        return _tell_failure(error)


def _tell_failure(error: Exception) -> int:
    """Say in one sentence what went wrong; the log has the traceback."""
    log = logging.getLogger(__name__)
    if isinstance(error, VosdeskError):
        log.info("told the user", exc_info=error)
    else:
        log.critical("unexpected", exc_info=error)
        reason = str(error).strip() or type(error).__name__
        error = VosdeskError(
            f"Something unexpected went wrong: {reason}.", "Run it again with --debug to see where."
        )
    print(f"vosdesk: {error}", file=sys.stderr)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        process.give_up_output()
    return 1


def _names_a_command(words: Sequence[str]) -> bool:
    """Whether the words are for the top parser rather than for the window."""
    return bool(words) and (words[0] in COMMANDS or words[0] in ("-h", "--help", "--version"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vosdesk",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"vosdesk {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="log more; show tracebacks")
    network = argparse.ArgumentParser(add_help=False)
    network.add_argument("--model", default="default", help="a model's name, or a checkpoint file")
    network.add_argument("--device", choices=DEVICES, default="auto", help="where the network runs")

    gui = commands.add_parser(
        "gui", parents=[common, network], help="open the window (the default)"
    )
    gui.add_argument("path", nargs="?", type=Path, help="a video, a folder of images or a project")
    gui.set_defaults(run=_gui)

    demo = commands.add_parser(
        "demo", parents=[common, network], help="the main job on a clip that comes along"
    )
    demo.add_argument("--headless", action="store_true", help="no window; write results to --out")
    demo.add_argument("--out", type=Path, default=Path("vosdesk-demo"), help="folder for results")
    demo.set_defaults(run=_demo)

    _add_headless(commands, common, network)
    _add_training(commands, common, network)
    doctor = commands.add_parser(
        "doctor", parents=[common], help="versions, devices, Qt's libraries, models, stores"
    )
    doctor.add_argument("--json", type=Path, metavar="FILE", help="write it as JSON")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_headless(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    network: argparse.ArgumentParser,
) -> None:
    embed = commands.add_parser(
        "embed", parents=[common, network], help="fill the embedding store ahead of time"
    )
    embed.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    embed.add_argument("--json", type=Path, metavar="FILE", help="write figures as JSON")
    embed.add_argument("--plot", type=Path, metavar="FILE", help="draw the embedding of one video")
    embed.add_argument("--masks", type=Path, help="annotations to colour --plot with")
    embed.set_defaults(run=_embed)

    segment = commands.add_parser(
        "segment", parents=[common, network], help="annotations in, masks of every frame out"
    )
    segment.add_argument("video", type=Path, metavar="VIDEO", help="a file or a folder of images")
    given = segment.add_mutually_exclusive_group(required=True)
    given.add_argument("--masks", type=Path, help="a mask of the first frame, or a folder of masks")
    given.add_argument("--scribbles", type=Path, help="DAVIS interactive's scribbles as JSON")
    given.add_argument("--clicks", type=Path, help='[{"frame": 0, "x": .4, "y": .5, "object": 1}]')
    _add_links(segment)
    _add_output(segment)
    segment.add_argument("--json", type=Path, metavar="FILE", help="write figures as JSON")
    segment.set_defaults(run=_segment)

    export = commands.add_parser(
        "export", parents=[common, network], help="write the results of a project"
    )
    export.add_argument("project", type=Path, metavar="PROJECT")
    export.add_argument("--video", type=Path, help="where the video is now, where it was moved")
    _add_output(export)
    export.set_defaults(run=_export)


def _add_training(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    network: argparse.ArgumentParser,
) -> None:
    train = commands.add_parser("train", parents=[common], help="train an embedding network")
    add_training_arguments(train)
    train.add_argument("--device", choices=DEVICES, default="auto", help="where to train")
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", parents=[common, network], help="J and F on DAVIS")
    evaluate.add_argument("davis_root", type=Path, metavar="DAVIS_ROOT")
    evaluate.add_argument("--split", default="val", help="list of sequences")
    evaluate.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="semi",
        help="the first mask given; a robot that scribbles; or one that clicks",
    )
    evaluate.add_argument("--results", type=Path, metavar="DIR", help="score masks that are there")
    evaluate.add_argument(
        "--adapt",
        action=argparse.BooleanOptionalAction,
        help="learn from each frame for the next ones; on for the protocol semi",
    )
    _add_links(evaluate)
    evaluate.add_argument(
        "--store",
        action="store_true",
        help="use and keep embeddings on disk; else embed anew",
    )
    evaluate.add_argument("--plot", type=Path, metavar="FILE", help="draw them: png, svg or pdf")
    evaluate.add_argument(
        "--compare", type=Path, metavar="FILE", help="other figures for --plot, as JSON"
    )
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write figures as JSON")
    evaluate.set_defaults(run=_evaluate)


def _add_links(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-links",
        dest="links",
        action="store_false",
        help="label by the annotations alone, not by the frames around as well",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--format", choices=FORMATS, default="indexed", help="what to write")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results of an earlier run"
    )


# -- the commands


def _gui(arguments: argparse.Namespace) -> int:
    return _open_window(arguments, arguments.path)


def _open_window(
    arguments: argparse.Namespace, path: Path | None, scribbles: Path | None = None
) -> int:
    """Open the window, or say what Qt lacks: Qt itself would abort the process.

    Raises:
        VosdeskError: There is no display, or Qt cannot be loaded.
    """
    from vosdesk.doctor import find_window_problem

    problem = find_window_problem()
    if problem is not None:
        raise problem
    try:
        from vosdesk.gui.app import run_window
    except ImportError as error:
        if (error.name or "").startswith("vosdesk"):
            raise
        raise VosdeskError(
            f"Qt cannot be loaded: {str(error).rstrip('.')}.",
            "'vosdesk doctor' names what is missing.",
        ) from error
    return run_window(path, _choices(arguments), scribbles=scribbles)


def _demo(arguments: argparse.Namespace) -> int:
    clip = asset_folder("resources") / "demo" / "big_buck_bunny.mp4"
    strokes = clip.with_name("scribbles.json")
    from vosdesk.doctor import has_display

    if not arguments.headless and has_display():
        return _open_window(arguments, clip, strokes)
    results = (("indexed", "masks"), ("overlay", "overlay"), ("contact", "contact"))
    for _name, folder in results:
        _check_target(arguments.out / folder, overwrite=True)
    session = _session(arguments)
    with _watched(session):
        session.open_video(clip)
        session.embed()
        session.import_annotations("scribbles", strokes)
        for name, folder in results:
            session.export(name, arguments.out / folder, overwrite=True)
    print(f"Masks, an overlay video and a contact sheet are in {arguments.out.resolve()}.")
    return 0


def _embed(arguments: argparse.Namespace) -> int:
    _check_plot(arguments)
    figures = []
    for video in arguments.videos:
        session = _session(arguments)
        with _watched(session):
            session.open_video(video)
            begin = time.perf_counter()
            session.embed()
            seconds = time.perf_counter() - begin
            count = int(session.finished_frames().sum())
            if arguments.plot is not None:
                _plot_embedding(session, arguments)
        print(f"{video}: {_frames(count)} embedded.")
        figures.append(
            {
                "video": str(video),
                "frames": count,
                "seconds": round(seconds, 3),
                "device": session.embedding.device,
            }
        )
    _write_json(arguments.json, {"videos": figures})
    return 0


def _check_plot(arguments: argparse.Namespace) -> None:
    """Check before the work that there can be a picture."""
    if arguments.plot is not None:
        from vosdesk.evaluation import plots

        if len(arguments.videos) > 1:
            raise VosdeskError("--plot draws one video.", "Give it one VIDEO.")
        plots.check_target(arguments.plot)
    elif arguments.masks is not None:
        raise VosdeskError("--masks colour the picture, which --plot asks for.")


def _plot_embedding(session: Session, arguments: argparse.Namespace) -> None:
    from vosdesk.evaluation import plots
    from vosdesk.evaluation.embedding_plot import draw_embeddings
    from vosdesk.session.embedding_picture import plotted_frames

    if arguments.masks is not None:
        session.import_annotations("masks", arguments.masks)
    assert session.source is not None
    plots.save(draw_embeddings(session.source.name, plotted_frames(session)), arguments.plot)


def _segment(arguments: argparse.Namespace) -> int:
    from vosdesk.project.commands import ChangeSettings

    _check_target(arguments.out, overwrite=arguments.overwrite)
    session = _session(arguments)
    begin = time.perf_counter()
    with _watched(session):
        session.open_video(arguments.video)
        if arguments.masks is not None:
            session.import_annotations("masks", arguments.masks)
        elif arguments.scribbles is not None:
            session.import_annotations("scribbles", arguments.scribbles)
        else:
            session.import_annotations("clicks", arguments.clicks)
        if not arguments.links:
            session.do(ChangeSettings(session.document.settings.model_copy(update={"links": 0.0})))
        session.embed()
        embedded = time.perf_counter()
        session.export(arguments.format, arguments.out, overwrite=arguments.overwrite)
    assert session.source is not None
    count = session.source.frame_count
    print(f"{_frames(count)} written to {arguments.out}.")
    figures = {
        "frames": count,
        "seconds_embedding": round(embedded - begin, 3),
        "seconds_labelling": round(time.perf_counter() - embedded, 3),
        "device": session.embedding.device,
    }
    _write_json(arguments.json, figures)
    return 0


def _export(arguments: argparse.Namespace) -> int:
    _check_target(arguments.out, overwrite=arguments.overwrite)
    session = _session(arguments)
    with _watched(session):
        session.open_project(arguments.project, arguments.video)
        session.embed()
        session.export(arguments.format, arguments.out, overwrite=arguments.overwrite)
    print(f"{arguments.project.name} written to {arguments.out}.")
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from vosdesk.terminal import run_shown
    from vosdesk.training.config import TrainingConfig
    from vosdesk.training.train import train

    names = TrainingConfig.model_fields.keys()
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    try:
        config = TrainingConfig(**{name: given[name] for name in names if name in given})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the options"
        raise VosdeskError(f"{where} cannot be used for training: {first['msg']}.") from error
    print(f"The weights are in {run_shown(train(config), 'Training')}.")
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from functools import partial

    from rich.console import Console

    from vosdesk.embedding.embedder import load_embedder
    from vosdesk.embedding.store_folder import StoreFolder
    from vosdesk.evaluation import plots, semi
    from vosdesk.evaluation.comparison import read_comparison
    from vosdesk.evaluation.method import Method
    from vosdesk.evaluation.protocols import PROTOCOLS
    from vosdesk.labelling.adaptation import Adaptation
    from vosdesk.labelling.settings import LabellingSettings
    from vosdesk.terminal import run_shown

    root, split, name = arguments.davis_root, arguments.split, arguments.protocol
    protocol = PROTOCOLS[name]
    draw = protocol.draw
    if arguments.plot is not None:
        plots.check_target(arguments.plot)
    for option in ("results", "compare"):
        if name != "semi" and getattr(arguments, option) is not None:
            raise VosdeskError(f"--{option} is for the protocol semi, not for {name}.")
    if arguments.compare is not None:
        if arguments.plot is None:
            raise VosdeskError("--compare is for the picture, which --plot asks for.")
        draw = partial(plots.draw_report, comparison=read_comparison(arguments.compare))
    if arguments.results is not None:
        job = semi.score_results(root, split, arguments.results)
    else:
        embedder = load_embedder(arguments.model, arguments.device)
        stores = StoreFolder() if arguments.store else None
        adapts = protocol.adapts if arguments.adapt is None else arguments.adapt
        settings = LabellingSettings(
            similarity_floor=embedder.card.similarity_floor, links=float(arguments.links)
        )
        method = Method(embedder, settings, Adaptation() if adapts else None, stores)
        job = protocol.evaluate(root, split, method)
    found = run_shown(job, "Evaluating")
    Console().print(protocol.render(found))
    _write_json(arguments.json, found.as_json())
    if arguments.plot is not None:
        plots.save(draw(found), arguments.plot)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from vosdesk.doctor import diagnose, has_display

    found = diagnose()
    for name, version in found.versions.items():
        print(f"{name:24} {version}")
    print(f"{'devices':24} {', '.join(found.devices)}")
    print(f"{'models':24} {', '.join(found.models) or 'none'}")
    print(
        f"{'stores':24} {found.stores}, {found.store_bytes / 2**20:.0f} MiB in {found.store_folder}"
    )
    print(f"{'display':24} {'yes' if has_display() else 'none: only headless commands work'}")
    for problem in found.problems:
        print(f"problem: {problem}")
    _write_json(arguments.json, found.as_json())
    return 1 if found.problems else 0


# -- what the commands share


def _check_target(folder: Path, *, overwrite: bool) -> None:
    """Refuse before minutes of embedding what could not be written after them."""
    from vosdesk.export.staging import check_target

    check_target(folder, overwrite=overwrite)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def _choices(arguments: argparse.Namespace) -> Any:
    from vosdesk.session import EmbeddingChoices

    return EmbeddingChoices(model=arguments.model, device=arguments.device)


def _session(arguments: argparse.Namespace) -> Session:
    from vosdesk.session import Session

    return Session(choices=_choices(arguments))


def _watched(session: Session) -> Any:
    """Return a context that shows the session's progress and ends the session."""
    from vosdesk.terminal import watch

    return watch(session)


def _write_json(path: Path | None, values: object) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise VosdeskError(
            f"{path} cannot be written: {error.strerror}.", "Choose another file for --json."
        ) from error
